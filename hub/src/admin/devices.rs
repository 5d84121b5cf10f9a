//! The devices of a community: what an administrator needs to find a lost phone.

use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, Row, all};

/// An enrolled device.
#[derive(Debug, Clone)]
pub struct DeviceLine {
    /// Its id, as `revoke` takes it.
    pub device: String,
    /// The person's id, as `invite --person` takes it.
    pub person: String,
    /// The person's name.
    pub name: String,
    /// When it was enrolled, in seconds since the Unix epoch (UTC).
    pub enrolled_at: i64,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
}

/// The devices of a community, by person.
pub async fn devices(hub: &Hub, tenant: &Tenant) -> Result<Vec<DeviceLine>> {
    let mut read = hub.store.read().await?;
    let sql = "SELECT d.device, d.person, coalesce(p.name, ''), d.enrolled_at, d.revoked_at FROM devices d
        LEFT JOIN persons p ON p.tenant_id = d.tenant_id AND p.doc = d.person WHERE d.tenant_id = $1 ORDER BY 3, d.enrolled_at";
    let rows = all(&mut read, sql, vec![Arg::text(&tenant.id)]).await?;
    let line = |r: &Row| Ok(DeviceLine { device: r.get(0)?, person: r.get(1)?, name: r.get(2)?, enrolled_at: r.get(3)?, revoked_at: r.get(4)? });
    rows.iter().map(line).collect()
}
