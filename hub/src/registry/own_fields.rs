//! The fields of a community's own, as its settings define them.

use gridwalk_core::dictionary::own::OwnField;

use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, all};

/// The community's own fields, by what they are of and key; closed ones too.
pub async fn own_fields(hub: &Hub, tenant: &Tenant) -> Result<Vec<&'static OwnField>> {
    let args = [&*tenant.id, &tenant.settings.to_string()].map(Arg::text).to_vec();
    let sql = "SELECT entry, definition FROM own_fields WHERE tenant_id = $1 AND doc = $2 ORDER BY entry";
    let rows = all(&mut *hub.store.read().await?, sql, args).await?;
    let read = rows.iter().map(|row| Ok((row.get::<String>(0)?, row.get::<Option<String>>(1)?.unwrap_or_default())));
    Ok(read.collect::<Result<Vec<_>>>()?.iter().filter_map(|(name, definition)| OwnField::read(name, definition)).collect())
}
