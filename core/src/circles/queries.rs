//! What screens ask about circles.

use rusqlite::Connection;
use serde::Serialize;

use crate::error::Result;
use crate::ids::Id;
use crate::records::flags;

/// A circle with who was entered into it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CircleView {
    /// The circle.
    pub id: Id,
    /// `health`, `minors` or `mediation`.
    pub purpose: String,
    /// Its name.
    pub name: String,
    /// Its members.
    pub members: Vec<CircleMemberView>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// Someone who was entered into a circle.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CircleMemberView {
    /// The person.
    pub person: Id,
    /// Their name, empty where it is not on this phone.
    pub name: String,
    /// Whether a cadre approved them; asked of circles for minors alone.
    pub approved: bool,
    /// Whether they read what the circle holds.
    pub reads: bool,
}

/// The circles that this phone knows of, by name. Who was removed is not named.
pub fn circles(connection: &Connection) -> Result<Vec<CircleView>> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT doc, coalesce(purpose, ''), coalesce(name, ''), {} FROM circles ORDER BY name, doc", flags("circles.doc")))?;
    let rows = statement.query_map([], |r| {
        Ok(CircleView { id: r.get(0)?, purpose: r.get(1)?, name: r.get(2)?, members: Vec::new(), unsent: r.get(3)?, conflict: r.get(4)? })
    })?;
    let mut circles = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut statement = connection.prepare_cached(
        "SELECT m.entry, coalesce(p.name, ''), m.approved, m.reads FROM circle_members m LEFT JOIN persons p ON p.doc = m.entry
         WHERE m.doc = ?1 AND m.member ORDER BY p.name, m.entry",
    )?;
    for circle in &mut circles {
        let rows = statement.query_map([circle.id], |r| Ok(CircleMemberView { person: r.get(0)?, name: r.get(1)?, approved: r.get(2)?, reads: r.get(3)? }))?;
        circle.members = rows.collect::<rusqlite::Result<_>>()?;
    }
    Ok(circles)
}
