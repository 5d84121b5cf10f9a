//! What screens read: the tables that the kinds declare, the list of due doors, the search index. All of it follows from the
//! documents and is made anew from them when other declarations made it: by an older app, or a newer one.

use rusqlite::{Connection, OptionalExtension, params};

use super::documents::{Touched, load};
use super::{from_json, to_json};
use crate::documents::hash_text;
use crate::error::{ErrorKind, Result};
use crate::identity::cipher::sha256;
use crate::ids::Id;
use crate::projection::create_sql;
use crate::versions::dictionary;
use crate::{kinds, search};

/// Doors by when they are due. Times in seconds since the epoch (UTC).
const DUE: &str = "
CREATE TABLE due (
  household TEXT PRIMARY KEY,
  every_days INTEGER NOT NULL,
  last_visit_at INTEGER,         -- someone was met or reached
  last_attempt_at INTEGER,       -- someone stood at the door
  due_from INTEGER NOT NULL,
  due_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX due_at ON due (due_at, household);
";

fn statements() -> String {
    let declared = kinds::tables().flat_map(|table| create_sql(table, &[]));
    declared.chain([DUE.to_owned(), search::SCHEMA.to_owned()]).collect::<Vec<_>>().join(";\n")
}

/// What these declarations make is known by their hash. The dictionary's number is part of it: rows also change where no table does; and so
/// is what records are found by, which no table names.
fn version() -> String {
    let fields = kinds::known().flat_map(|kind| kind.fields.iter().chain(kind.entries.iter().flat_map(|e| e.fields)).map(move |field| (kind, field)));
    let searched: String = fields.filter(|(_, field)| field.searched).map(|(kind, field)| format!("{}.{} ", kind.name, field.key)).collect();
    hash_text(&sha256(format!("{} {searched}{}", dictionary().number, statements()).as_bytes()))
}

/// Whether the tables are those of this app's declarations.
pub(super) fn is_current(connection: &Connection) -> Result<bool> {
    let made = connection.query_row("SELECT version FROM read_model", [], |r| r.get::<_, String>(0)).optional()?;
    Ok(made == Some(version()))
}

/// Makes the whole read model from the documents, in the place of what is there. The caller commits: nobody sees half of it.
pub fn rebuild(connection: &Connection) -> Result<()> {
    let old: Option<String> = connection.query_row("SELECT tables FROM read_model", [], |r| r.get(0)).optional()?;
    for table in old.map_or(Ok(Vec::new()), |old| from_json::<Vec<String>>(&old))? {
        connection.execute_batch(&format!("DROP TABLE IF EXISTS {table}"))?;
    }
    connection.execute_batch(&statements())?;
    let tables: Vec<&str> = kinds::tables().map(|table| table.name).chain(["due"]).chain(search::TABLES).collect();
    connection.execute("INSERT OR REPLACE INTO read_model VALUES (1, ?1, ?2)", params![version(), to_json(&tables)?])?;
    let mut touched = Touched::everything();
    let ids: Vec<(i64, Id)> =
        connection.prepare("SELECT n, id FROM documents ORDER BY n")?.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    for (n, id) in ids {
        match load(connection, id) {
            Ok(Some(doc)) => touched.project(connection, id, n, &doc, true)?,
            Ok(None) => {}
            // Of a kind that no app here could read until now: all of it is asked for again.
            Err(e) if e.kind() == ErrorKind::Malformed => {
                let sql = "INSERT INTO unreadable (doc, tenant, at) SELECT id, tenant, 0 FROM documents WHERE n = ?1 ON CONFLICT (doc) DO NOTHING";
                connection.execute(sql, [n])?;
            }
            Err(e) => return Err(e),
        }
    }
    touched.finish(connection)
}
