//! Finding records of every kind by what a person types.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::text;
use crate::documents::Kind;
use crate::error::Result;
use crate::ids::Id;
use crate::records::{flags, value};

/// A record that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HitView {
    /// Its kind's stable name.
    pub kind: String,
    /// The record.
    pub id: Id,
    /// What it is named by.
    pub title: String,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// Records of every kind whose `searched` fields match all words of `typed`, as households are found ([`find`](super::find)): at most
/// `limit` households, and as many of all else, latest recorded first. `kind_of` knows the kind of a document's schema.
pub fn hits(connection: &Connection, typed: &str, limit: u32, kind_of: impl Fn(u16) -> Result<Option<&'static Kind>>) -> Result<Vec<HitView>> {
    let Some(query) = text::parse(typed) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for table in ["search", "search_records"] {
        let sql = format!("SELECT d.id, d.schema FROM {table} s JOIN documents d ON d.n = s.rowid WHERE {table} MATCH ?1 ORDER BY s.rowid DESC LIMIT ?2");
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![query.fts_match(), limit], |r| Ok((r.get::<_, Id>(0)?, r.get::<_, u16>(1)?)))?;
        for row in rows {
            let (id, schema) = row?;
            if let Some(kind) = kind_of(schema)? {
                found.extend(hit(connection, kind, id)?);
            }
        }
    }
    Ok(found)
}

fn hit(connection: &Connection, kind: &Kind, id: Id) -> Result<Option<HitView>> {
    let Some((table, field)) = kind.tables.first().zip(kind.title_field()) else { return Ok(None) };
    let sql = format!("SELECT \"{}\", {} FROM {} WHERE doc = ?1", field.key, flags(&format!("{}.doc", table.name)), table.name);
    let mut statement = connection.prepare_cached(&sql)?;
    let row = statement.query_row([id], |r| {
        let title = field.shown_values(&[r.get_ref(0).map(value)?]).map(|shown| shown.text).unwrap_or_default();
        Ok(HitView { kind: kind.name.to_owned(), id, title, unsent: r.get(1)?, conflict: r.get(2)? })
    });
    Ok(row.optional()?)
}
