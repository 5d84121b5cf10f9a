//! Search and near-me: indexes that belong to the phone. One entry a record, with all its own entries: a household with its residents.

mod hits;
mod near;
mod query;
mod text;

pub use hits::{HitView, hits};
pub use near::{NearView, near};
pub use query::{FoundView, find};
pub use text::{Wanted, plain};

use rusqlite::{Connection, params};

use crate::dictionary::{Field, Type};
use crate::documents::{Kind, Map};
use crate::error::Result;

/// The index tables; `rowid` and `id` are the record's `documents.n`. Households have one of their own: they are most of what a phone
/// holds, and nothing else slows their search.
pub const SCHEMA: &str = "
CREATE VIRTUAL TABLE search USING fts5(names, pinyin, phones, tags, address, content='', contentless_delete=1, prefix='1', tokenize='unicode61');
CREATE VIRTUAL TABLE search_records USING fts5(names, pinyin, phones, tags, address, content='', contentless_delete=1, prefix='1', tokenize='unicode61');
CREATE VIRTUAL TABLE near USING rtree_i32(id, lat_min, lat_max, lon_min, lon_max);
";

/// The names of all these tables.
pub(crate) const TABLES: [&str; 3] = ["search", "search_records", "near"];

/// The table that records of a kind are found in; `None` if none of its fields is searched.
pub(crate) fn table_of(kind: &Kind) -> Option<&'static str> {
    let searched = |fields: &[Field]| fields.iter().any(|field| field.searched);
    let is_found = searched(kind.fields) || kind.entries.iter().any(|entries| searched(entries.fields));
    is_found.then_some(if kind.residents().is_some() { "search" } else { "search_records" })
}

/// What a record is found by.
#[derive(Debug)]
pub(crate) struct Entry {
    table: &'static str,
    names: String,
    pinyin: String,
    phones: String,
    tags: String,
    address: String,
    position: Option<(i64, i64)>,
}

impl Entry {
    /// The entry of a record of `kind` in this state, if any field of the kind is searched: what it is named by and texts of its entries are
    /// found as names and by pinyin, other texts of its own by their characters, telephones by their digits, tags whole. A household is named by
    /// its residents.
    pub(crate) fn of(kind: &Kind, record: &Map) -> Option<Self> {
        let table = table_of(kind)?;
        let is_name = |field: &Field| field.key == kind.title && kind.residents().is_none();
        let own = || kind.fields.iter().filter(|f| f.searched).map(|field| (field, record));
        let entries = || {
            kind.entries.iter().flat_map(|declared| {
                let fields = || declared.fields.iter().filter(|f| f.searched);
                record.entries(declared.key).filter(|(_, e)| !e.flag("removed")).flat_map(move |(_, entry)| fields().map(move |field| (field, entry)))
            })
        };
        let is_text = |field: &Field| matches!(field.ty, Type::Text(_) | Type::Note(_));
        let names = || own().filter(|(field, _)| is_name(field)).chain(entries()).filter(|(field, _)| is_text(field)).map(|(field, of)| field.text(of));
        let address: Vec<&str> = own().filter(|(field, _)| is_text(field) && !is_name(field)).map(|(field, _)| field.text(record)).collect();
        Some(Self {
            table,
            names: text::index_names(names()),
            pinyin: text::index_pinyin(names()),
            phones: text::index_phones(own().chain(entries()).filter(|(field, _)| field.ty == Type::Telephone).map(|(field, of)| field.text(of))),
            tags: text::index_tags(own().chain(entries()).filter(|(field, _)| field.ty == Type::Tags).flat_map(|(field, of)| field.words(of))),
            address: text::index_characters(&address.join(" ")),
            position: record.int("lat").zip(record.int("lon")).filter(|_| kind.residents().is_some()),
        })
    }
}

/// Replaces a record's entry. `fresh` says that it had none.
pub(crate) fn index(connection: &Connection, n: i64, entry: &Entry, fresh: bool) -> Result<()> {
    if !fresh {
        remove(connection, entry.table, n)?;
    }
    let sql = format!("INSERT INTO {} (rowid, names, pinyin, phones, tags, address) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", entry.table);
    connection.prepare_cached(&sql)?.execute(params![n, entry.names, entry.pinyin, entry.phones, entry.tags, entry.address])?;
    if let Some((lat, lon)) = entry.position {
        connection.prepare_cached("INSERT INTO near VALUES (?1, ?2, ?2, ?3, ?3)")?.execute(params![n, lat, lon])?;
    }
    Ok(())
}

/// Removes a record's entry from the table of its kind.
pub(crate) fn remove(connection: &Connection, table: &str, n: i64) -> Result<()> {
    connection.prepare_cached(&format!("DELETE FROM {table} WHERE rowid = ?1"))?.execute([n])?;
    connection.prepare_cached("DELETE FROM near WHERE id = ?1")?.execute([n])?;
    Ok(())
}

/// Leaves nothing of removed entries: FTS5 keeps their words in its segments until it merges them, R-tree nodes keep removed
/// positions beside those they hold.
pub(crate) fn scrub(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "INSERT INTO search(search) VALUES ('optimize');
         INSERT INTO search_records(search_records) VALUES ('optimize');
         DELETE FROM near;
         INSERT INTO near SELECT d.n, h.lat, h.lat, h.lon, h.lon FROM documents d CROSS JOIN households h ON h.doc = d.id
           WHERE h.lat IS NOT NULL AND h.lon IS NOT NULL;",
    )?;
    Ok(())
}
