//! Communities of a hub.

use gridwalk_core::identity::DeviceKey;
use gridwalk_core::ids::{Actor, Id};
use gridwalk_core::kinds::Input;
use gridwalk_core::records::{AddRecord, JsonMap};
use gridwalk_core::settings::{DEFAULT_RETENTION, DEFAULT_VISIT_RULES, SetRetention};
use serde_json::json;

use super::keys::write_spare;
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant, tenants};
use crate::registry::act_log::{Act, record};
use crate::registry::community_keys::keep_first;
use crate::store::{Arg, exec};
use crate::sync::Batch;

/// Makes a community with its keys and its settings, the default visit rules in them. The spare key's secret half is written
/// to `keys/` in the data folder, to be moved to a safe place.
pub async fn create_tenant(hub: &Hub, id: &str, name: &str) -> Result<Tenant> {
    let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || id.len() > 40 || !id.chars().all(named) || name.trim().is_empty() {
        return Err(HubError::usage(
            "社区代号只能由小写字母、数字和“-”组成，名称不能为空",
            "a community's id is made of a-z, 0-9 and '-', and its name must not be empty",
        ));
    }
    let key = DeviceKey::make(hub.random());
    let spare = DeviceKey::make(hub.random());
    let person = Id { actor: Actor::new(key.device(), [0; 4]), counter: 1 };
    let mut tenant = Tenant { id: id.to_owned(), name: name.trim().to_owned(), key, spare: spare.public(), hub_person: person, settings: person };
    let mut tx = hub.store.write(id).await?;
    if Tenant::find(&mut tx, id).await?.is_some() {
        return Err(HubError::usage(format!("社区“{id}”已存在"), format!("the community {id} exists already")));
    }
    let args = vec![
        Arg::text(id),
        Arg::text(&tenant.name),
        Arg::int(0),
        Arg::Blob(tenant.key.to_bytes().to_vec()),
        Arg::Blob(tenant.spare.to_bytes().to_vec()),
        Arg::text(&person.to_string()),
        Arg::text(&person.to_string()),
    ];
    exec(&mut tx, "INSERT INTO tenants VALUES ($1, $2, $3, $4, $5, $6, $7)", args).await?;
    let rules: JsonMap = DEFAULT_VISIT_RULES.iter().map(|(tag, days)| ((*tag).to_owned(), (*days).into())).collect();
    let mut batch = Batch::new(hub, &tenant);
    let settings = batch.run(&mut tx, AddRecord::new("settings", json!({"visit_rules": rules})).into()).await?;
    let months = DEFAULT_RETENTION.iter().map(|(kind, months)| ((*kind).to_owned(), *months)).collect();
    batch.run(&mut tx, Input::SetRetention(SetRetention { settings, months, daily: None })).await?;
    batch.flush(&mut tx).await?;
    exec(&mut tx, "UPDATE tenants SET settings = $2 WHERE tenant_id = $1", vec![Arg::text(id), Arg::text(&settings.to_string())]).await?;
    record(&mut tx, id, hub.now(), Act { by: "admin", verb: "init", subject: id, detail: "" }).await?;
    keep_first(&mut tx, &tenant).await?;
    write_spare(hub, id, &spare)?;
    tx.commit().await?;
    tenant.settings = settings;
    Ok(tenant)
}

/// The community of this id, or the only one there is.
pub async fn find_tenant(hub: &Hub, id: Option<&str>) -> Result<Tenant> {
    let mut read = hub.store.read().await?;
    let all = tenants(&mut read).await?;
    let chosen = match (id, all.as_slice()) {
        (Some(id), _) => id.to_owned(),
        (None, [only]) => only.clone(),
        (None, []) => return Err(HubError::usage("还没有社区，请先运行 gridwalk-hub init", "there is no community yet; run gridwalk-hub init first")),
        (None, many) => {
            return Err(HubError::usage(
                format!("请用 --tenant 指明社区：{}", many.join("、")),
                format!("name the community with --tenant: {}", many.join(", ")),
            ));
        }
    };
    let found = Tenant::find(&mut read, &chosen).await?;
    found.ok_or_else(|| HubError::usage(format!("没有社区“{chosen}”"), format!("there is no community {chosen}")))
}
