//! A community's own fields (自设项目): defined and closed by an administrator; each act is in the log, without labels, which may
//! say anything.

use gridwalk_core::dictionary::own::{DEFINED, Definition, OWN};
use gridwalk_core::error::Error as CoreError;
use gridwalk_core::settings::SetOwnField;

use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::registry::own_fields::own_fields;
use crate::sync::Batch;

/// Defines a field, gives one that is there another label or other choices, or opens a closed one again. Its key may be written without
/// the `x:` before it.
pub async fn add_own_field(hub: &Hub, tenant: &Tenant, of: &str, key: &str, definition: Definition) -> Result<()> {
    set(hub, tenant, of, key, definition, "field_add").await
}

/// Closes a field: what stands in it stays, and nobody writes it any more.
pub async fn close_own_field(hub: &Hub, tenant: &Tenant, of: &str, key: &str) -> Result<()> {
    let name = format!("{of}:{}", full(key));
    let found = own_fields(hub, tenant).await?.into_iter().find(|own| own.name == name);
    let found = found.ok_or_else(|| CoreError::not_found("没有这一项，请用 field list 查看", "there is no such field; see field list"))?;
    set(hub, tenant, of, key, Definition { closed: true, ..found.definition.clone() }, "field_close").await
}

async fn set(hub: &Hub, tenant: &Tenant, of: &str, key: &str, definition: Definition, verb: &str) -> Result<()> {
    let key = full(key);
    let detail = format!("type {}{}", definition.ty, if definition.personal { ", personal" } else { "" });
    let set = SetOwnField { settings: tenant.settings, of: of.to_owned(), key: key.clone(), definition };
    let mut tx = hub.store.write(&tenant.id).await?;
    let mut batch = Batch::new(hub, tenant);
    batch.run(&mut tx, set.into()).await?;
    batch.flush(&mut tx).await?;
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb, subject: &format!("{DEFINED}{of}:{key}"), detail: &detail }).await?;
    Ok(tx.commit().await?)
}

fn full(key: &str) -> String {
    if key.starts_with(OWN) { key.to_owned() } else { format!("{OWN}{key}") }
}
