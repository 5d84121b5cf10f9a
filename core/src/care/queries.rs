//! What screens ask about health and minors: with the household, for those who have both.

use rusqlite::Connection;
use serde::Serialize;

use super::document::{HEALTH, MINOR};
use crate::dictionary::FieldValue;
use crate::error::Result;
use crate::ids::Id;
use crate::records::{Further, flags};

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
    /// What is known, in the order of the kind's fields; what is not known is left out.
    pub facts: Vec<FieldValue>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// The fields that [`CareView`] names, and the household it was asked for.
const NAMED: &[&str] = &["circle", "household", "resident"];

/// What this phone holds of a household's residents beyond the roster: nothing but for members of a circle.
pub fn care(connection: &Connection, household: Id) -> Result<Vec<CareView>> {
    let mut found = Vec::new();
    for kind in [&HEALTH, &MINOR] {
        let table = kind.tables[0].name;
        let (facts, flags) = (Further::of(table, kind.fields, NAMED), flags(&format!("{table}.doc")));
        let mut statement =
            connection.prepare_cached(&format!("SELECT doc, circle, resident, {flags}{facts} FROM {table} WHERE household = ?1 ORDER BY doc"))?;
        let rows = statement.query_map([household], |r| {
            let (unsent, conflict) = (r.get(3)?, r.get(4)?);
            Ok(CareView { id: r.get(0)?, kind: kind.name.to_owned(), circle: r.get(1)?, resident: r.get(2)?, facts: facts.read(r, 5)?, unsent, conflict })
        })?;
        found.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    Ok(found)
}
