//! Revoking a device: a lost phone is refused from the next request on. Revocations are also written outside the database, so
//! that a backup older than one does not undo it.

use gridwalk_core::ids::DeviceId;
use serde::{Deserialize, Serialize};

use crate::error::{HubError, Result};
use crate::hub::Hub;
use crate::registry::act_log::{Act, record};
use crate::registry::journal;
use crate::store::{Arg, Conn, all};

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
    if revoke_everywhere(&mut tx, &device.to_string(), at, hub.now(), "").await? == 0 {
        return Err(HubError::usage("没有这台设备，或已停用", "there is no such device, or it was revoked already"));
    }
    // Kept whatever becomes of the transaction: a lost phone is refused rather once too often.
    journal::Written::write(&hub.folder, JOURNAL, &journal::line(&Revocation { device: device.to_string(), at })?)?.keep();
    Ok(tx.commit().await?)
}

/// Marks the device as revoked at `at` where it is not yet. Returns how many communities it was in.
async fn revoke_everywhere(connection: &mut Conn, device: &str, at: i64, now: i64, detail: &str) -> Result<usize> {
    let sql = "UPDATE devices SET revoked_at = $2 WHERE device = $1 AND revoked_at IS NULL RETURNING tenant_id";
    let rows = all(connection, sql, vec![Arg::text(device), Arg::int(at)]).await?;
    for row in &rows {
        let tenant: String = row.get(0)?;
        record(connection, &tenant, now, Act { by: "admin", verb: "revoke", subject: device, detail }).await?;
    }
    Ok(rows.len())
}

/// Repeats all revocations, after a restore and before the hub answers.
pub async fn repeat_revocations(hub: &Hub) -> Result<()> {
    let revocations: Vec<Revocation> = journal::read(hub, JOURNAL)?;
    if revocations.is_empty() {
        return Ok(());
    }
    let mut tx = hub.store.write_any().await?;
    for r in revocations {
        revoke_everywhere(&mut tx, &r.device, r.at, hub.now(), "repeated after a restore").await?;
    }
    Ok(tx.commit().await?)
}
