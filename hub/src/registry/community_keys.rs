//! A community's keys: the pair in use, and those before it. A new pair is signed by a key of the pair before, so that phones
//! follow without enrolling anew, also through several changes; a phone that is behind is answered with a key it knows.

use gridwalk_core::identity::{DeviceKey, PublicKey};
use gridwalk_core::ids::DeviceId;
use gridwalk_core::sync::protocol::{CommunityKeys, KeyStatement, decode, encode};

use crate::error::{HubError, Result};
use crate::hub::Tenant;
use crate::store::{Arg, Conn, Row, all, exec};

/// What a phone that pinned an older pair needs.
pub struct CatchUp {
    /// A key of that pair, to answer it with.
    pub key: DeviceKey,
    /// What leads from that pair to the one in use.
    pub statements: Vec<KeyStatement>,
}

/// One pair that was or is in use.
pub(crate) struct Pair {
    pub public: CommunityKeys,
    /// The key of it that the hub has.
    secret: DeviceKey,
    /// This pair, signed by a key of the pair before; the first has none.
    statement: Option<KeyStatement>,
}

/// Keeps the first pair of a new community.
pub(crate) async fn keep_first(connection: &mut Conn, tenant: &Tenant) -> Result<()> {
    insert(connection, &tenant.id, 1, &pair_of(tenant), &tenant.key, None).await
}

/// How a phone that pinned the pair of this mark catches up; nothing if that is the pair in use, or none of this community's.
pub async fn key_catch_up(connection: &mut Conn, tenant: &Tenant, mark: Option<[u8; 4]>) -> Result<Option<CatchUp>> {
    let Some(mark) = mark.filter(|mark| *mark != *pair_of(tenant).mark()) else { return Ok(None) };
    let mut pairs = pairs(connection, &tenant.id).await?.into_iter();
    let Some(pinned) = pairs.by_ref().find(|p| *p.public.mark() == mark) else { return Ok(None) };
    Ok(Some(CatchUp { key: pinned.secret, statements: pairs.filter_map(|p| p.statement).collect() }))
}

/// The public key that the hub wrote with as `device`, now or earlier.
pub async fn own_key(connection: &mut Conn, tenant: &str, device: DeviceId) -> Result<Option<PublicKey>> {
    Ok(pairs(connection, tenant).await?.into_iter().map(|p| p.public.key).find(|key| key.device() == device))
}

/// The secret key that the hub has of its own device `device`, now or earlier.
pub async fn secret_of(connection: &mut Conn, tenant: &str, device: DeviceId) -> Result<Option<DeviceKey>> {
    Ok(pairs(connection, tenant).await?.into_iter().map(|p| p.secret).find(|key| key.device() == device))
}

/// Carries over the pairs that another database has beyond this one's: a restored backup answers with the keys that phones pinned
/// since.
pub(crate) async fn carry_over(from: &mut Conn, to: &mut Conn, tenant: &str) -> Result<()> {
    let (newer, older) = (pairs(from, tenant).await?, pairs(to, tenant).await?);
    let same = older.iter().zip(&newer).all(|(a, b)| a.public == b.public);
    if !same || newer.len() <= older.len() {
        return Ok(());
    }
    exec(to, "DELETE FROM community_keys WHERE tenant_id = $1", vec![Arg::text(tenant)]).await?;
    for (number, pair) in (1..).zip(&newer) {
        insert(to, tenant, number, &pair.public, &pair.secret, pair.statement.as_ref()).await?;
    }
    if let Some(last) = newer.last() {
        let args = vec![Arg::text(tenant), Arg::Blob(last.secret.to_bytes().to_vec()), Arg::Blob(last.public.spare.to_bytes().to_vec())];
        exec(to, "UPDATE tenants SET community_key = $2, spare_public = $3 WHERE tenant_id = $1", args).await?;
    }
    Ok(())
}

/// The pair in use.
pub(crate) fn pair_of(tenant: &Tenant) -> CommunityKeys {
    CommunityKeys { key: tenant.key.public(), spare: tenant.spare.clone() }
}

/// Keeps a pair under its number.
pub(crate) async fn insert(
    connection: &mut Conn,
    tenant: &str,
    number: usize,
    keys: &CommunityKeys,
    secret: &DeviceKey,
    by: Option<&KeyStatement>,
) -> Result<()> {
    let args = vec![
        Arg::text(tenant),
        Arg::int(number),
        Arg::Blob(keys.key.to_bytes().to_vec()),
        Arg::Blob(keys.spare.to_bytes().to_vec()),
        Arg::Blob(secret.to_bytes().to_vec()),
        Arg::Blob(by.map(encode).unwrap_or_default()),
    ];
    exec(connection, "INSERT INTO community_keys VALUES ($1, $2, $3, $4, $5, $6)", args).await.map(drop)
}

/// All pairs of a community, oldest first.
pub(crate) async fn pairs(connection: &mut Conn, tenant: &str) -> Result<Vec<Pair>> {
    let sql = "SELECT public_key, spare_public, secret, statement FROM community_keys WHERE tenant_id = $1 ORDER BY number";
    let rows = all(connection, sql, vec![Arg::text(tenant)]).await?;
    let pair = |row: &Row| {
        let blob = |column: usize| row.get::<Vec<u8>>(column);
        let public = CommunityKeys { key: PublicKey::from_bytes(&blob(0)?)?, spare: PublicKey::from_bytes(&blob(1)?)? };
        let secret = <[u8; 32]>::try_from(blob(2)?).map_err(|_| HubError::usage("数据库已损坏：密钥长度不对", "the database is damaged: a key's length"))?;
        let statement = Some(blob(3)?).filter(|s| !s.is_empty()).map(|s| decode(&s, "community keys")).transpose()?;
        Ok(Pair { public, secret: DeviceKey::from_bytes(&secret), statement })
    };
    rows.iter().map(pair).collect()
}
