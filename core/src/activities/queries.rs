//! What screens ask about activities.

use rusqlite::{Connection, params};
use serde::Serialize;

use crate::claims::{ClaimView, own_claim};
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
    /// How many places are granted, as the hub said last.
    pub granted: i64,
    /// How many wait for one, as the hub said last.
    pub waiting: i64,
    /// The claim of the person signed in, if one of theirs stands.
    pub mine: Option<ClaimView>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// The activities that end after `since` (seconds since the Unix epoch, UTC), soonest first, as the person signed in sees them.
pub fn activities(connection: &Connection, since: i64, limit: u32) -> Result<Vec<ActivityView>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT a.doc, coalesce(a.title, ''), coalesce(a.task, ''), coalesce(a.starts_at, 0), a.ends_at, a.places,
           coalesce(a.granted, 0), coalesce(a.waiting, 0), {}
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
            granted: r.get(6)?,
            waiting: r.get(7)?,
            mine: None,
            unsent: r.get(8)?,
            conflict: r.get(9)?,
        })
    })?;
    let mut views = rows.collect::<rusqlite::Result<Vec<ActivityView>>>()?;
    for view in &mut views {
        view.mine = own_claim(connection, view.id)?;
    }
    Ok(views)
}
