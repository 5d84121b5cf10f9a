//! What screens ask about visits.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::document;
use crate::dictionary::FieldValue;
use crate::documents::Proof;
use crate::error::Result;
use crate::households::Door;
use crate::ids::Id;
use crate::records::{Further, flags};
use crate::reports::{Spot, open_spots};

/// How pressing a door is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// The due day has passed.
    Overdue,
    /// The window is open.
    Due,
}

/// A door of the due list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DueView {
    /// The household.
    pub household: Id,
    /// Its address.
    pub address: String,
    /// The first resident's name; empty if none is known.
    pub name: String,
    /// How pressing it is.
    pub urgency: Urgency,
    /// The last day of the window, in seconds since the Unix epoch (UTC).
    pub due_at: i64,
    /// The rhythm in days.
    pub every_days: i64,
    /// When someone was last met or reached.
    pub last_visit_at: Option<i64>,
    /// When someone last stood at the door: colleagues of one grid see that it was just done.
    pub last_attempt_at: Option<i64>,
    /// Metres to walk as the crow flies, where both positions are known.
    pub metres: Option<i64>,
    /// The building, read from the address; empty if it names none.
    pub building: String,
    /// The stairway in it; empty if the address names none.
    pub stairway: String,
    /// The floor, where the address says so.
    pub floor: Option<i64>,
    /// The room; empty if the address names none.
    pub room: String,
    /// The tag that asks for the visit; empty if the household's own rhythm does.
    pub tag: String,
    /// Who last stood at the door (their name), empty if not known here.
    pub last_attempt_by: String,
    /// How that visit ended, as a code; empty if there was none.
    pub last_attempt_result: String,
    /// Reports about this household or this spot that are not at their end; see [`crate::reports::reports_of`].
    pub open_reports: i64,
    /// Whether something of the household or of its visits is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// The doors that are due at `now` (seconds since the Unix epoch, UTC): overdue ones first; within that by walking distance
