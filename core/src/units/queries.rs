//! What screens ask about units.

use rusqlite::Connection;
use serde::Serialize;

use crate::error::Result;
use crate::ids::Id;
use crate::records::flags;

/// A department or unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitView {
    /// The unit.
    pub id: Id,
    /// What it is to the community, as a code.
    pub sort: String,
    /// Its name.
    pub name: String,
    /// Telephone number.
    pub phone: String,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// The units on this phone, by name.
pub fn units(connection: &Connection) -> Result<Vec<UnitView>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT doc, coalesce(sort, ''), coalesce(name, ''), coalesce(phone, ''), {} FROM units ORDER BY name, doc",
        flags("units.doc")
    ))?;
    let rows = statement
        .query_map([], |r| Ok(UnitView { id: r.get(0)?, sort: r.get(1)?, name: r.get(2)?, phone: r.get(3)?, unsent: r.get(4)?, conflict: r.get(5)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
