//! What screens ask about papers.

use rusqlite::Connection;
use serde::Serialize;

use super::document::label;
use crate::error::Result;
use crate::ids::Id;
use crate::records::flags;

/// A paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaperView {
    /// The paper.
    pub id: Id,
    /// What it certifies, as a code.
    pub sort: String,
    /// What people call it, with its number: 居住证明〔2026〕1号; 待编号 until the hub has numbered it.
    pub label: String,
    /// The year of its series; `None` until it is numbered.
    pub year: Option<i64>,
    /// Its number in it.
    pub number: Option<i64>,
    /// The household (its id).
    pub household: String,
    /// The resident (their id).
    pub resident: String,
    /// What it is for.
    pub purpose: String,
    /// When it was issued, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether it is void.
    pub void: bool,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
}

/// The papers on this phone, newest first.
pub fn papers(connection: &Connection, limit: u32) -> Result<Vec<PaperView>> {
    let sql = format!(
        "SELECT p.doc, coalesce(p.sort, ''), p.year, p.number, coalesce(p.household, ''), coalesce(p.resident, ''), coalesce(p.purpose, ''), coalesce(p.at, 0),
           coalesce(p.void, 0), {} FROM papers p ORDER BY p.at DESC, p.doc DESC LIMIT ?1",
        flags("p.doc")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([limit], |r| {
        let (sort, year, number): (String, Option<i64>, Option<i64>) = (r.get(1)?, r.get(2)?, r.get(3)?);
        Ok(PaperView {
            id: r.get(0)?,
            label: label(&sort, year, number),
            sort,
            year,
            number,
            household: r.get(4)?,
            resident: r.get(5)?,
            purpose: r.get(6)?,
            at: r.get(7)?,
            void: r.get(8)?,
            unsent: r.get(9)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
