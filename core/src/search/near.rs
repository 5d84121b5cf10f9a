//! Households near a position.

use rusqlite::{Connection, params};
use serde::Serialize;

use crate::commands::check_position;
use crate::error::Result;
use crate::ids::Id;
use crate::records::flags;

/// A household nearby.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NearView {
    /// The household.
    pub household: Id,
    /// Its address.
    pub address: String,
    /// Metres as the crow flies.
    pub metres: i64,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// Households within `metres` of a position in degrees (WGS-84), nearest first.
pub fn near(connection: &Connection, lat: f64, lon: f64, metres: u32, limit: u32) -> Result<Vec<NearView>> {
    let Some((lat_e6, lon_e6)) = check_position(Some(lat), Some(lon))? else { return Ok(Vec::new()) };
    let east = lat.to_radians().cos().max(0.01);
    // A degree of latitude is 111,320 m; millionths of a degree fit i64 for any distance on the globe.
    #[expect(clippy::cast_possible_truncation)]
    let (high, wide) = ((f64::from(metres) * 1e6 / 111_320.0).ceil() as i64, (f64::from(metres) * 1e6 / (111_320.0 * east)).ceil() as i64);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT d.id, coalesce(h.address, ''), h.lat, h.lon, {} FROM near n JOIN documents d ON d.n = n.id JOIN households h ON h.doc = d.id
         WHERE n.lat_max >= ?1 AND n.lat_min <= ?2 AND n.lon_max >= ?3 AND n.lon_min <= ?4",
        flags("h.doc")
    ))?;
    let rows = statement.query_map(params![lat_e6 - high, lat_e6 + high, lon_e6 - wide, lon_e6 + wide], |r| {
        let (dy, dx) = ((r.get::<_, i64>(2)? - lat_e6) as f64, (r.get::<_, i64>(3)? - lon_e6) as f64 * east);
        #[expect(clippy::cast_possible_truncation)]
        let metres = (dy.hypot(dx) * 0.111_32).round() as i64;
        Ok(NearView { household: r.get(0)?, address: r.get(1)?, metres, unsent: r.get(4)?, conflict: r.get(5)? })
    })?;
    let mut found: Vec<NearView> = rows.collect::<rusqlite::Result<_>>()?;
    found.retain(|f| f.metres <= i64::from(metres));
    found.sort_by_key(|f| (f.metres, f.household));
    found.truncate(limit as usize);
    Ok(found)
}
