//! The rows of a case: where it stands and who has it, its steps in their order, its clocks, the units that have or had it.

use super::fields::step_fields;
use super::fold::fold;
use super::moments::Running;
use super::process::{Holder, Process};
use super::state::{Folded, Without};
use crate::dictionary::{Entries, Field, Label, Order};
use crate::documents::{Added, Map, Proof, Value};
use crate::ids::Id;
use crate::kinds::KINDS;
use crate::projection::{Rows, Table, Type, reference};

/// What a step can carry, as columns.
pub(super) static STEP_COLUMNS: [Field; 18] = step_fields(&[]);

/// Cases of every kind, with where each stands. `holder` is who is to act on it, empty where nobody is; `persons` the ids of those of them who are
/// named, with blanks between them.
pub static CASES: Table = Table {
    name: "cases",
    columns: &[
        ("kind", Type::Text),
        ("title", Type::Text),
        ("by", Type::Text),
        ("at", Type::Int),
        ("status", Type::Text),
        ("status_since", Type::Int),
        ("holder", Type::Text),
        ("persons", Type::Text),
    ],
    fields: &[],
    indexes: &["holder, at"],
};

/// The container of those whom the hub chose to handle a case: yes or no by person.
pub const HANDLERS: &str = "handlers";

/// The steps of cases of every kind, in their order; `entry` is the step's id. `why` says why one has no effect: `state:CODE`, `limit:TIME`, `unit`; `disputed`
/// that another one decided otherwise at the same time.
pub static CASE_STEPS: Table = Table {
    name: "case_steps",
    columns: &[
        ("position", Type::Int),
        ("by", Type::Text),
        ("at", Type::Int),
        ("applied", Type::Int),
        ("why", Type::Text),
        ("disputed", Type::Int),
        ("unanchored", Type::Int),
    ],
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
pub static TABLES: &[&Table] = &[&CASES, &CASE_STEPS, &CASE_CLOCKS, &CASE_UNITS];

/// The columns of a kind's own table that hold no field, where a case has nothing of its own: see [`project_as`].
pub const OWN_COLUMNS: &[(&str, Type)] = &[("by", Type::Text), ("at", Type::Int), ("unanchored", Type::Int)];

/// The order that lists of cases are offered in.
pub const NEWEST: &[Order] = &[Order { key: "newest", label: Label { zh: "最近提出", en: "newest" }, column: "at", descending: true }];

/// The steps of a kind of cases, with the fields that its process gives them.
pub const fn steps(fields: &'static [Field]) -> Entries {
    Entries {
        key: "steps",
        label: Label { zh: "步骤", en: "step" },
        fields,
        table: &CASE_STEPS,
        added: Added::Command("cases.step"),
        complete: |_, _, _| Ok(()),
    }
}

/// Adds the rows of a case whose own `table` has [`OWN_COLUMNS`] and fields alone.
pub fn project_as(process: &'static Process, table: &'static Table, tree: &Map, rows: &mut Rows) {
    project(process, tree, rows);
    rows.push_fields(table, "", vec![tree.value("by").clone(), tree.value("at").clone(), Proof::of(tree).into()], tree);
}

/// Those whom the hub chose to handle a case.
pub fn chosen(tree: &Map) -> impl Iterator<Item = Id> {
    tree.map(HANDLERS).iter().filter(|entry| *entry.node.value() == Value::Bool(true)).filter_map(|entry| entry.key.parse().ok())
}

/// Who is to act on a case, and those of them who are named. What came after its end is for whoever had it first.
fn holders(process: &Process, tree: &Map, folded: &Folded) -> (&'static str, String) {
    let holder = match folded.holder(process) {
        Holder::Nobody if folded.notes_since > 0 => process.states[0].holder,
        holder => holder,
    };
    let named: Vec<String> = match holder {
        Holder::Person => folded.person.or_else(|| tree.id("by")).iter().map(ToString::to_string).collect(),
        Holder::Chosen => chosen(tree).map(|person| person.to_string()).collect(),
        _ => Vec::new(),
    };
    (holder.code(), named.join(" "))
}

/// Adds the rows of a case. Returns what it was folded to.
pub fn project(process: &'static Process, tree: &Map, rows: &mut Rows) -> Folded {
    let folded = fold(process, tree);
    let moment = |at: Option<i64>| at.map_or(Value::Null, Value::Int);
    let title = KINDS.iter().find(|kind| kind.name == process.name).map_or("", |kind| kind.title);
    let (holder, persons) = holders(process, tree, &folded);
    let values = vec![
        process.name.into(),
        tree.value(title).clone(),
        tree.value("by").clone(),
        tree.value("at").clone(),
        folded.status.into(),
        folded.since.into(),
        holder.into(),
        persons.as_str().into(),
    ];
    rows.push(&CASES, "", values);
    for (position, step) in (0i64..).zip(&folded.steps) {
        let entry = tree.map("steps").map(&step.id);
        let why = match step.without {
            None => Value::Null,
            Some(Without::State(state)) => format!("state:{state}").as_str().into(),
            Some(Without::Limit(at)) => format!("limit:{at}").as_str().into(),
            Some(Without::Unit) => "unit".into(),
        };
        let disputed = folded.disputes.iter().any(|rivals| rivals.contains(&step.id));
        let derived = vec![
            position.into(),
            entry.value("by").clone(),
            entry.value("at").clone(),
            i64::from(step.without.is_none()).into(),
            why,
            i64::from(disputed).into(),
            Proof::of(entry).into(),
        ];
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
