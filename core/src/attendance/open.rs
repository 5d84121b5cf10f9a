//! Where a person is signed in now.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::hours::{OPEN_SECONDS, attendances_of, service_record};
use crate::error::Result;
use crate::ids::Id;

/// A person signed in to an activity, not signed out yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenAttendance {
    /// The attendance; of someone who signed in twice, the first.
    pub attendance: Id,
    /// The activity (its id).
    pub activity: String,
    /// The activity's title, empty if not known here.
    pub title: String,
    /// Signed in, in seconds since the Unix epoch (UTC).
    pub from: i64,
    /// Whether they signed in so long before that they have probably forgotten to sign out.
    pub forgotten: bool,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
}

/// Where `person` is signed in at `now` (seconds since the Unix epoch, UTC), the latest sign-in first. Signing in twice is being
/// signed in once.
pub fn open_attendances(connection: &Connection, person: Id, now: i64) -> Result<Vec<OpenAttendance>> {
    let served = service_record(attendances_of(connection, person)?).served;
    let open = served.into_iter().rev().filter(|s| s.until.is_none() && s.twin_of.is_none());
    let view = |s: super::Served| OpenAttendance {
        attendance: s.attendance,
        activity: s.activity,
        title: s.title,
        from: s.from,
        // Clocks go backwards too.
        forgotten: now.abs_diff(s.from) > OPEN_SECONDS.unsigned_abs(),
        unsent: s.unsent,
    };
    Ok(open.map(view).collect())
}

/// The attendances that are one with `attendance` and have no sign-out of their own; nothing if this phone does not know it.
pub(super) fn open_twins(connection: &Connection, person: Id, attendance: Id) -> Result<Vec<Id>> {
    let served = service_record(attendances_of(connection, person)?).served;
    let first = served.iter().find(|s| s.attendance == attendance).map(|s| s.twin_of.unwrap_or(attendance));
    let mut statement = connection.prepare_cached("SELECT signed_out_at IS NULL FROM attendances WHERE doc = ?1")?;
    let mut open = Vec::new();
    for one in served.iter().filter(|s| s.attendance != attendance && first.is_some_and(|first| s.attendance == first || s.twin_of == Some(first))) {
        if statement.query_row(params![one.attendance], |r| r.get(0))? {
            open.push(one.attendance);
        }
    }
    Ok(open)
}
