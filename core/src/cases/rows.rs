//! The rows of a case: its steps in their order, its clocks, the units that have or had it.

use super::fields::step_fields;
use super::fold::fold;
use super::moments::Running;
use super::process::Process;
use super::state::{Folded, Without};
use crate::dictionary::Field;
use crate::documents::{Map, Proof, Value};
use crate::projection::{Rows, Table, Type, reference};

/// What a step can carry, as columns.
pub(super) static STEP_COLUMNS: [Field; 18] = step_fields(&[]);

/// The steps of cases of every kind, in their order; `entry` is the step's id. `why` says why one has no effect: `state:CODE`, `limit:TIME`, `unit`.
pub static CASE_STEPS: Table = Table {
    name: "case_steps",
    columns: &[("position", Type::Int), ("by", Type::Text), ("at", Type::Int), ("applied", Type::Int), ("why", Type::Text), ("unanchored", Type::Int)],
    fields: &STEP_COLUMNS,
    indexes: &[],
};

/// The clocks of cases; `entry` is the clock with its unit or stage.
pub static CASE_CLOCKS: Table = Table {
    name: "case_clocks",
    columns: &[
        ("clock", Type::Text),
        ("unit", Type::Text),
        ("stage", Type::Text),
        ("starts_at", Type::Int),
        ("ends_at", Type::Int),
        ("yellow_at", Type::Int),
        ("first_ends_at", Type::Int),
        ("amount", Type::Text),
        ("stopped_at", Type::Int),
        ("paused_at", Type::Int),
    ],
    fields: &[],
    indexes: &["ends_at"],
};

/// The units that were given a case, in that order; those with `until` have it no more.
pub static CASE_UNITS: Table = Table {
    name: "case_units",
    columns: &[("unit", Type::Text), ("leads", Type::Int), ("step", Type::Text), ("since", Type::Int), ("last", Type::Text), ("until", Type::Int)],
    fields: &[],
    indexes: &["unit"],
};

/// The tables that all cases share.
pub static TABLES: &[&Table] = &[&CASE_STEPS, &CASE_CLOCKS, &CASE_UNITS];

/// Adds the rows of a case. Returns what it was folded to.
pub fn project(process: &'static Process, tree: &Map, rows: &mut Rows) -> Folded {
    let folded = fold(process, tree);
    let moment = |at: Option<i64>| at.map_or(Value::Null, Value::Int);
    for (position, step) in (0i64..).zip(&folded.steps) {
        let entry = tree.map("steps").map(&step.id);
        let why = match step.without {
            None => Value::Null,
            Some(Without::State(state)) => format!("state:{state}").as_str().into(),
            Some(Without::Limit(at)) => format!("limit:{at}").as_str().into(),
            Some(Without::Unit) => "unit".into(),
        };
        let derived =
            vec![position.into(), entry.value("by").clone(), entry.value("at").clone(), i64::from(step.without.is_none()).into(), why, Proof::of(entry).into()];
        rows.push_fields(&CASE_STEPS, &step.id, derived, entry);
    }
    for Running { clock, unit, stage, from, ends_at, yellow_at, first_ends_at, amount, stopped_at, paused_at, .. } in &folded.clocks {
        let key = Running::key_of(clock, *unit, stage);
        let values = vec![
            (*clock).into(),
            reference(*unit),
            stage.as_str().into(),
            (*from).into(),
            moment(*ends_at),
            moment(*yellow_at),
            moment(*first_ends_at),
            amount.as_str().into(),
            moment(*stopped_at),
            moment(*paused_at),
        ];
        rows.push(&CASE_CLOCKS, &key, values);
    }
    for (n, part) in folded.parts.iter().enumerate() {
        let values =
            vec![part.unit.into(), i64::from(part.leads).into(), part.step.as_str().into(), part.since.into(), part.last.as_str().into(), moment(part.until)];
        rows.push(&CASE_UNITS, &format!("{n:03}"), values);
    }
    folded
}
