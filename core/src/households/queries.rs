//! What screens ask about households.

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::document;
use crate::dictionary::FieldValue;
use crate::error::Result;
use crate::ids::Id;
use crate::records::{Further, entry_flags, flags, own_values};

/// A household.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HouseholdView {
    /// The household.
    pub id: Id,
    /// The grid it lies in.
    pub place: String,
    /// The micro-grid (building or stairway) in it, empty if none.
    pub micro_grid: String,
    /// The address.
    pub address: String,
    /// Owned, rented, ….
    pub tenure: String,
    /// `lived_in`, `vacant` or `moved`.
    pub state: String,
    /// Latitude and longitude in degrees (WGS-84).
    pub position: Option<(f64, f64)>,
    /// Its own visiting rhythm in days.
    pub visit_every_days: Option<i64>,
    /// Its residents.
    pub residents: Vec<ResidentView>,
    /// Its further fields, those that no field above names.
    pub fields: Vec<FieldValue>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A resident.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResidentView {
    /// The resident's id within the household.
    pub id: Id,
    /// The name.
    pub name: String,
    /// 男 or 女.
    pub sex: String,
    /// Date of birth, `YYYY-MM-DD`.
    pub birth: String,
    /// Relation to the household's head.
    pub relation: String,
    /// Telephone number.
    pub phone: String,
    /// `living`, `moved` or `deceased`.
    pub state: String,
    /// Tags.
    pub tags: Vec<String>,
    /// Their further fields.
    pub fields: Vec<FieldValue>,
    /// Whether something of them is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of theirs holds several values that people set at the same time.
    pub conflict: bool,
}

/// The fields that [`HouseholdView`] names.
const NAMED: &[&str] = &["place", "micro_grid", "address", "tenure", "state", "position", "visit_every_days"];

/// The fields that [`ResidentView`] names.
const NAMED_OF_RESIDENT: &[&str] = &["name", "sex", "birth", "relation", "phone", "state", "tags"];

/// The household `id`, if it is on this phone.
pub fn household(connection: &Connection, id: Id) -> Result<Option<HouseholdView>> {
    let (further, flags) = (Further::of("households", document::FIELDS, NAMED), flags("households.doc"));
    let mut statement = connection.prepare_cached(&format!(
        "SELECT coalesce(place, ''), coalesce(micro_grid, ''), coalesce(address, ''), coalesce(tenure, ''), coalesce(state, 'lived_in'), lat / 1e6, lon / 1e6, visit_every_days, {flags}
         {further} FROM households WHERE doc = ?1",
    ))?;
    let view = statement
        .query_row([id], |r| {
            let position = r.get::<_, Option<f64>>(5)?.zip(r.get::<_, Option<f64>>(6)?);
            Ok(HouseholdView {
                id,
                place: r.get(0)?,
                micro_grid: r.get(1)?,
                address: r.get(2)?,
                tenure: r.get(3)?,
                state: r.get(4)?,
                position,
                visit_every_days: r.get(7)?,
                residents: Vec::new(),
                fields: further.read(r, 10)?,
                unsent: r.get(8)?,
                conflict: r.get(9)?,
            })
        })
        .optional()?;
    let Some(mut view) = view else { return Ok(None) };
    view.residents = residents_of(connection, id, view.unsent || view.conflict)?;
    view.fields.extend(own_values(connection, id)?.remove("").unwrap_or_default());
    Ok(Some(view))
}

/// The residents of a household, in the order they were recorded. `flagged` says whether anything of the household is unsent or in
/// conflict: of most nothing is, and nothing is looked for.
pub fn residents_of(connection: &Connection, household: Id, flagged: bool) -> Result<Vec<ResidentView>> {
    let further = Further::of("residents", document::RESIDENT_FIELDS, NAMED_OF_RESIDENT);
    let flags = if flagged { entry_flags("residents.doc", "'residents'", "residents.entry") } else { "0, 0".to_owned() };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT entry, coalesce(name, ''), coalesce(sex, ''), coalesce(birth, ''), coalesce(relation, ''), coalesce(phone, ''), coalesce(state, 'living'), tags, {flags}
         {further} FROM residents WHERE doc = ?1 ORDER BY position",
    ))?;
    let rows = statement.query_map([household], |r| {
        let tags: String = r.get(7)?;
        Ok(ResidentView {
            id: r.get(0)?,
            name: r.get(1)?,
            sex: r.get(2)?,
            birth: r.get(3)?,
            relation: r.get(4)?,
            phone: r.get(5)?,
            state: r.get(6)?,
            tags: tags.split_whitespace().map(str::to_owned).collect(),
            unsent: r.get(8)?,
            conflict: r.get(9)?,
            fields: further.read(r, 10)?,
        })
    })?;
    let mut residents: Vec<ResidentView> = rows.collect::<rusqlite::Result<_>>()?;
    let mut own = own_values(connection, household)?;
    residents.iter_mut().for_each(|resident| resident.fields.extend(own.remove(&resident.id.to_string()).unwrap_or_default()));
    Ok(residents)
}
