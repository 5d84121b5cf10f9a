//! What waits for somebody (待我办): the cases of every kind that they have, by the end that comes first.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::moments::colour;
use super::process::{Holder, Process};
use crate::documents::Audience;
use crate::error::Result;
use crate::ids::Id;
use crate::kinds;
use crate::records::flags;
use crate::rules::table::ROSTER;
use crate::rules::{Author, Grant, Role};
use crate::store::{StoredDoc, audiences_on};

/// A case of any kind, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseView {
    /// The case.
    pub id: Id,
    /// Its kind's stable name.
    pub kind: String,
    /// What people call a case of that kind.
    pub kind_zh: String,
    /// What it is about, in a line.
    pub title: String,
    /// The code of where it stands.
    pub status: String,
    /// What people call that.
    pub status_zh: String,
    /// The same in English.
    pub status_en: String,
    /// Since when it stands there, in seconds since the Unix epoch (UTC).
    pub status_since: i64,
    /// Who has it: `community`, `street`, `unit`, `person`, `chosen`; empty if nobody is to act on it.
    pub holder: String,
    /// Who raised it, and so was asked first (a person's id).
    pub by: String,
    /// Their name, empty if not known here.
    pub by_name: String,
    /// The persons who have it, if they are named, by their names as far as these are known here.
    pub persons: Vec<String>,
    /// The clock that ends first of those that run (its code); empty if none does.
    pub clock: String,
    /// What people call that clock.
    pub clock_zh: String,
    /// When it ends, in seconds since the Unix epoch (UTC).
    pub ends_at: Option<i64>,
    /// How near that is: `green`, `yellow`, `red`, or empty.
    pub colour: String,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A case's row: id, kind, title, status, since, holder, persons, by, its name, unsent, conflict.
fn columns() -> String {
    format!(
        "c.doc, c.kind, coalesce(c.title, ''), c.status, coalesce(c.status_since, 0), c.holder, c.persons, coalesce(c.by, ''), coalesce(p.name, ''), {}
         FROM cases c LEFT JOIN persons p ON p.doc = c.by",
        flags("c.doc")
    )
}

struct Found {
    view: CaseView,
    persons: Vec<String>,
}

fn found(r: &Row<'_>) -> rusqlite::Result<Found> {
    let (kind, status): (String, String) = (r.get(1)?, r.get(3)?);
    let declared = kinds::by_name(&kind);
    let state = declared.and_then(|kind| kind.process).and_then(|process| process.state(&status)).map(|state| state.code.label);
    let persons: String = r.get(6)?;
    let view = CaseView {
        id: r.get(0)?,
        kind_zh: declared.map_or("", |kind| kind.rules.zh).into(),
        kind,
        title: r.get(2)?,
        status_zh: state.map_or("", |label| label.zh).into(),
        status_en: state.map_or("", |label| label.en).into(),
        status,
        status_since: r.get(4)?,
        holder: r.get(5)?,
        by: r.get(7)?,
        by_name: r.get(8)?,
        persons: Vec::new(),
        clock: String::new(),
        clock_zh: String::new(),
        ends_at: None,
        colour: String::new(),
        unsent: r.get(9)?,
        conflict: r.get(10)?,
    };
    Ok(Found { view, persons: persons.split(' ').filter(|id| !id.is_empty()).map(str::to_owned).collect() })
}

