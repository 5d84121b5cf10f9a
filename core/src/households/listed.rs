//! The households of a place, in pages.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::Door;
use crate::error::Result;
use crate::ids::Id;

/// A household in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HouseholdRow {
    /// The household.
    pub id: Id,
    /// The address.
    pub address: String,
    /// The building, read from the address; empty if it names none.
    pub building: String,
    /// The stairway in it; empty if the address names none.
    pub stairway: String,
    /// The floor, where the address says so.
    pub floor: Option<i64>,
    /// The room; empty if the address names none.
    pub room: String,
    /// The first resident's name; empty if none is known.
    pub name: String,
    /// How many live there.
    pub residents: i64,
    /// `lived_in`, `vacant` or `moved`.
    pub state: String,
    /// When someone was last met or reached, in seconds since the Unix epoch (UTC).
    pub last_visit_at: Option<i64>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
    /// Where it stands in its list: the next page begins after the last one's.
    pub key: String,
}

/// The households of a grid or micro-grid (of all on this phone, if `place` is `None`) by address, at most `limit`, from behind the
/// one whose key is `after`.
pub fn households(connection: &Connection, place: Option<Id>, after: Option<&str>, limit: u32) -> Result<Vec<HouseholdRow>> {
    // An id has no blank: what stands before the last one is the address.
    let (address, id) = after.and_then(|key| key.rsplit_once(' ')).unwrap_or_default();
    let mut statement = connection.prepare_cached(
        "SELECT h.doc, coalesce(h.address, ''), coalesce((SELECT r.name FROM residents r WHERE r.doc = h.doc ORDER BY r.position LIMIT 1), ''),
           (SELECT count(*) FROM residents r WHERE r.doc = h.doc AND coalesce(r.state, 'living') = 'living'), coalesce(h.state, 'lived_in'),
           (SELECT max(v.at) FROM visits v WHERE v.household = h.doc AND v.result IN ('met', 'phone')),
           EXISTS (SELECT 1 FROM changes x WHERE x.doc = h.doc AND x.taken = 0), EXISTS (SELECT 1 FROM conflicts x WHERE x.doc = h.doc)
         FROM households h WHERE (?1 IS NULL OR h.place = ?1 OR h.micro_grid = ?1) AND (coalesce(h.address, ''), h.doc) > (?2, ?3)
         ORDER BY coalesce(h.address, ''), h.doc LIMIT ?4",
    )?;
    let rows = statement.query_map(params![place.map(|p| p.to_string()), address, id, limit], |r| {
        let (id, address): (Id, String) = (r.get(0)?, r.get(1)?);
        let Door { building, stairway, floor, room } = Door::of(&address);
        let key = format!("{address} {id}");
        Ok(HouseholdRow {
            id,
            address,
            building,
            stairway,
            floor,
            room,
            name: r.get(2)?,
            residents: r.get(3)?,
            state: r.get(4)?,
            last_visit_at: r.get(5)?,
            unsent: r.get(6)?,
            conflict: r.get(7)?,
            key,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
