//! Drafts go with what they are about, and their photos with them.

use rusqlite::Connection;

use crate::error::Result;
use crate::ids::Id;

/// Removes the drafts about a document, and those that name it.
pub(crate) fn drop_drafts_about(connection: &Connection, id: Id) -> Result<()> {
    // An id has one spelling without escapes; in JSON it stands between quotes.
    Ok(connection.prepare_cached("DELETE FROM drafts WHERE about = ?1 OR instr(body, '\"' || ?1 || '\"') > 0")?.execute([id]).map(drop)?)
}
