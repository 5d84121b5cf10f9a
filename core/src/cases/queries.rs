//! What screens ask about cases of any kind: their steps, clocks and units.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::fields::WHISTLES;
use super::moments::colour;
use super::process::Process;
use super::rows::STEP_COLUMNS;
use crate::clock::beijing;
use crate::dictionary::{Field, FieldValue};
use crate::documents::{Proof, Value};
use crate::error::Result;
use crate::ids::Id;
use crate::records::{entry_flags, value};

/// A step of a case, in its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepView {
    /// The step.
    pub id: Id,
    /// Its kind's code.
    pub kind: String,
    /// What people call it; empty of a newer gridwalk's.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// What was done or said.
    pub note: String,
    /// What else it carries, in words: units by their names.
    pub carries: Vec<FieldValue>,
    /// Who did it (a person's id).
    pub by: String,
    /// The name of who did it, empty if not known here.
    pub by_name: String,
    /// When, by the best time known; in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether no hub has confirmed that time.
    pub unanchored: bool,
    /// Whether none ever will: it is not later than the hub received it, and that is all that is known.
    pub unknowable: bool,
    /// Whether it applied; one that came too late stays visible as such.
    pub applied: bool,
    /// Why it did not, in words; empty if it did.
    pub why_zh: String,
    /// The same in English.
    pub why_en: String,
    /// Whether another one decided otherwise at the same time, and nobody has added a step yet that replaces both.
    pub disputed: bool,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A clock of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockView {
    /// Its code.
    pub clock: String,
    /// What people call it.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The unit that it is of (its id); empty if it is the whole case's.
    pub unit: String,
    /// The name of that unit, empty if not known here.
    pub unit_name: String,
    /// What it is called, of stages of a joint action.
    pub stage: String,
    /// When it started, in seconds since the Unix epoch (UTC).
    pub starts_at: i64,
    /// When it ends; `None` until somebody who has the calendar says.
    pub ends_at: Option<i64>,
    /// The end that stood first, if it was moved.
    pub first_ends_at: Option<i64>,
    /// How long it runs, as people write it.
    pub amount: String,
    /// When it was stopped.
    pub stopped_at: Option<i64>,
    /// Since when it stands still.
    pub paused_at: Option<i64>,
    /// `green`, `yellow` (soon due), `red` (overdue), or empty: it stands still, or was stopped in time.
    pub colour: String,
}

/// A unit that has, or had, a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartView {
    /// The unit.
    pub unit: String,
    /// Its name, empty if not known here.
    pub name: String,
    /// Whether it leads.
    pub leads: bool,
    /// When it was given the case, in seconds since the Unix epoch (UTC).
    pub since: i64,
    /// The code of its own last step, empty if it has done none.
    pub last: String,
    /// When it gave the case back, or it was taken from it.
    pub until: Option<i64>,
}

/// How a case went.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Story {
    /// Its steps in order.
    pub steps: Vec<StepView>,
    /// Its clocks, in the order of their ends.
    pub clocks: Vec<ClockView>,
    /// The units that were given it, in that order.
    pub units: Vec<PartView>,
}

/// How the case `id` of `process` went, as seen at `now` (seconds since the Unix epoch, UTC).
pub fn story(connection: &Connection, process: &'static Process, id: Id, now: i64) -> Result<Story> {
    Ok(Story { steps: steps(connection, process, id)?, clocks: clocks(connection, process, id, now)?, units: units(connection, id)? })
}

fn steps(connection: &Connection, process: &'static Process, id: Id) -> Result<Vec<StepView>> {
    let fields: Vec<&Field> = STEP_COLUMNS.iter().filter(|f| !["kind", "note", "by_name", "day_only", "replaces"].contains(&f.key)).collect();
    let columns: Vec<String> = fields.iter().map(|field| format!("s.\"{}\"", field.key)).collect();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT s.entry, coalesce(s.kind, ''), coalesce(s.note, ''), coalesce(s.by, ''), coalesce(p.name, s.by_name, ''), coalesce(s.at, 0), s.applied,
           coalesce(s.why, ''), coalesce(s.unanchored, 1), {}, coalesce(s.disputed, 0), {}
         FROM case_steps s LEFT JOIN persons p ON p.doc = s.by WHERE s.doc = ?1 ORDER BY s.position",
        entry_flags("s.doc", "'steps'", "s.entry"),
        columns.join(", ")
    ))?;
    let rows = statement.query_map([id], |r| {
        let (kind, why): (String, String) = (r.get(1)?, r.get(7)?);
        let label = process.step(&kind).map(|step| step.code.label);
        let (why_zh, why_en) = why_in_words(process, &why);
        let values = fields.iter().zip(12..).map(|(field, n)| Ok((*field, value(r.get_ref(n)?)))).collect::<rusqlite::Result<Vec<_>>>()?;
        let step = StepView {
            id: r.get(0)?,
            zh: label.map_or("", |l| l.zh).into(),
            en: label.map_or("", |l| l.en).into(),
            kind,
            note: r.get(2)?,
            carries: Vec::new(),
            by: r.get(3)?,
            by_name: r.get(4)?,
            at: r.get(5)?,
            applied: r.get(6)?,
            unanchored: r.get(8)?,
            unknowable: r.get::<_, i64>(8)? == Proof::Unknowable as i64,
            why_zh,
            why_en,
            unsent: r.get(9)?,
            conflict: r.get(10)?,
            disputed: r.get(11)?,
        };
        Ok((step, values))
    })?;
    let mut all = Vec::new();
    for row in rows {
        let (mut step, values) = row?;
        for (field, value) in values {
            step.carries.extend(carried(connection, field, &value)?);
        }
        all.push(step);
    }
    Ok(all)
}

