//! What screens ask about health and minors: with the household, for those who have both.

use rusqlite::Connection;
use serde::Serialize;

use super::document::{HEALTH_FACTS, MINOR_FACTS};
use super::facts::Fact;
use crate::error::Result;
use crate::ids::Id;

/// What a circle knows of a resident.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CareView {
    /// The document.
    pub id: Id,
    /// `health` or `minor`.
    pub kind: String,
    /// The circle.
    pub circle: Id,
    /// The resident, as an entry of the household.
    pub resident: Id,
    /// What is known, in the order of the kind's facts; what is not known is left out.
    pub facts: Vec<Fact>,
}

/// What this phone holds of a household's residents beyond the roster: nothing but for members of a circle.
pub fn care(connection: &Connection, household: Id) -> Result<Vec<CareView>> {
    let kinds = [("health", "health", &HEALTH_FACTS[..]), ("minor", "minors", &MINOR_FACTS[..])];
    let mut found = Vec::new();
    for (kind, table, facts) in kinds {
        let columns: String = facts.iter().map(|(code, _)| format!(", coalesce({code}, '')")).collect();
        let mut statement = connection.prepare_cached(&format!("SELECT doc, circle, resident{columns} FROM {table} WHERE household = ?1 ORDER BY doc"))?;
        let rows = statement.query_map([household], |r| {
            let fact = |(n, (code, _)): (usize, &(&str, &str))| Ok(Fact { field: (*code).to_owned(), text: r.get(3 + n)? });
            let facts = facts.iter().enumerate().map(fact).collect::<rusqlite::Result<Vec<_>>>()?;
            let facts = facts.into_iter().filter(|f| !f.text.is_empty()).collect();
            Ok(CareView { id: r.get(0)?, kind: kind.to_owned(), circle: r.get(1)?, resident: r.get(2)?, facts })
        })?;
        found.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    Ok(found)
}
