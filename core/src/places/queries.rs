//! What screens ask about places.

use rusqlite::Connection;
use serde::Serialize;

use super::document::CLOSED;
use crate::error::Result;
use crate::ids::Id;
use crate::records::flags;

/// A place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlaceView {
    /// The place.
    pub id: Id,
    /// Its level: `grid` or `micro_grid`.
    pub level: String,
    /// What people call it.
    pub name: String,
    /// Of a micro-grid, the grid it lies in.
    pub grid: Option<Id>,
    /// Of one that was merged into another, that one.
    pub successor: Option<Id>,
    /// Households on this phone that lie in it; a grid's are those of its micro-grids too.
    pub households: i64,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// The places on this phone: grids by name, each before its micro-grids; those that were merged away come last.
pub fn places(connection: &Connection) -> Result<Vec<PlaceView>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT p.doc, coalesce(p.level, ''), coalesce(p.name, ''), p.place, CASE WHEN p.state = ?1 THEN p.successor END,
           (SELECT count(*) FROM households h WHERE h.place = coalesce(p.place, p.doc) AND (p.place IS NULL OR h.micro_grid = p.doc)), {}
         FROM places p LEFT JOIN places g ON g.doc = p.place
         ORDER BY p.state = ?1, coalesce(g.name, p.name), coalesce(p.place, p.doc), p.place IS NOT NULL, p.name, p.doc",
        flags("p.doc")
    ))?;
    let rows = statement.query_map([CLOSED], |r| {
        Ok(PlaceView {
            id: r.get(0)?,
            level: r.get(1)?,
            name: r.get(2)?,
            grid: r.get(3)?,
            successor: r.get(4)?,
            households: r.get(5)?,
            unsent: r.get(6)?,
            conflict: r.get(7)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