impl Found {
    /// Adds names and the clock that ends first at `now`: of a unit's clocks, those of `unit`.
    fn whole(self, connection: &Connection, unit: Option<Id>, now: i64) -> Result<CaseView> {
        let mut view = self.view;
        for person in &self.persons {
            let name = connection.prepare_cached("SELECT name FROM persons WHERE doc = ?1")?.query_row([person], |r| r.get(0)).optional()?;
            view.persons.push(name.unwrap_or_else(|| person.clone()));
        }
        let sql = "SELECT clock, ends_at, yellow_at FROM case_clocks WHERE doc = ?1 AND ends_at IS NOT NULL AND stopped_at IS NULL AND paused_at IS NULL
             AND (?2 IS NULL OR unit IS NULL OR unit = ?2) ORDER BY ends_at, entry LIMIT 1";
        let clock = connection.prepare_cached(sql)?.query_row(params![view.id, unit], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).optional()?;
        if let Some((clock, ends_at, yellow_at)) = clock {
            let process: Option<&Process> = kinds::by_name(&view.kind).and_then(|kind| kind.process);
            view.clock = clock;
            view.clock_zh = process.and_then(|process| process.clock(&view.clock)).map_or("", |clock| clock.code.label.zh).into();
            view.ends_at = Some(ends_at);
            view.colour = colour(Some(ends_at), yellow_at, None, None, now).code().into();
        }
        Ok(view)
    }
}

/// The case `id`, as seen at `now` (seconds since the Unix epoch, UTC); `None` if it is none, or not on this phone.
pub fn case(connection: &Connection, id: Id, now: i64) -> Result<Option<CaseView>> {
    let row = connection.prepare_cached(&format!("SELECT {} WHERE c.doc = ?1", columns()))?.query_row([id], found).optional()?;
    row.map(|found| found.whole(connection, None, now)).transpose()
}

/// At most `limit` cases of the community `tenant` that are with `person`, who has these roles there: with a unit that they act for, with the
/// street or the community if they work for it, or with themselves. The one whose clock ends first comes first, those without one last.
pub fn inbox(connection: &Connection, tenant: &str, person: Id, grants: &[Grant], now: i64, limit: u32) -> Result<Vec<CaseView>> {
    let author = Author { device: crate::ids::DeviceId([0; 8]), devices: Vec::new(), person, grants: grants.to_vec() };
    let mut statement = connection.prepare_cached(&format!("SELECT {} WHERE c.holder <> '' ORDER BY c.at, c.doc", columns()))?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let found = found(row)?;
        if let Some(unit) = with(connection, tenant, &found, &author)? {
            all.push(found.whole(connection, unit, now)?);
        }
    }
    // Stable: what ends at the same time stays in the order in which it was raised.
    all.sort_by_key(|case| (case.ends_at.is_none(), case.ends_at));
    all.truncate(limit as usize);
    Ok(all)
}

/// Whether they have a case, and the unit that they have it for.
#[expect(clippy::option_option, reason = "whether, and for whom")]
fn with(connection: &Connection, tenant: &str, found: &Found, author: &Author) -> Result<Option<Option<Id>>> {
    let holder = Holder::ALL.iter().find(|(_, code, ..)| *code == found.view.holder).map_or(Holder::Nobody, |(holder, ..)| *holder);
    let id = found.view.id;
    let is_street = || author.is(Role::StreetDispatcher);
    let is_named = found.persons.contains(&author.person.to_string());
    Ok(match holder {
        Holder::Unit => {
            let mut statement = connection.prepare_cached("SELECT unit FROM case_units WHERE doc = ?1 AND until IS NULL ORDER BY entry")?;
            let units = statement.query_map([id], |r| r.get(0))?.collect::<rusqlite::Result<Vec<Id>>>()?;
            units.into_iter().find(|unit| author.grants.iter().any(|grant| grant.scope == Audience::Unit(*unit))).map(Some)
        }
        Holder::Person | Holder::Chosen if is_named => Some(None),
        Holder::Street if is_street() && is_in(connection, tenant, id)?.is_some() => Some(None),
        Holder::Chosen if found.persons.is_empty() && is_street() && is_in(connection, tenant, id)?.is_some() => Some(None),
        Holder::Community => match is_in(connection, tenant, id)? {
            Some(stored) => author.roles_over(&audiences_on(connection, &stored, id)?).iter().any(|role| ROSTER.contains(role)).then_some(None),
            None => None,
        },
        _ => None,
    })
}

/// A document of this community.
fn is_in(connection: &Connection, tenant: &str, id: Id) -> Result<Option<StoredDoc>> {
    Ok(StoredDoc::find(connection, id)?.filter(|stored| stored.tenant == tenant))
}
