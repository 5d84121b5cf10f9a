//! The shape of a report document and its projection. The steps of one case are a map in its report.

use super::fold::{StepKind, fold};
use crate::documents::{Audience, Kind, Map, Place, Schema, Value};
use crate::projection::{Rows, Table, Type, reference};
use crate::rules::{Allow, Author, Role};

/// Reports with their folded status.
pub static REPORTS: Table = Table {
    name: "reports",
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
    ],
    indexes: &["status, at"],
};

/// The steps of reports, in their order; `entry` is the step's id.
pub static REPORT_STEPS: Table = Table {
    name: "report_steps",
    columns: &[
        ("position", Type::Int),
        ("kind", Type::Text),
        ("note", Type::Text),
        ("by", Type::Text),
        ("by_name", Type::Text),
        ("at", Type::Int),
        ("day_only", Type::Int),
        ("applied", Type::Int),
    ],
    indexes: &[],
};

/// A problem report; read by its grid and the desk.
pub static REPORT: Kind = Kind {
    name: "report",
    versions: &[Schema { number: 5, containers: &["steps"] }],
    tables: &[&REPORTS, &REPORT_STEPS],
    project,
    place: |tree, _| Place::Own(tree.id("place").map(Audience::Place).into_iter().chain([Audience::Desk]).collect()),
    rules: &[
        Allow { path: "by|at|boot|since_boot|title|address|detail|lat|lon|number|reporter|day_only", roles: WRITERS, once: true },
        Allow { path: "place", roles: &[Role::Cadre, Role::Hub], once: false },
        Allow { path: "place", roles: WRITERS, once: true },
        Allow { path: "category|urgency", roles: WRITERS, once: false },
        Allow { path: "steps/*", roles: WRITERS, once: true },
        Allow { path: "steps/*/by|at|boot|since_boot|order|kind|note", roles: WRITERS, once: true },
        Allow { path: "steps/*/covers|day_only|by_name", roles: &[Role::Hub], once: true },
    ],
    keep_days: None,
    check,
};

const WRITERS: &[Role] = &[Role::GridWorker, Role::Cadre, Role::Hub];

/// A `settled` step is the hub's alone.
fn check(_: crate::ids::Id, before: Option<&Map>, after: &Map, author: &Author) -> bool {
    let settled = |step: &Map| step.text("kind") == StepKind::Settled.code();
    let settles = after.entries("steps").any(|(id, step)| settled(step) && before.is_none_or(|b| !settled(b.map("steps").map(id))));
    !after.text("title").is_empty() && (!settles || author.is(Role::Hub))
}

fn project(tree: &Map, rows: &mut Rows) {
    let folded = fold(tree);
    let mut values = vec![reference(tree.id("place"))];
    values.extend(["number", "category", "title", "address", "detail", "urgency", "reporter", "lat", "lon", "by", "at"].map(|c| tree.value(c).clone()));
    values.extend([folded.status.code().into(), folded.since.into(), folded.answered_at.map_or(Value::Null, Value::Int)]);
    rows.push(&REPORTS, "", values);
    for (position, step) in folded.steps.iter().enumerate() {
        let entry = tree.map("steps").map(&step.id);
        let mut values = vec![i64::try_from(position).unwrap_or(i64::MAX).into()];
        values.extend(["kind", "note", "by", "by_name", "at"].map(|c| entry.value(c).clone()));
        values.extend([i64::from(entry.flag("day_only")).into(), i64::from(step.applied).into()]);
        rows.push(&REPORT_STEPS, &step.id, values);
    }
}
