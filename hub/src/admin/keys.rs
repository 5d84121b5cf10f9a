//! A community's keys: the pair in use, and those before it. A new pair is signed by a key of the pair before, so that phones
//! follow without enrolling anew, also through several changes; a phone that is behind is answered with a key it knows.

use std::path::PathBuf;

use gridwalk_core::identity::{DeviceKey, PublicKey};
use gridwalk_core::ids::DeviceId;
use gridwalk_core::sync::protocol::{CommunityKeys, KeyStatement, decode, encode};
use sqlx::{AnyConnection, Row};

use super::backup::write_private;
use super::log::{Act, record};
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, all, exec};

/// A phone that pinned an older pair.
pub struct Behind {
    /// A key of that pair, to answer it with.
    pub key: DeviceKey,
    /// What leads from that pair to the one in use.
    pub statements: Vec<KeyStatement>,
}

/// One pair that was or is in use.
struct Pair {
    public: CommunityKeys,
    /// The key of it that the hub has.
    secret: DeviceKey,
    /// This pair, signed by a key of the pair before; the first has none.
    statement: Option<KeyStatement>,
}

/// Keeps the first pair of a new community.
pub(super) async fn keep_first(connection: &mut AnyConnection, tenant: &Tenant) -> Result<()> {
    insert(connection, &tenant.id, 1, &pair_of(tenant), &tenant.key, None).await
}

/// Makes a new key and a new spare; phones follow when they sync next. Returns where the new spare key was written.
pub async fn change_key(hub: &Hub, tenant: &Tenant) -> Result<PathBuf> {
    let key = DeviceKey::make(hub.random());
    succeed(hub, tenant, tenant.key.clone(), key, "change_key").await
}

/// Brings the spare key (its 32 bytes) into use in the place of a lost or stolen one, with a new spare. Returns where that was
/// written.
///
/// # Errors
/// If `secret` is not the community's spare key.
pub async fn use_spare(hub: &Hub, tenant: &Tenant, secret: &[u8]) -> Result<PathBuf> {
    let bytes = <[u8; 32]>::try_from(secret).map_err(|_| HubError::usage("密钥文件须为 32 字节", "a key file has 32 bytes"))?;
    let spare = DeviceKey::from_bytes(&bytes);
    if spare.public() != tenant.spare {
        return Err(HubError::usage("这不是此社区现在的备用密钥", "this is not the community's spare key"));
    }
    succeed(hub, tenant, spare.clone(), spare, "use_spare").await
}

/// Puts `key` with a new spare in the place of the pair in use; `by` is a key of that pair, which signs for it.
async fn succeed(hub: &Hub, tenant: &Tenant, by: DeviceKey, key: DeviceKey, verb: &str) -> Result<PathBuf> {
    let spare = DeviceKey::make(hub.random());
    let keys = CommunityKeys { key: key.public(), spare: spare.public() };
    let statement = KeyStatement::sign(&by, &tenant.id, &keys);
    let mut tx = hub.store.write(&tenant.id).await?;
    let last = pairs(&mut tx, &tenant.id).await?;
    if last.last().is_none_or(|last| last.public != pair_of(tenant)) {
        return Err(HubError::usage("密钥刚刚被更换，请重试", "the key was changed just now; try again"));
    }
    let number = last.len();
    // Phones of the pair before are answered with the key that signed for the new one: the other may be lost.
    let args = vec![Arg::text(&tenant.id), Arg::int(number), Arg::Blob(by.to_bytes().to_vec())];
    exec(&mut tx, "UPDATE community_keys SET secret = $3 WHERE tenant_id = $1 AND number = $2", args).await?;
    insert(&mut tx, &tenant.id, number + 1, &keys, &key, Some(&statement)).await?;
    let args = vec![Arg::text(&tenant.id), Arg::Blob(key.to_bytes().to_vec()), Arg::Blob(keys.spare.to_bytes().to_vec())];
    exec(&mut tx, "UPDATE tenants SET community_key = $2, spare_public = $3 WHERE tenant_id = $1", args).await?;
    let subject = key.device().to_string();
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb, subject: &subject, detail: &format!("pair {}", number + 1) }).await?;
    let path = write_spare(hub, &tenant.id, &spare)?;
    tx.commit().await?;
    Ok(path)
}

/// Writes a spare key's secret half, to be moved to a safe place.
pub(super) fn write_spare(hub: &Hub, tenant: &str, spare: &DeviceKey) -> Result<PathBuf> {
    let folder = hub.folder.join("keys");
    std::fs::create_dir_all(&folder)?;
    // Named by the key itself: no other is overwritten.
    let path = folder.join(format!("{tenant}-spare-{}.key", spare.device()));
    write_private(&path, &spare.to_bytes())?;
    Ok(path)
}

/// What a phone that pinned the pair of this mark needs; nothing if that is the pair in use, or none of this community's.
pub async fn behind(connection: &mut AnyConnection, tenant: &Tenant, mark: Option<[u8; 4]>) -> Result<Option<Behind>> {
    let Some(mark) = mark.filter(|mark| *mark != *pair_of(tenant).mark()) else { return Ok(None) };
    let mut pairs = pairs(connection, &tenant.id).await?.into_iter();
    let Some(pinned) = pairs.by_ref().find(|p| *p.public.mark() == mark) else { return Ok(None) };
    Ok(Some(Behind { key: pinned.secret, statements: pairs.filter_map(|p| p.statement).collect() }))
}

/// The public key that the hub wrote with as `device`, now or earlier.
pub async fn own_key(connection: &mut AnyConnection, tenant: &str, device: DeviceId) -> Result<Option<PublicKey>> {
    Ok(pairs(connection, tenant).await?.into_iter().map(|p| p.public.key).find(|key| key.device() == device))
}

/// The secret key that the hub has of its own device `device`, now or earlier.
pub async fn secret_of(connection: &mut AnyConnection, tenant: &str, device: DeviceId) -> Result<Option<DeviceKey>> {
    Ok(pairs(connection, tenant).await?.into_iter().map(|p| p.secret).find(|key| key.device() == device))
}

/// Carries over the pairs that another database has beyond this one's: a restored backup answers with the keys that phones pinned
/// since.
pub(super) async fn carry_over(from: &mut AnyConnection, to: &mut AnyConnection, tenant: &str) -> Result<()> {
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

fn pair_of(tenant: &Tenant) -> CommunityKeys {
    CommunityKeys { key: tenant.key.public(), spare: tenant.spare.clone() }
}

async fn insert(
    connection: &mut AnyConnection,
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
async fn pairs(connection: &mut AnyConnection, tenant: &str) -> Result<Vec<Pair>> {
    let sql = "SELECT public_key, spare_public, secret, statement FROM community_keys WHERE tenant_id = $1 ORDER BY number";
    let rows = all(connection, sql, vec![Arg::text(tenant)]).await?;
    let pair = |row: &sqlx::any::AnyRow| {
        let blob = |column: usize| row.try_get::<Vec<u8>, _>(column);
        let public = CommunityKeys { key: PublicKey::from_bytes(&blob(0)?)?, spare: PublicKey::from_bytes(&blob(1)?)? };
        let secret = <[u8; 32]>::try_from(blob(2)?).map_err(|_| HubError::usage("数据库已损坏：密钥长度不对", "the database is damaged: a key's length"))?;
        let statement = Some(blob(3)?).filter(|s| !s.is_empty()).map(|s| decode(&s, "community keys")).transpose()?;
        Ok(Pair { public, secret: DeviceKey::from_bytes(&secret), statement })
    };
    rows.iter().map(pair).collect()
}
