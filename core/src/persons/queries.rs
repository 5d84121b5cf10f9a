//! What screens ask about persons: oneself, and those this phone may read.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use crate::documents::Audience;
use crate::error::Result;
use crate::ids::Id;
use crate::records::flags;
use crate::rules::Grant;

/// A person who acts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonView {
    /// The person.
    pub id: Id,
    /// What they are to the community: the code of a role.
    pub kind: String,
    /// The name.
    pub name: String,
    /// Telephone number, empty if they gave none.
    pub phone: String,
    /// The employer unit (所在单位), empty if they gave none.
    pub unit: String,
    /// Skills, as the person puts them.
    pub skills: String,
    /// When they were registered, in seconds since the Unix epoch (UTC).
    pub registered_at: Option<i64>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A role over what it is given over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleView {
    /// The role's code.
    pub role: String,
    /// What people call it, in Chinese.
    pub zh: String,
    /// What people call it, in English.
    pub en: String,
    /// What it is given over, as a code: `place:…`, `community`.
    pub scope: String,
    /// The name of that grid, micro-grid, unit or circle; empty for the community and the street, and for what is not known here.
    pub scope_name: String,
}

/// The person signed in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeView {
    /// The community.
    pub tenant: String,
    /// The person. Until the first sync only the id is known.
    pub person: PersonView,
    /// Their roles.
    pub roles: Vec<RoleView>,
    /// Households on this phone.
    pub households: i64,
    /// Residents on this phone who live there.
    pub residents: i64,
    /// Visits that they made, as far as this phone keeps them.
    pub visits: i64,
    /// Reports that they raised.
    pub reports: i64,
    /// Records of theirs that the hub has not answered yet.
    pub unsent: i64,
}

const COLUMNS: &str = "doc, coalesce(kind, ''), coalesce(name, ''), coalesce(phone, ''), coalesce(unit, ''), coalesce(skills, ''), registered_at";

fn view(r: &Row<'_>) -> rusqlite::Result<PersonView> {
    Ok(PersonView {
        id: r.get(0)?,
        kind: r.get(1)?,
        name: r.get(2)?,
        phone: r.get(3)?,
        unit: r.get(4)?,
        skills: r.get(5)?,
        registered_at: r.get(6)?,
        unsent: r.get(7)?,
        conflict: r.get(8)?,
    })
}

/// The persons on this phone, by name: colleagues of one's grid, at the desk everyone.
pub fn persons(connection: &Connection) -> Result<Vec<PersonView>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS}, {} FROM persons ORDER BY name, doc", flags("persons.doc")))?;
    Ok(statement.query_map([], view)?.collect::<rusqlite::Result<_>>()?)
}

/// The person `id`, if this phone may read them.
pub fn person(connection: &Connection, id: Id) -> Result<Option<PersonView>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS}, {} FROM persons WHERE doc = ?1", flags("persons.doc")))?;
    Ok(statement.query_row([id], view).optional()?)
}

/// `person` of `tenant` with these roles.
pub fn me(connection: &Connection, tenant: &str, person: Id, grants: &[Grant]) -> Result<MeView> {
    let empty = String::new;
    let unknown = PersonView {
        id: person,
        kind: empty(),
        name: empty(),
        phone: empty(),
        unit: empty(),
        skills: empty(),
        registered_at: None,
        unsent: false,
        conflict: false,
    };
    let count = |sql: &str, of: &str| -> Result<i64> { Ok(connection.prepare_cached(sql)?.query_row(params![of], |r| r.get(0))?) };
    let own = person.to_string();
    let roles = grants.iter().map(|grant| role_view(connection, grant)).collect::<Result<_>>()?;
    // What lies on this phone of other communities is not counted.
    let households = "SELECT count(*) FROM households h JOIN documents d ON d.id = h.doc WHERE d.tenant = ?1";
    let residents = "SELECT count(*) FROM residents r JOIN documents d ON d.id = r.doc WHERE d.tenant = ?1 AND coalesce(r.state, 'living') = 'living'";
    let unsent = "SELECT count(*) FROM commands WHERE state = 'unsent' AND json_extract(body, '$.by') = ?1";
    Ok(MeView {
        tenant: tenant.to_owned(),
        person: self::person(connection, person)?.unwrap_or(unknown),
        roles,
        households: count(households, tenant)?,
        residents: count(residents, tenant)?,
        visits: count("SELECT count(*) FROM visits WHERE by = ?1", &own)?,
        reports: count("SELECT count(*) FROM reports WHERE by = ?1", &own)?,
        unsent: count(unsent, &own)?,
    })
}

fn role_view(connection: &Connection, grant: &Grant) -> Result<RoleView> {
    let (table, id) = match &grant.scope {
        Audience::Place(id) | Audience::MicroGrid(id) => ("places", Some(*id)),
        Audience::Unit(id) => ("units", Some(*id)),
        Audience::Circle(id) => ("circles", Some(*id)),
        _ => ("", None),
    };
    let name = match id {
        Some(id) => {
            connection.prepare_cached(&format!("SELECT name FROM {table} WHERE doc = ?1"))?.query_row([id], |r| r.get::<_, Option<String>>(0)).optional()?
        }
        None => None,
    };
    let info = grant.role.info();
    let scope_name = name.flatten().unwrap_or_default();
    Ok(RoleView { role: info.code.into(), zh: info.zh.into(), en: info.en.into(), scope: grant.scope.to_string(), scope_name })
}
