//! Finding residents and households by what a person types.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::text;
use crate::error::Result;
use crate::households::{ResidentView, residents_of};
use crate::ids::Id;
use crate::records::flags;

/// A household that was found, with the residents that the search meant (all of them if it meant the address).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoundView {
    /// The household.
    pub household: Id,
    /// Its address.
    pub address: String,
    /// The residents meant.
    pub residents: Vec<ResidentView>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// Households that match all words of `typed`: parts of names, pinyin or its initials, parts of addresses, beginnings or the
/// last four digits of telephone numbers, tags.
pub fn find(connection: &Connection, typed: &str, limit: u32) -> Result<Vec<FoundView>> {
    let Some(query) = text::parse(typed) else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT d.id, coalesce(h.address, ''), {} FROM search s JOIN documents d ON d.n = s.rowid JOIN households h ON h.doc = d.id WHERE search MATCH ?1 LIMIT ?2",
        flags("h.doc")
    ))?;
    let rows = statement.query_map(params![query.fts_match(), limit], |r| Ok((r.get::<_, Id>(0)?, r.get::<_, String>(1)?, r.get(2)?, r.get(3)?)))?;
    rows.map(|row| {
        let (household, address, unsent, conflict) = row?;
        let mut residents = residents_of(connection, household, unsent || conflict)?;
        if residents.iter().any(|r| query.matches_resident(&r.name, &r.phone, &r.tags)) {
            residents.retain(|r| query.matches_resident(&r.name, &r.phone, &r.tags));
        }
        Ok(FoundView { household, address, residents, unsent, conflict })
    })
    .collect()
}
