//! Persons as an administrator names them.

use gridwalk_core::ids::Id;
use gridwalk_core::text::one_form;

use crate::error::{HubError, Result};
use crate::store::{Arg, Conn, all};

/// The person of this id or of this name, if there is one of that name only.
pub async fn person_named(connection: &mut Conn, tenant: &str, text: &str) -> Result<Id> {
    let sql = "SELECT doc FROM persons WHERE tenant_id = $1 AND (doc = $2 OR name = $3) ORDER BY doc";
    let rows = all(connection, sql, [tenant, text, &one_form(text)].map(Arg::text).to_vec()).await?;
    match &rows[..] {
        [only] => Ok(only.get(0)?),
        [] => Err(HubError::usage("没有这个人员", "there is no such person")),
        _ => Err(HubError::usage("有多人同名，请用编号（见 devices）", "several persons have this name; use the id, as `devices` lists it")),
    }
}

/// The names of these persons, their ids where there is no name.
pub(super) async fn names_of(connection: &mut Conn, tenant: &str, persons: impl IntoIterator<Item = Id>) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for id in persons {
        let rows = all(connection, "SELECT name FROM persons WHERE tenant_id = $1 AND doc = $2", vec![Arg::text(tenant), Arg::text(&id.to_string())]).await?;
        let name = rows.first().map(|r| r.get::<Option<String>>(0)).transpose()?.flatten();
        names.push(name.unwrap_or_else(|| id.to_string()));
    }
    names.dedup();
    Ok(names)
}
