//! What screens ask about activities.

use rusqlite::{Connection, params};
use serde::Serialize;

use crate::error::Result;
use crate::ids::Id;
use crate::records::flags;

/// An activity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ActivityView {
    /// The activity.
    pub id: Id,
    /// What it is called.
    pub title: String,
    /// Its task kind.
    pub task: String,
    /// When it begins, in seconds since the Unix epoch (UTC).
    pub starts_at: i64,
    /// When it ends.
    pub ends_at: i64,
    /// How many can take part; `None` for as many as come.
    pub places: Option<i64>,
    /// How many have claimed a place.
    pub claimed: i64,
    /// Whether the person signed in has.
    pub mine: bool,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// The activities that end after `since` (seconds since the Unix epoch, UTC), soonest first, as the person signed in sees them.
pub fn activities(connection: &Connection, since: i64, limit: u32) -> Result<Vec<ActivityView>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT a.doc, coalesce(a.title, ''), coalesce(a.task, ''), coalesce(a.starts_at, 0), a.ends_at, a.places,
           (SELECT count(*) FROM claims c WHERE c.doc = a.doc AND c.claimed = 1),
           EXISTS (SELECT 1 FROM claims c WHERE c.doc = a.doc AND c.entry IN (SELECT person FROM tenants) AND c.claimed = 1), {}
         FROM activities a WHERE a.ends_at > ?1 ORDER BY a.starts_at, a.doc LIMIT ?2",
        flags("a.doc")
    ))?;
    let rows = statement.query_map(params![since, limit], |r| {
        Ok(ActivityView {
            id: r.get(0)?,
            title: r.get(1)?,
            task: r.get(2)?,
            starts_at: r.get(3)?,
            ends_at: r.get(4)?,
            places: r.get(5)?,
            claimed: r.get(6)?,
            mine: r.get(7)?,
            unsent: r.get(8)?,
            conflict: r.get(9)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
