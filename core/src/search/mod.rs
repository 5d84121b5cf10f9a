//! Search and near-me: indexes that belong to the phone. One entry a household, with all its residents.

mod near;
mod query;
mod text;

pub use near::{NearView, near};
pub use query::{FoundView, find};
pub use text::{Wanted, plain};

use rusqlite::{Connection, params};

use crate::dictionary::{Field, Type};
use crate::documents::{Kind, Map};
use crate::error::Result;

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
    /// The entry of a record of `kind` in this state: texts of its own are found by their characters, texts of its entries as
    /// names and by pinyin, telephones by their digits, tags whole.
    pub(crate) fn of(kind: &Kind, record: &Map) -> Self {
        let own = || kind.fields.iter().filter(|f| f.searched).map(|field| (field, record));
        let entries = || {
            kind.entries.iter().flat_map(|declared| {
                let fields = || declared.fields.iter().filter(|f| f.searched);
                record.entries(declared.key).filter(|(_, e)| !e.flag("removed")).flat_map(move |(_, entry)| fields().map(move |field| (field, entry)))
            })
        };
        let is_text = |field: &Field| matches!(field.ty, Type::Text(_) | Type::Note(_));
        let names = || entries().filter(|(field, _)| is_text(field)).map(|(field, entry)| field.text(entry));
        let address: Vec<&str> = own().filter(|(field, _)| is_text(field)).map(|(field, _)| field.text(record)).collect();
        Self {
            names: text::index_names(names()),
            pinyin: text::index_pinyin(names()),
            phones: text::index_phones(own().chain(entries()).filter(|(field, _)| field.ty == Type::Telephone).map(|(field, of)| field.text(of))),
            tags: text::index_tags(own().chain(entries()).filter(|(field, _)| field.ty == Type::Tags).flat_map(|(field, of)| field.words(of))),
            address: text::index_characters(&address.join(" ")),
            position: record.int("lat").zip(record.int("lon")),
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
