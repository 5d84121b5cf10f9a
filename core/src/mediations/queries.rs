//! What screens ask about mediations.

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;

use crate::documents::Proof;
use crate::error::Result;
use crate::ids::Id;
use crate::records::{entry_flags, flags};

/// A mediation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MediationView {
    /// The mediation.
    pub id: Id,
    /// The circle that mediates.
    pub circle: Id,
    /// Who quarrels.
    pub parties: String,
    /// What about.
    pub matter: String,
    /// Where.
    pub place: String,
    /// What they agreed on; may be empty.
    pub agreement: String,
    /// When they agreed, in seconds since the Unix epoch (UTC).
    pub agreed_at: Option<i64>,
    /// Until when the agreement is to be kept, in seconds since the Unix epoch (UTC).
    pub due_at: Option<i64>,
    /// What else there is to say.
    pub note: String,
    /// When it began, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether no hub has confirmed when it was recorded.
    pub unanchored: bool,
    /// Whether none ever will: it is not later than the hub received it, and that is all that is known.
    pub unknowable: bool,
    /// The code of how far it has come.
    pub state: String,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A session of a mediation, or a return visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionView {
    /// Its id.
    pub id: Id,
    /// Whether it was a return visit.
    pub return_visit: bool,
    /// When it was held, in seconds since the Unix epoch (UTC).
    pub held_at: i64,
    /// Whether no hub has confirmed when it was recorded.
    pub unanchored: bool,
    /// Whether none ever will: it is not later than the hub received it, and that is all that is known.
    pub unknowable: bool,
    /// Of a return visit: whether the agreement was kept.
    pub kept: Option<bool>,
    /// What was said.
    pub note: String,
    /// Who recorded it (a person's id).
    pub by: String,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

const COLUMNS: &str = "doc, circle, coalesce(parties, ''), coalesce(matter, ''), coalesce(place, ''), coalesce(agreement, ''), agreed_at, due_at,
    coalesce(note, ''), coalesce(at, 0), state, coalesce(unanchored, 1)";

fn view(r: &Row<'_>) -> rusqlite::Result<MediationView> {
    Ok(MediationView {
        id: r.get(0)?,
        circle: r.get(1)?,
        parties: r.get(2)?,
        matter: r.get(3)?,
        place: r.get(4)?,
        agreement: r.get(5)?,
        agreed_at: r.get(6)?,
        due_at: r.get(7)?,
        note: r.get(8)?,
        at: r.get(9)?,
        state: r.get(10)?,
        unanchored: r.get(11)?,
        unknowable: r.get::<_, i64>(11)? == Proof::Unknowable as i64,
        unsent: r.get(12)?,
        conflict: r.get(13)?,
    })
}

/// The mediations on this phone, newest first.
pub fn mediations(connection: &Connection, limit: u32) -> Result<Vec<MediationView>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS}, {} FROM mediations ORDER BY at DESC, doc LIMIT ?1", flags("mediations.doc")))?;
    Ok(statement.query_map([limit], view)?.collect::<rusqlite::Result<_>>()?)
}

/// The mediation `id` with its sessions and return visits by when they were held, if it is on this phone.
pub fn mediation(connection: &Connection, id: Id) -> Result<Option<(MediationView, Vec<SessionView>)>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS}, {} FROM mediations WHERE doc = ?1", flags("mediations.doc")))?;
    let found = statement.query_row([id], view).optional()?;
    let Some(found) = found else { return Ok(None) };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT entry, return_visit, coalesce(held_at, 0), kept, coalesce(note, ''), coalesce(by, ''), coalesce(unanchored, 1), {}
         FROM mediation_sessions s WHERE doc = ?1 ORDER BY held_at, entry",
        entry_flags("s.doc", "iif(s.return_visit, 'return_visits', 'sessions')", "s.entry")
    ))?;
    let rows = statement.query_map([id], |r| {
        let (unanchored, unknowable) = (r.get(6)?, r.get::<_, i64>(6)? == Proof::Unknowable as i64);
        Ok(SessionView {
            id: r.get(0)?,
            return_visit: r.get(1)?,
            held_at: r.get(2)?,
            unanchored,
            unknowable,
            kept: r.get(3)?,
            note: r.get(4)?,
            by: r.get(5)?,
            unsent: r.get(7)?,
            conflict: r.get(8)?,
        })
    })?;
    Ok(Some((found, rows.collect::<rusqlite::Result<_>>()?)))
}
