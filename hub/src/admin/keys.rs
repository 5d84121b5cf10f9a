//! Changing a community's keys: a new pair, signed by a key of the pair before.

use std::path::PathBuf;

use gridwalk_core::identity::DeviceKey;
use gridwalk_core::sync::protocol::{CommunityKeys, KeyStatement};

use crate::error::{HubError, Result};
use crate::files::write_private;
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::registry::community_keys::{insert, pair_of, pairs};
use crate::store::{Arg, exec};

/// Makes a new key and a new spare; phones follow when they sync next. Returns where the new spare key was written.
pub async fn change_key(hub: &Hub, tenant: &Tenant) -> Result<PathBuf> {
    let key = DeviceKey::make(hub.random());
    rotate_key_pair(hub, tenant, tenant.key.clone(), key, "change_key").await
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
    rotate_key_pair(hub, tenant, spare.clone(), spare, "use_spare").await
}

/// Puts `key` with a new spare in the place of the pair in use; `by` is a key of that pair, which signs for it.
async fn rotate_key_pair(hub: &Hub, tenant: &Tenant, by: DeviceKey, key: DeviceKey, verb: &str) -> Result<PathBuf> {
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
