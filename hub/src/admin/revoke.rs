//! Revoking a device: a lost phone is refused from the next request on. Revocations are also written outside the database, so
//! that a backup older than one does not undo it.

use std::io::Write;

use gridwalk_core::ids::DeviceId;
use serde::{Deserialize, Serialize};

use crate::error::{HubError, Result};
use crate::hub::Hub;
use crate::store::{Arg, exec};

/// Revocations, one a line, beside the database.
const JOURNAL: &str = "revocations.jsonl";

#[derive(Serialize, Deserialize)]
struct Revocation {
    device: String,
    at: i64,
}

/// Revokes a device in all communities of this hub.
pub async fn revoke(hub: &Hub, device: DeviceId) -> Result<()> {
    let at = hub.now();
    let mut tx = hub.store.write_any().await?;
    let args = vec![Arg::text(&device.to_string()), Arg::int(at)];
    if exec(&mut tx, "UPDATE devices SET revoked_at = $2 WHERE device = $1 AND revoked_at IS NULL", args).await? == 0 {
        return Err(HubError::usage("没有这台设备，或已停用", "there is no such device, or it was revoked already"));
    }
    let line = serde_json::to_string(&Revocation { device: device.to_string(), at }).map_err(|e| HubError::Usage(e.to_string()))?;
    let mut journal = std::fs::OpenOptions::new().create(true).append(true).open(hub.folder.join(JOURNAL))?;
    writeln!(journal, "{line}")?;
    journal.sync_all()?;
    tx.commit().await?;
    tracing::info!(device = %device, "revoked");
    Ok(())
}

/// Repeats all revocations, after a restore and before the hub answers.
pub async fn repeat_revocations(hub: &Hub) -> Result<()> {
    let text = match std::fs::read_to_string(hub.folder.join(JOURNAL)) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let mut tx = hub.store.write_any().await?;
    for line in text.lines() {
        let r: Revocation = serde_json::from_str(line)
            .map_err(|_| HubError::usage(format!("{JOURNAL} 中有无法识别的行"), format!("{JOURNAL} has a line that cannot be read")))?;
        exec(&mut tx, "UPDATE devices SET revoked_at = $2 WHERE device = $1 AND revoked_at IS NULL", vec![Arg::text(&r.device), Arg::int(r.at)]).await?;
    }
    Ok(tx.commit().await?)
}
