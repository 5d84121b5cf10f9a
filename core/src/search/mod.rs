//! Search and near-me: indexes that belong to the phone. One entry a household, with all its residents.

mod near;
mod query;
mod text;

pub use near::{NearView, near};
pub use query::{FoundView, find};

use rusqlite::{Connection, params};

use crate::documents::Map;
use crate::error::Result;
use crate::households::document::tags;

/// The index tables; `rowid` and `id` are the household's `documents.n`.
pub const SCHEMA: &str = "
CREATE VIRTUAL TABLE search USING fts5(names, pinyin, phones, tags, address, content='', contentless_delete=1, prefix='1 2', tokenize='unicode61');
CREATE VIRTUAL TABLE near USING rtree_i32(id, lat_min, lat_max, lon_min, lon_max);
";

/// Replaces a household's entries. `fresh` says that it had none.
pub(crate) fn index(connection: &Connection, n: i64, household: &Map, fresh: bool) -> Result<()> {
    if !fresh {
        remove(connection, n)?;
    }
    let residents: Vec<&Map> = household.entries("residents").map(|(_, r)| r).filter(|r| !r.flag("removed")).collect();
    let names = || residents.iter().map(|r| r.text("name"));
    connection.prepare_cached("INSERT INTO search (rowid, names, pinyin, phones, tags, address) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
        n,
        text::index_names(names()),
        text::index_pinyin(names()),
        text::index_phones(residents.iter().map(|r| r.text("phone"))),
        text::index_tags(residents.iter().flat_map(|r| tags(r))),
        text::index_characters(household.text("address")),
    ])?;
    if let (Some(lat), Some(lon)) = (household.int("lat"), household.int("lon")) {
        connection.prepare_cached("INSERT INTO near VALUES (?1, ?2, ?2, ?3, ?3)")?.execute(params![n, lat, lon])?;
    }
    Ok(())
}

/// Removes a household's entries.
pub(crate) fn remove(connection: &Connection, n: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([n])?;
    connection.prepare_cached("DELETE FROM near WHERE id = ?1")?.execute([n])?;
    Ok(())
}

/// Removes all entries.
pub(crate) fn clear(connection: &Connection) -> Result<()> {
    connection.execute_batch("INSERT INTO search(search) VALUES ('delete-all'); DELETE FROM near;")?;
    Ok(())
}
