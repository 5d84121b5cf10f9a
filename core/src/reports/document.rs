//! The shape of a report document and its projection. The steps of one case are a map in its report.

use super::fold::{StepKind, fold};
use crate::documents::{Audience, Kind, Map, Place, Proof, Schema, Subject, Value};
use crate::projection::{Rows, Table, Type, reference};
use crate::rules::{Attempt, Demand, Role, table};

/// Reports with their folded status.
pub static REPORTS: Table = Table {
    name: "reports",
    fields: &[],
    columns: &[
        ("place", Type::Text),
        ("number", Type::Text),
        ("category", Type::Text),
        ("title", Type::Text),
        ("address", Type::Text),
        ("detail", Type::Text),
        ("urgency", Type::Text),
        ("reporter", Type::Text),
        ("lat", Type::Int),
        ("lon", Type::Int),
        ("by", Type::Text),
        ("at", Type::Int),
        ("status", Type::Text),
        ("status_since", Type::Int),
        ("answered_at", Type::Int),
        ("whistled", Type::Int),
        ("lead", Type::Text),
        ("assisting", Type::Text),
        ("unanchored", Type::Int),
        ("notes_since", Type::Int),
    ],
    indexes: &["status, at"],
};

/// The steps of reports, in their order; `entry` is the step's id.
pub static REPORT_STEPS: Table = Table {
    name: "report_steps",
    fields: &[],
    columns: &[
        ("position", Type::Int),
        ("kind", Type::Text),
        ("note", Type::Text),
        ("by", Type::Text),
        ("by_name", Type::Text),
        ("at", Type::Int),
        ("day_only", Type::Int),
        ("applied", Type::Int),
        ("unanchored", Type::Int),
    ],
    indexes: &[],
};

/// Every report says in a line what it is about.
pub(super) static TITLE: Demand = Demand::present("title", 1);

/// A problem report; read by its grid, its micro-grid's leads, the desk, who raised it as their own, the street once it was whistled, and the units that
/// have it.
pub static REPORT: Kind = Kind {
    name: "report",
    versions: &[Schema { number: 5, containers: &["steps"] }],
    fields: &[],
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    is_added: false,
    tables: &[&REPORTS, &REPORT_STEPS],
    project,
    place: |tree, _| {
        let own = tree.flag("own").then(|| tree.id("by")).flatten();
        let folded = fold(tree);
        let mut audiences = vec![Audience::Desk];
        audiences.extend(tree.id("place").map(Audience::Place));
        audiences.extend(tree.id("micro_grid").map(Audience::MicroGrid));
        audiences.extend(own.map(Audience::Person));
        audiences.extend(folded.whistled.map(|_| Audience::Street));
        audiences.extend(folded.lead.into_iter().chain(folded.assisting).map(Audience::Unit));
        Place::Own(audiences)
    },
    rules: &table::REPORT,
    keep_days: None,
    check,
    demands: &[&TITLE],
    subjects: &[Subject::Words],
};

/// Each step is of a kind that a role over the report may add; a note also a role that merely reads it, and whoever raised it has
/// it taken up again. A whistle says which kind it is, a dispatch names a lead, taking up again says why.
fn check(attempt: &Attempt<'_>) -> bool {
    let (over, reading) = (attempt.author.roles_over(attempt.audiences), attempt.author.roles_for(attempt.audiences));
    let raised_by_author = attempt.before.is_some_and(|before| before.id("by") == Some(attempt.author.person));
    let may = |step: &Map| match step.text("kind") {
        "" => true,
        kind if kind == StepKind::Reopen.code() && raised_by_author => true,
        // Of a newer gridwalk's step nobody here can say who may add it.
        kind if StepKind::parse(kind).is_none() => false,
        kind => {
            let roles: &[Role] = if kind == StepKind::Note.code() { &reading } else { &over };
            table::STEPS.iter().any(|(code, allowed, _)| *code == kind && roles.iter().any(|r| allowed.contains(r)))
        }
    };
    let whole = |step: &Map| match StepKind::parse(step.text("kind")) {
        Some(StepKind::Whistle) => matches!(step.int("whistle"), Some(1..=3)),
        Some(StepKind::Dispatch) => step.id("lead").is_some(),
        Some(StepKind::Reopen) => !step.text("note").trim().is_empty(),
        _ => true,
    };
    let stood = |id: &str, step: &Map| attempt.before.is_some_and(|b| b.map("steps").map(id).text("kind") == step.text("kind"));
    attempt.after.entries("steps").all(|(id, step)| stood(id, step) || may(step) && whole(step))
}

fn project(tree: &Map, rows: &mut Rows) {
    let folded = fold(tree);
    let mut values = vec![reference(tree.id("place"))];
    values.extend(["number", "category", "title", "address", "detail", "urgency", "reporter", "lat", "lon", "by", "at"].map(|c| tree.value(c).clone()));
    values.extend([folded.status.code().into(), folded.since.into(), folded.answered_at.map_or(Value::Null, Value::Int)]);
    let assisting: Vec<String> = folded.assisting.iter().map(ToString::to_string).collect();
    values.extend([
        folded.whistled.map_or(Value::Null, Value::Int),
        reference(folded.lead),
        assisting.join(" ").as_str().into(),
        Proof::of(tree).into(),
        folded.notes_since.into(),
    ]);
    rows.push(&REPORTS, "", values);
    for (position, step) in folded.steps.iter().enumerate() {
        let entry = tree.map("steps").map(&step.id);
        let mut values = vec![i64::try_from(position).unwrap_or(i64::MAX).into()];
        values.extend(["kind", "note", "by", "by_name", "at"].map(|c| entry.value(c).clone()));
        values.extend([i64::from(entry.flag("day_only")).into(), i64::from(step.applied).into(), Proof::of(entry).into()]);
        rows.push(&REPORT_STEPS, &step.id, values);
    }
}
