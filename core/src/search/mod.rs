//! Search and near-me: indexes that belong to the phone. One entry a household, with all its residents.

mod near;
mod query;
mod text;

pub use near::{NearView, near};
pub use query::{FoundView, find};
pub use text::{Wanted, plain};

use rusqlite::{Connection, params};

use crate::documents::Map;
use crate::error::Result;
use crate::households::document::tags;

/// The index tables; `rowid` and `id` are the household's `documents.n`.
pub const SCHEMA: &str = "
CREATE VIRTUAL TABLE search USING fts5(names, pinyin, phones, tags, address, content='', contentless_delete=1, prefix='1', tokenize='unicode61');
CREATE VIRTUAL TABLE near USING rtree_i32(id, lat_min, lat_max, lon_min, lon_max);
";

/// What a household is found by.
#[derive(Debug)]
pub(crate) struct Entry {
    names: String,
    pinyin: String,
    phones: String,
    tags: String,
    address: String,
    position: Option<(i64, i64)>,
}

impl Entry {
    /// The entry of a household in this state.
    pub(crate) fn of(household: &Map) -> Self {
        let residents: Vec<&Map> = household.entries("residents").map(|(_, r)| r).filter(|r| !r.flag("removed")).collect();
        let names = || residents.iter().map(|r| r.text("name"));
        Self {
            names: text::index_names(names()),
            pinyin: text::index_pinyin(names()),
            phones: text::index_phones(residents.iter().map(|r| r.text("phone"))),
            tags: text::index_tags(residents.iter().flat_map(|r| tags(r))),
            address: text::index_characters(household.text("address")),
            position: household.int("lat").zip(household.int("lon")),
        }
    }
}

/// Replaces a household's entry. `fresh` says that it had none.
pub(crate) fn index(connection: &Connection, n: i64, entry: &Entry, fresh: bool) -> Result<()> {
    if !fresh {
        remove(connection, n)?;
    }
    connection.prepare_cached("INSERT INTO search (rowid, names, pinyin, phones, tags, address) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
        n,
        entry.names,
        entry.pinyin,
        entry.phones,
        entry.tags,
        entry.address
    ])?;
    if let Some((lat, lon)) = entry.position {
        connection.prepare_cached("INSERT INTO near VALUES (?1, ?2, ?2, ?3, ?3)")?.execute(params![n, lat, lon])?;
    }
    Ok(())
}

/// Removes a household's entry.
pub(crate) fn remove(connection: &Connection, n: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([n])?;
    connection.prepare_cached("DELETE FROM near WHERE id = ?1")?.execute([n])?;
    Ok(())
}

/// Leaves nothing of removed entries: FTS5 keeps their words in its segments until it merges them, R-tree nodes keep removed
/// positions beside those they hold.
pub(crate) fn scrub(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "INSERT INTO search(search) VALUES ('optimize');
         DELETE FROM near;
         INSERT INTO near SELECT d.n, h.lat, h.lat, h.lon, h.lon FROM documents d CROSS JOIN households h ON h.doc = d.id
           WHERE h.lat IS NOT NULL AND h.lon IS NOT NULL;",
    )?;
    Ok(())
}