/// A field of a step with its value: units and persons by their names, a whistle by what it is called.
fn carried(connection: &Connection, field: &Field, value: &Value) -> Result<Option<FieldValue>> {
    let name = |id: &str| -> Result<String> {
        let mut statement = connection.prepare_cached("SELECT name FROM units WHERE doc = ?1 UNION ALL SELECT name FROM persons WHERE doc = ?1 LIMIT 1")?;
        let found = statement.query_map([id], |r| r.get::<_, Option<String>>(0))?.next().transpose()?.flatten();
        Ok(found.unwrap_or_else(|| id.to_owned()))
    };
    let Some(mut shown) = field.shown_values(std::slice::from_ref(value)) else { return Ok(None) };
    match (field.key, value) {
        ("lead" | "unit" | "person" | "assisting", Value::Text(ids)) => {
            shown.text = ids.split(' ').map(name).collect::<Result<Vec<_>>>()?.join("、");
            shown.text_en.clone_from(&shown.text);
        }
        ("whistle", Value::Int(kind)) => {
            if let Some(called) = WHISTLES.iter().find(|c| c.code == kind.to_string()) {
                (shown.text, shown.text_en) = (called.label.zh.into(), called.label.en.into());
            }
        }
        _ => {}
    }
    Ok(Some(shown))
}

fn why_in_words(process: &Process, why: &str) -> (String, String) {
    match why.split_once(':') {
        Some(("limit", at)) => {
            let at = beijing(at.parse().unwrap_or(0));
            (format!("时限 {at} 已过"), format!("limit {at}"))
        }
        Some(("state", code)) => {
            let zh = process.state(code).map_or(code, |state| state.code.label.zh);
            let en = process.state(code).map_or(code, |state| state.code.label.en);
            (format!("当时“{zh}”"), format!("it was {en}"))
        }
        _ if why == "unit" => ("该单位当时没有这件事".into(), "the unit did not have it".into()),
        _ => (String::new(), String::new()),
    }
}

fn clocks(connection: &Connection, process: &'static Process, id: Id, now: i64) -> Result<Vec<ClockView>> {
    let mut statement = connection.prepare_cached(
        "SELECT c.clock, coalesce(c.unit, ''), coalesce(u.name, ''), coalesce(c.stage, ''), coalesce(c.starts_at, 0), c.ends_at, c.yellow_at, c.first_ends_at,
           coalesce(c.amount, ''), c.stopped_at, c.paused_at
         FROM case_clocks c LEFT JOIN units u ON u.doc = c.unit WHERE c.doc = ?1 ORDER BY c.ends_at IS NULL, c.ends_at, c.entry",
    )?;
    let rows = statement.query_map(params![id], |r| {
        let clock: String = r.get(0)?;
        let label = process.clock(&clock).map(|clock| clock.code.label);
        let (ends_at, stopped_at, paused_at) = (r.get(5)?, r.get(9)?, r.get(10)?);
        Ok(ClockView {
            zh: label.map_or("", |l| l.zh).into(),
            en: label.map_or("", |l| l.en).into(),
            clock,
            unit: r.get(1)?,
            unit_name: r.get(2)?,
            stage: r.get(3)?,
            starts_at: r.get(4)?,
            ends_at,
            first_ends_at: r.get(7)?,
            amount: r.get(8)?,
            stopped_at,
            paused_at,
            colour: colour(ends_at, r.get(6)?, stopped_at, paused_at, now).code().into(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn units(connection: &Connection, id: Id) -> Result<Vec<PartView>> {
    let mut statement = connection.prepare_cached(
        "SELECT c.unit, coalesce(u.name, ''), c.leads, coalesce(c.since, 0), coalesce(c.last, ''), c.until
         FROM case_units c LEFT JOIN units u ON u.doc = c.unit WHERE c.doc = ?1 ORDER BY c.entry",
    )?;
    let rows = statement
        .query_map(params![id], |r| Ok(PartView { unit: r.get(0)?, name: r.get(1)?, leads: r.get(2)?, since: r.get(3)?, last: r.get(4)?, until: r.get(5)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
