//! Enrolments are also written outside the database: a hub restored from an older backup does not know the devices that joined
//! since, but still whose they were. They join again with a new key, and what they made keeps its author.

use std::io::Write;

use gridwalk_core::ids::{DeviceId, Id};
use serde::{Deserialize, Serialize};

use crate::error::{HubError, Result};
use crate::hub::Hub;
use crate::store::{Arg, exec};

/// Enrolments, one a line, beside the database.
const JOURNAL: &str = "enrolments.jsonl";

#[derive(Serialize, Deserialize)]
struct Enrolment {
    tenant: String,
    device: String,
    person: String,
    epoch: u64,
}

/// Writes down that `device` is about to be enrolled for `person`.
pub fn note_enrolment(hub: &Hub, tenant: &str, device: DeviceId, person: Id) -> Result<()> {
    let line = Enrolment { tenant: tenant.to_owned(), device: device.to_string(), person: person.to_string(), epoch: hub.store.epoch };
    let line = serde_json::to_string(&line).map_err(|e| HubError::Usage(e.to_string()))?;
    let mut journal = std::fs::OpenOptions::new().create(true).append(true).open(hub.folder.join(JOURNAL))?;
    writeln!(journal, "{line}")?;
    Ok(journal.sync_all()?)
}

/// Tells a restored hub whose the devices of earlier epochs were, before it answers.
pub async fn repeat_enrolments(hub: &Hub) -> Result<()> {
    let text = match std::fs::read_to_string(hub.folder.join(JOURNAL)) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let mut tx = hub.store.write_any().await?;
    for line in text.lines() {
        let e: Enrolment = serde_json::from_str(line)
            .map_err(|_| HubError::usage(format!("{JOURNAL} 中有无法识别的行"), format!("{JOURNAL} has a line that cannot be read")))?;
        if e.epoch != hub.store.epoch {
            let args = vec![Arg::text(&e.tenant), Arg::text(&e.device), Arg::text(&e.person)];
            exec(&mut tx, "INSERT INTO earlier_devices (tenant_id, device, person) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", args).await?;
        }
    }
    Ok(tx.commit().await?)
}
