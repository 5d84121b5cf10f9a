//! Records that were imported and erased since: their keys, which may be names or numbers of papers, stay as salted hashes, so
//! that the same file imported again does not bring them back.

use gridwalk_core::documents::hash_text;
use gridwalk_core::identity::cipher::sha256;
use sqlx::{AnyConnection, Row};

use crate::error::Result;
use crate::hub::Hub;
use crate::store::{Arg, all, exec, select_in};

/// Hashes the keys of the records that became these documents and entries; `whole` says that nothing is left of them. Of a
/// document of which something is left only the digest of what the file said goes.
pub async fn forget_records(hub: &Hub, connection: &mut AnyConnection, tenant: &str, ids: &[String], whole: bool) -> Result<()> {
    let keys: Vec<Arg> = ids.iter().map(|id| Arg::text(id)).collect();
    let rows = select_in(connection, "SELECT source, record FROM import_keys WHERE tenant_id = $1 AND id IN ({in})", tenant, &keys).await?;
    let salt = match salt(connection).await? {
        Some(salt) => salt,
        None => new_salt(hub, connection).await?,
    };
    for row in rows {
        let (source, record): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let kept = if whole { hashed(&salt, &source, &record) } else { record.clone() };
        let args = [tenant, &source, &record, &kept].map(Arg::text).to_vec();
        let sql = "UPDATE import_keys SET record = $4, digest = '' WHERE tenant_id = $1 AND source = $2 AND record = $3";
        exec(connection, sql, args).await?;
    }
    Ok(())
}

/// Whether the source record was imported before and erased since; `salt` is [`salt`]'s.
pub async fn is_erased(connection: &mut AnyConnection, tenant: &str, salt: &str, source: &str, record: &str) -> Result<bool> {
    let args = [tenant, source, &hashed(salt, source, record)].map(Arg::text).to_vec();
    Ok(!all(connection, "SELECT id FROM import_keys WHERE tenant_id = $1 AND source = $2 AND record = $3", args).await?.is_empty())
}

fn hashed(salt: &str, source: &str, record: &str) -> String {
    format!("erased:{}", hash_text(&sha256(format!("{salt}\n{source}\n{record}").as_bytes())))
}

/// What this hub's hashes are made with; `None` before anything was erased.
pub async fn salt(connection: &mut AnyConnection) -> Result<Option<String>> {
    let rows = all(connection, "SELECT value FROM meta WHERE name = 'import_salt'", vec![]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
}

async fn new_salt(hub: &Hub, connection: &mut AnyConnection) -> Result<String> {
    let mut bytes = [0; 32];
    hub.fill(&mut bytes);
    exec(connection, "INSERT INTO meta VALUES ('import_salt', $1) ON CONFLICT DO NOTHING", vec![Arg::text(&hash_text(&bytes))]).await?;
    // In another community another process may have been first.
    Ok(salt(connection).await?.unwrap_or_default())
}
