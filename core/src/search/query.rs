//! Finding residents and households by what a person types.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::text;
use crate::error::Result;
use crate::households::{ResidentView, residents_of};
use crate::ids::Id;

/// A household that was found, with the residents that the search meant (all of them if it meant the address).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoundView {
    /// The household.
    pub household: Id,
    /// Its address.
    pub address: String,
    /// The residents meant.
    pub residents: Vec<ResidentView>,
}

/// Households that match all words of `typed`: parts of names, pinyin or its initials, parts of addresses, beginnings or the
/// last four digits of telephone numbers, tags.
pub fn find(connection: &Connection, typed: &str, limit: u32) -> Result<Vec<FoundView>> {
    let Some(query) = text::parse(typed) else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(
        "SELECT d.id, coalesce(h.address, '') FROM search s JOIN documents d ON d.n = s.rowid JOIN households h ON h.doc = d.id WHERE search MATCH ?1 LIMIT ?2",
    )?;
    let rows = statement.query_map(params![query.fts_match(), limit], |r| Ok((r.get::<_, Id>(0)?, r.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (household, address) = row?;
        let mut residents = residents_of(connection, household)?;
        if residents.iter().any(|r| query.matches_resident(&r.name, &r.phone, &r.tags)) {
            residents.retain(|r| query.matches_resident(&r.name, &r.phone, &r.tags));
        }
        Ok(FoundView { household, address, residents })
    })
    .collect()
}
