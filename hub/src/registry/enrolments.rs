//! Enrolments are also written outside the database: a hub restored from an older backup does not know the devices that joined
//! since, but still whose they were. They join again with a new key, and what they made keeps its author.

use gridwalk_core::ids::{DeviceId, Id};
use serde::{Deserialize, Serialize};

use super::journal;
use crate::error::Result;
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
    // Kept whatever becomes of the transaction: it only says whose a device would be.
    journal::Written::write(&hub.folder, JOURNAL, &journal::line(&line)?)?.keep();
    Ok(())
}

/// Tells a restored hub whose the devices of earlier epochs were, before it answers.
pub async fn repeat_enrolments(hub: &Hub) -> Result<()> {
    let earlier: Vec<Enrolment> = journal::read(hub, JOURNAL)?.into_iter().filter(|e: &Enrolment| e.epoch != hub.store.epoch).collect();
    if earlier.is_empty() {
        return Ok(());
    }
    let mut tx = hub.store.write_any().await?;
    for e in earlier {
        let args = vec![Arg::text(&e.tenant), Arg::text(&e.device), Arg::text(&e.person)];
        exec(&mut tx, "INSERT INTO earlier_devices (tenant_id, device, person) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", args).await?;
    }
    Ok(tx.commit().await?)
}