/// from `from` (latitude and longitude in degrees, WGS-84) where it is given, else by how long they have been due.
pub fn today(connection: &Connection, now: i64, from: Option<(f64, f64)>, limit: u32) -> Result<Vec<DueView>> {
    // Only what is shown is joined, unless the way decides what is shown.
    let (doors, order) = match from {
        Some(_) => ("due", "(d.due_at <= ?1) DESC, metres2 IS NULL, metres2"),
        None => ("(SELECT * FROM due WHERE due_from <= ?1 ORDER BY due_at, household LIMIT ?2)", "d.due_at, d.household"),
    };
    // Within a city a degree is 111 km north and cos(latitude) of that east; squared metres order as metres do.
    let (lat, lon) = from.unwrap_or((0.0, 0.0));
    let sql = format!(
        "SELECT d.household, h.address, (SELECT r.name FROM residents r WHERE r.doc = d.household ORDER BY r.position LIMIT 1), d.due_at, d.every_days,
           d.last_visit_at, d.last_attempt_at,
           CASE WHEN ?5 THEN (h.lat / 1e6 - ?3) * (h.lat / 1e6 - ?3) * 12392e6 + (h.lon / 1e6 - ?4) * (h.lon / 1e6 - ?4) * 12392e6 * ?6 END AS metres2,
           coalesce((SELECT min(r.entry) FROM residents p JOIN visit_rules r ON r.every_days = d.every_days AND instr(' ' || p.tags || ' ', ' ' || r.entry || ' ')
             WHERE p.doc = d.household AND coalesce(p.state, 'living') = 'living'), ''),
           coalesce((SELECT p.name FROM persons p WHERE p.doc = v.by), ''), coalesce(v.result, ''),
           EXISTS (SELECT 1 FROM changes x WHERE x.doc = d.household AND x.taken = 0)
             OR EXISTS (SELECT 1 FROM visits y JOIN changes x ON x.doc = y.doc AND x.taken = 0 WHERE y.household = d.household),
           EXISTS (SELECT 1 FROM conflicts x WHERE x.doc = d.household), h.place, h.lat, h.lon
         FROM {doors} d JOIN households h ON h.doc = d.household
         LEFT JOIN visits v ON v.doc = (SELECT y.doc FROM visits y WHERE y.household = d.household ORDER BY y.at DESC, y.doc LIMIT 1)
         WHERE d.due_from <= ?1 ORDER BY {order} LIMIT ?2"
    );
    let open = open_spots(connection)?;
    let row = |r: &Row<'_>| {
        let due_at: i64 = r.get(3)?;
        #[expect(clippy::cast_possible_truncation)]
        let metres = r.get::<_, Option<f64>>(7)?.map(|m| m.sqrt().round() as i64);
        let address = r.get::<_, Option<String>>(1)?.unwrap_or_default();
        let Door { building, stairway, floor, room } = Door::of(&address);
        let spot = Spot { place: r.get::<_, Option<String>>(13)?.unwrap_or_default(), address: address.clone(), position: r.get(14).ok().zip(r.get(15).ok()) };
        Ok(DueView {
            household: r.get(0)?,
            address,
            name: r.get::<_, Option<String>>(2)?.unwrap_or_default(),
            urgency: if due_at <= now { Urgency::Overdue } else { Urgency::Due },
            due_at,
            every_days: r.get(4)?,
            last_visit_at: r.get(5)?,
            last_attempt_at: r.get(6)?,
            metres,
            building,
            stairway,
            floor,
            room,
            tag: r.get(8)?,
            last_attempt_by: r.get(9)?,
            last_attempt_result: r.get(10)?,
            open_reports: open.iter().filter(|report| report.is_at(&spot)).count().try_into().unwrap_or(i64::MAX),
            unsent: r.get(11)?,
            conflict: r.get(12)?,
        })
    };
    let shrink = lat.to_radians().cos().powi(2);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![now, limit, lat, lon, from.is_some(), shrink], row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A visit as it was recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VisitView {
    /// The visit.
    pub id: Id,
    /// Who made it (a person's id), and their name where it is known here.
    pub by: String,
    /// The name of who made it, empty if not known here.
    pub by_name: String,
    /// When it was, by the best time known; seconds since the Unix epoch (UTC).
    pub at: i64,
    /// When it was entered, by the best time known; seconds since the Unix epoch (UTC).
    pub recorded_at: i64,
    /// Whether it was entered later than it was (补录).
    pub entered_later: bool,
    /// Whether no hub has confirmed these times.
    pub unanchored: bool,
    /// Whether none ever will: they are not later than the hub received them, and that is all that is known.
    pub unknowable: bool,
    /// The result's code.
    pub result: String,
    /// What for.
    pub purpose: String,
    /// What was seen and done.
    pub note: String,
    /// Its further fields, those that no field above names.
    pub fields: Vec<FieldValue>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// The fields that [`VisitView`] names.
const NAMED: &[&str] = &["household", "result", "purpose", "note"];

/// The visits to a household, newest first.
pub fn visits_of(connection: &Connection, household: Id, limit: u32) -> Result<Vec<VisitView>> {
    let (further, flags) = (Further::of("v", document::FIELDS, NAMED), flags("v.doc"));
    let mut statement = connection.prepare_cached(&format!(
        "SELECT v.doc, coalesce(v.by, ''), coalesce(p.name, ''), coalesce(v.at, 0), coalesce(v.unanchored, 1), coalesce(v.result, ''), coalesce(v.purpose, ''), coalesce(v.note, ''),
           coalesce(v.recorded_at, v.at, 0), {flags}
         {further} FROM visits v LEFT JOIN persons p ON p.doc = v.by WHERE v.household = ?1 ORDER BY v.at DESC, v.doc LIMIT ?2",
    ))?;
    let rows = statement.query_map(params![household, limit], |r| {
        Ok(VisitView {
            id: r.get(0)?,
            by: r.get(1)?,
            by_name: r.get(2)?,
            at: r.get(3)?,
            recorded_at: r.get(8)?,
            entered_later: r.get::<_, i64>(8)? > r.get(3)?,
            unanchored: r.get(4)?,
            unknowable: r.get::<_, i64>(4)? == Proof::Unknowable as i64,
            result: r.get(5)?,
            purpose: r.get(6)?,
            note: r.get(7)?,
            fields: further.read(r, 11)?,
            unsent: r.get(9)?,
            conflict: r.get(10)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
