//! Which reports concern a household. A report names no household: it has an address, as its source says it, and a position, where
//! someone recorded one.

use rusqlite::{Connection, OptionalExtension, params};

use super::queries::{ReportView, row};
use crate::error::Result;
use crate::ids::Id;
use crate::search::plain;

/// A report within so many metres of a household is about it or its surroundings: what a phone's position is good for.
const NEAR_METRES: f64 = 30.0;

/// Where a report or a household is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Spot {
    /// The grid (a place's id).
    pub place: String,
    /// The address, as it was written.
    pub address: String,
    /// Latitude and longitude in millionths of a degree (WGS-84).
    pub position: Option<(i64, i64)>,
}

impl Spot {
    /// Whether a report here concerns the household at `home`: in its grid or in none, and its address is the household's or goes on
    /// from it, or both positions are close.
    pub(crate) fn is_at(&self, home: &Self) -> bool {
        if !self.place.is_empty() && self.place != home.place {
            return false;
        }
        let (here, there) = (plain(&self.address), plain(&home.address));
        // 人民路12号3 is no part of 人民路12号31: what follows is not a digit.
        let goes_on = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_digit());
        let named = !there.is_empty() && here.strip_prefix(there.as_str()).is_some_and(goes_on);
        named || self.position.zip(home.position).is_some_and(|(a, b)| metres(a, b) <= NEAR_METRES)
    }
}

/// Metres between two positions in millionths of a degree, as the crow flies.
#[expect(clippy::cast_precision_loss)]
fn metres(a: (i64, i64), b: (i64, i64)) -> f64 {
    let north = (a.0 - b.0) as f64 * 0.1113;
    let east = (a.1 - b.1) as f64 * 0.1113 * (a.0 as f64 / 1e6).to_radians().cos();
    north.hypot(east)
}

/// Where the reports are that someone is to act on.
pub(crate) fn open_spots(connection: &Connection) -> Result<Vec<Spot>> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(place, ''), coalesce(address, ''), lat, lon FROM reports
         WHERE (holder <> '' OR notes_since > 0) AND (address <> '' OR lat IS NOT NULL)",
    )?;
    let rows = statement.query_map([], |r| {
        let position = r.get::<_, Option<i64>>(2)?.zip(r.get::<_, Option<i64>>(3)?);
        Ok(Spot { place: r.get(0)?, address: r.get(1)?, position })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The reports about a household or its spot, also closed ones, newest first: in its grid or in none, with its address (or one that
/// goes on from it), or within 30 metres of it. Nothing if the household is not on this phone.
pub fn reports_of(connection: &Connection, household: Id, limit: u32) -> Result<Vec<ReportView>> {
    let home = connection
        .prepare_cached("SELECT coalesce(place, ''), coalesce(address, ''), lat, lon FROM households WHERE doc = ?1")?
        .query_row(params![household], |r| {
            let position = r.get::<_, Option<i64>>(2)?.zip(r.get::<_, Option<i64>>(3)?);
            Ok(Spot { place: r.get(0)?, address: r.get(1)?, position })
        })
        .optional()?;
    let Some(home) = home else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(
        "SELECT doc, coalesce(place, ''), coalesce(address, ''), lat, lon FROM reports WHERE address <> '' OR lat IS NOT NULL ORDER BY at DESC, doc DESC",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while found.len() < limit as usize
        && let Some(r) = rows.next()?
    {
        let position = r.get::<_, Option<i64>>(3)?.zip(r.get::<_, Option<i64>>(4)?);
        if (Spot { place: r.get(1)?, address: r.get(2)?, position }).is_at(&home) {
            found.extend(row(connection, r.get(0)?)?);
        }
    }
    Ok(found)
}
