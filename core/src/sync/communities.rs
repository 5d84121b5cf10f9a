//! The communities that a phone is in: how far each is read, and the keys that were pinned of it.

use rusqlite::{Connection, OptionalExtension};

use super::protocol::{Backfill, CommunityKeys, TenantCursor, audiences_hash};
use crate::error::Result;
use crate::identity::PublicKey;
use crate::store::from_json;

/// A community as the next request asks for it.
pub(crate) struct OwnTenant {
    pub cursor: TenantCursor,
    pub caught_up: bool,
}

/// The communities of a hub.
pub(crate) fn tenants_of(connection: &Connection, hub: &str) -> Result<Vec<OwnTenant>> {
    let mut statement =
        connection.prepare_cached("SELECT tenant, epoch, number, audiences, caught_up, key, spare FROM tenants WHERE hub = ?1 ORDER BY rowid")?;
    let mut rows = statement.query([hub])?;
    let mut tenants = Vec::new();
    while let Some(r) = rows.next()? {
        let (tenant, epoch, number, audiences, caught_up): (String, _, _, String, _) = (r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?);
        let keys = pinned(r.get_ref(5)?.as_blob().unwrap_or_default(), r.get_ref(6)?.as_blob().unwrap_or_default())?;
        let audiences: Vec<String> = from_json(&audiences)?;
        let mut backfills = connection.prepare_cached("SELECT audience, number FROM backfills WHERE tenant = ?1 ORDER BY audience")?;
        let backfills = backfills.query_map([&tenant], |r| Ok(Backfill { audience: r.get(0)?, number: r.get(1)? }))?.collect::<rusqlite::Result<_>>()?;
        let cursor = TenantCursor {
            audiences: audiences_hash(audiences.iter().map(String::as_str)),
            tenant,
            epoch,
            number,
            backfills,
            keys: Some(keys.mark()),
            wanted: Vec::new(),
        };
        tenants.push(OwnTenant { cursor, caught_up });
    }
    Ok(tenants)
}

/// The keys that the phone pinned, as they are stored.
pub(super) fn pinned(key: &[u8], spare: &[u8]) -> Result<CommunityKeys> {
    Ok(CommunityKeys { key: PublicKey::from_bytes(key)?, spare: PublicKey::from_bytes(spare)? })
}

/// The keys that the phone pinned of a community it is in.
pub(super) fn pinned_of(connection: &Connection, tenant: &str) -> Result<Option<CommunityKeys>> {
    let row = connection.query_row("SELECT key, spare FROM tenants WHERE tenant = ?1", [tenant], |r| Ok((r.get::<_, Vec<u8>>(0)?, r.get::<_, Vec<u8>>(1)?)));
    row.optional()?.map(|(key, spare)| pinned(&key, &spare)).transpose()
}

/// The keys that replies of a hub may be signed with.
pub(super) fn community_keys(connection: &Connection, hub: &str) -> Result<Vec<PublicKey>> {
    let mut statement = connection.prepare_cached("SELECT key, spare FROM tenants WHERE hub = ?1")?;
    let rows = statement.query_map([hub], |r| Ok([r.get::<_, Vec<u8>>(0)?, r.get::<_, Vec<u8>>(1)?]))?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.iter().flatten().map(|key| PublicKey::from_bytes(key)).collect()
}

/// The keys that a community's replies and receipts may be signed with.
pub(super) fn tenant_keys(connection: &Connection, tenant: &str) -> Result<Vec<PublicKey>> {
    let keys = connection.query_row("SELECT key, spare FROM tenants WHERE tenant = ?1", [tenant], |r| Ok([r.get::<_, Vec<u8>>(0)?, r.get(1)?])).optional()?;
    keys.iter().flatten().map(|key| PublicKey::from_bytes(key)).collect()
}
