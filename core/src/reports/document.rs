//! What a report is: its fields, rules and projection. The steps of one case are entries in its report.

use super::process::PROCESS;
pub use super::process::STEP_CODES;
use crate::cases::rows;
use crate::cases::{self, fold, step_fields, steps_fit};
use crate::dictionary::{Code, Field, Label, Order, Type, own};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Proof, Schema, Subject, Value};
use crate::projection::{self, Rows, Table, reference};
use crate::rules::table::{self, DESK, PEOPLE, ROSTER};
use crate::rules::{Attempt, Demand};

/// How urgent a report is.
pub const URGENCIES: &[Code] = &[Code::new("一般", "一般", "ordinary"), Code::new("较急", "较急", "pressing"), Code::new("紧急", "紧急", "urgent")];

/// The fields of a report. What people wrote in it may name anybody.
pub static FIELDS: &[Field] = &[
    Field::new("title", "标题", "title", Type::Text(100), PEOPLE).once().required().personal().searched().listed(),
    Field::new("detail", "内容", "detail", Type::Note(5_000), PEOPLE).once().personal(),
    Field::new("category", "类别", "category", Type::Category, ROSTER).once_by(PEOPLE).listed(),
    Field::new("urgency", "紧急程度", "urgency", Type::Choice(URGENCIES), ROSTER).once_by(PEOPLE).listed(),
    Field::new("place", "网格", "grid", Type::Place, DESK).once_by(PEOPLE).listed(),
    Field::new("micro_grid", "微网格", "micro-grid", Type::MicroGrid, DESK).once_by(PEOPLE),
    Field::new("address", "地点", "where", Type::Text(100), PEOPLE).once().personal().searched(),
    Field::new("position", "位置", "position", Type::Position, PEOPLE).once().personal(),
    Field::new("number", "编号", "number", Type::Text(100), ROSTER)
        .once()
        .personal()
        .searched()
        .help("来源系统中的编号", "its number where it was imported from"),
    Field::new("reporter", "反映人", "reporter", Type::Text(100), ROSTER).once().personal(),
    Field::new("day_only", "只知日期", "day only", Type::Flag, ROSTER).once().help("来源没有给出钟点", "its source gives no time of day"),
];

/// The fields of a step.
pub static STEP_FIELDS: &[Field] = &step_fields(&STEP_CODES);

/// Reports with their folded status.
pub static REPORTS: Table = Table {
    name: "reports",
    columns: &[
        ("by", projection::Type::Text),
        ("at", projection::Type::Int),
        ("status", projection::Type::Text),
        ("status_since", projection::Type::Int),
        ("holder", projection::Type::Text),
        ("answered_at", projection::Type::Int),
        ("whistled", projection::Type::Int),
        ("lead", projection::Type::Text),
        ("first_asked", projection::Type::Text),
        ("supervised_at", projection::Type::Int),
        ("unanchored", projection::Type::Int),
        ("notes_since", projection::Type::Int),
    ],
    fields: FIELDS,
    indexes: &["status, at", "at", "place, at", "category, at"],
};

/// Every report says in a line what it is about.
pub(super) static TITLE: Demand = Demand::present("title", 1);

/// A problem report; read by its grid, its micro-grid's leads, the desk, the street once it was whistled, and the units that have it.
pub static REPORT: Kind = Kind {
    name: "report",
    versions: &[Schema { number: 5, containers: &["steps"] }],
    fields: FIELDS,
    title: "title",
    orders: &[Order { key: "newest", label: Label { zh: "最近上报", en: "newest" }, column: "at", descending: true }],
    filters: &["place", "category"],
    entries: &[rows::steps(STEP_FIELDS)],
    named: &[],
    process: Some(&PROCESS),
    added: Added::Command("reports.raise"),
    complete: |_, _, _| Ok(()),
    tables: &[&REPORTS],
    project,
    audiences: |tree, _| {
        let folded = fold(&PROCESS, tree);
        let mut audiences = vec![Audience::Desk];
        audiences.extend(tree.id("place").map(Audience::Place));
        audiences.extend(tree.id("micro_grid").map(Audience::MicroGrid));
        audiences.extend(folded.whistled.map(|_| Audience::Street));
        audiences.extend(folded.having().map(|part| Audience::Unit(part.unit)));
        AudienceSource::Own(audiences)
    },
    rules: &table::REPORT,
    keep_days: None,
    check,
    demands: &[&TITLE],
    subjects: &[Subject::Words],
};

/// Each new step is one that its author may add, and whole.
fn check(attempt: &Attempt<'_>) -> bool {
    steps_fit(&PROCESS, attempt) && own::fits(attempt, &[""])
}

fn project(tree: &Map, rows: &mut Rows) {
    let folded = cases::project(&PROCESS, tree, rows);
    let derived = vec![
        tree.value("by").clone(),
        tree.value("at").clone(),
        folded.status.into(),
        folded.since.into(),
        folded.holder(&PROCESS).code().into(),
        folded.answered_at.map_or(Value::Null, Value::Int),
        folded.whistled.map_or(Value::Null, Value::Int),
        reference(folded.lead()),
        reference(folded.first_asked),
        folded.supervised_at.map_or(Value::Null, Value::Int),
        Proof::of(tree).into(),
        folded.notes_since.into(),
    ];
    rows.push_fields(&REPORTS, "", derived, tree);
}
