//! Whether a request is its device's own, made now, and heard for the first time.

use gridwalk_core::documents::hash_text;
use gridwalk_core::identity::{CLOCK_TOLERANCE_SECONDS, SignedHead, cipher::sha256};
use gridwalk_core::sync::protocol::RefusalCode;

use super::author::Membership;
use crate::error::{HubError, Result};
use crate::hub::Hub;
use crate::store::{Arg, Conn, all, exec};

pub(super) fn refuse<T>(code: RefusalCode) -> Result<T> {
    Err(HubError::Refused(code))
}

/// Checks that a request was signed now by a device that is enrolled here and not revoked, and counts it against the device's
/// limits: from here on it is the device's own doing. Returns the community it is counted in. Strangers cost one look-up.
pub async fn verified(hub: &Hub, head: &SignedHead, path: &str, body: &[u8]) -> Result<String> {
    check_clock(hub, head)?;
    let mut read = hub.store.read().await?;
    let known = all(&mut read, "SELECT tenant_id FROM devices WHERE device = $1 ORDER BY tenant_id", vec![Arg::text(&head.device.to_string())]).await?;
    let Some(first) = known.first() else { return refuse(RefusalCode::UnknownDevice) };
    let home: String = first.get(0)?;
    let member = Membership::active(Membership::find(&mut read, &home, head.device).await?)?;
    if !head.verifies(&member.key, path, body) {
        return refuse(RefusalCode::Signature);
    }
    drop(read);
    hub.gate.admit(head.device, &home, body.len(), hub.now())?;
    Ok(home)
}

pub(super) fn check_clock(hub: &Hub, head: &SignedHead) -> Result<()> {
    if hub.now().abs_diff(head.created) > CLOCK_TOLERANCE_SECONDS.unsigned_abs() { refuse(RefusalCode::Clock) } else { Ok(()) }
}

/// Whether this very request was heard before.
pub(super) async fn was_heard(connection: &mut Conn, tenant: &str, head: &SignedHead) -> Result<bool> {
    let args = vec![Arg::text(tenant), Arg::text(&head.device.to_string()), Arg::text(&nonce_of(head))];
    Ok(!all(connection, "SELECT at FROM nonces WHERE tenant_id = $1 AND device = $2 AND nonce = $3", args).await?.is_empty())
}

/// The nonce as it is kept. The signature is part of it: another request with the same nonce is not this one.
fn nonce_of(head: &SignedHead) -> String {
    format!("{} {}", head.nonce, hash_text(&sha256(&head.signature)))
}

/// A nonce is used once in a community; those too old to pass the clock are forgotten.
pub async fn use_nonce(connection: &mut Conn, tenant: &str, head: &SignedHead, now: i64) -> Result<()> {
    let old = vec![Arg::text(tenant), Arg::int(now - 3 * CLOCK_TOLERANCE_SECONDS)];
    exec(connection, "DELETE FROM nonces WHERE tenant_id = $1 AND at < $2", old).await?;
    let args = vec![Arg::text(tenant), Arg::text(&head.device.to_string()), Arg::text(&nonce_of(head)), Arg::int(now)];
    let inserted = exec(connection, "INSERT INTO nonces VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", args).await?;
    if inserted == 0 { refuse(RefusalCode::Replayed) } else { Ok(()) }
}
