//! Records that were imported and erased since: their keys, which may be names or numbers of papers, stay as salted hashes, so
//! that the same file imported again does not bring them back.

use gridwalk_core::documents::hash_text;
use gridwalk_core::identity::cipher::sha256;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::hub::Hub;
use crate::store::{Arg, Conn, all, exec, select_in};

/// The key of a source record that was erased, as a salted hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedKey {
    /// What kind of record it was in its source.
    pub source: String,
    /// The hash.
    pub hash: String,
    /// What it was made with.
    pub salt: String,
}

/// Hashes the keys of the records that became these documents and entries; `whole` says that nothing is left of them. Of a
/// document of which something is left only the digest of what the file said goes. Returns the keys that were hashed.
pub async fn forget_records(hub: &Hub, connection: &mut Conn, tenant: &str, ids: &[String], whole: bool) -> Result<Vec<ErasedKey>> {
    let rows = select_in(connection, "SELECT source, record FROM import_keys WHERE tenant_id = $1 AND id IN ({in})", tenant, ids).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let salt = match salt(connection).await? {
        Some(salt) => salt,
        None => {
            let mut bytes = [0; 32];
            hub.fill(&mut bytes);
            keep_salt(connection, &hash_text(&bytes)).await?
        }
    };
    let mut hashes = Vec::new();
    for row in rows {
        let (source, record): (String, String) = (row.get(0)?, row.get(1)?);
        let kept = if whole { hashed(&salt, &source, &record) } else { record.clone() };
        let args = [tenant, &source, &record, &kept].map(Arg::text).to_vec();
        let sql = "UPDATE import_keys SET record = $4, digest = '' WHERE tenant_id = $1 AND source = $2 AND record = $3";
        exec(connection, sql, args).await?;
        if whole {
            hashes.push(ErasedKey { source, hash: kept, salt: salt.clone() });
        }
    }
    Ok(hashes)
}

/// Remembers erased keys in a database that a backup brought back from before the import: the file is refused there too.
pub async fn remember_erased(connection: &mut Conn, tenant: &str, document: &str, keys: &[ErasedKey]) -> Result<()> {
    for key in keys {
        if keep_salt(connection, &key.salt).await? != key.salt {
            // Another hub's journal: its hashes say nothing here.
            continue;
        }
        let args = [tenant, &key.source, &key.hash, document].map(Arg::text).to_vec();
        exec(connection, "INSERT INTO import_keys VALUES ($1, $2, $3, $4, '') ON CONFLICT DO NOTHING", args).await?;
    }
    Ok(())
}

/// Whether the source record was imported before and erased since; `salt` is [`salt`]'s.
pub async fn is_erased(connection: &mut Conn, tenant: &str, salt: &str, source: &str, record: &str) -> Result<bool> {
    let args = [tenant, source, &hashed(salt, source, record)].map(Arg::text).to_vec();
    Ok(!all(connection, "SELECT id FROM import_keys WHERE tenant_id = $1 AND source = $2 AND record = $3", args).await?.is_empty())
}

fn hashed(salt: &str, source: &str, record: &str) -> String {
    format!("erased:{}", hash_text(&sha256(format!("{salt}\n{source}\n{record}").as_bytes())))
}

/// What this hub's hashes are made with; `None` before anything was erased.
pub async fn salt(connection: &mut Conn) -> Result<Option<String>> {
    let rows = all(connection, "SELECT value FROM meta WHERE name = 'import_salt'", vec![]).await?;
    Ok(rows.first().map(|row| row.get(0)).transpose()?)
}

/// Keeps a salt unless there is one already. Returns the one that holds.
async fn keep_salt(connection: &mut Conn, new: &str) -> Result<String> {
    exec(connection, "INSERT INTO meta VALUES ('import_salt', $1) ON CONFLICT DO NOTHING", vec![Arg::text(new)]).await?;
    // In another community another process may have been first.
    Ok(salt(connection).await?.unwrap_or_default())
}
