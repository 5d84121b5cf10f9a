//! What a report is: its fields, rules and projection. The steps of one case are entries in its report.

use super::fold::{STEPS, StepKind, fold};
use crate::dictionary::{Code, Entries, Field, Label, Order, Type, own};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Proof, Schema, Subject, Value};
use crate::projection::{self, Rows, Table, reference};
use crate::rules::table::{self, DESK, DISPATCHERS, HUB, PEOPLE, ROSTER, STEPPERS};
use crate::rules::{Attempt, Demand, Role};

/// How urgent a report is.
pub const URGENCIES: &[Code] = &[Code::new("一般", "一般", "ordinary"), Code::new("较急", "较急", "pressing"), Code::new("紧急", "紧急", "urgent")];

const NO_UNIT: Label = Label { zh: "", en: "" };

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
pub static STEP_FIELDS: &[Field] = &[
    Field::new("kind", "步骤", "step", Type::Choice(STEPS), STEPPERS).once().required(),
    Field::new("note", "说明", "note", Type::Note(5_000), STEPPERS).once().personal(),
    Field::new("whistle", "吹哨类型", "kind of whistle", Type::Number { unit: NO_UNIT, min: 1, max: 3 }, DESK).once(),
    Field::new("lead", "主办单位", "leading unit", Type::Reference(&["unit"]), DISPATCHERS).once(),
    Field::new("assisting", "协办单位", "assisting units", Type::Note(1_000), DISPATCHERS).once().help("编号，用空格隔开", "ids with blanks between them"),
    Field::new("by_name", "答复人", "answered by", Type::Text(100), HUB).once().personal().help("来源所写的姓名", "as its source says"),
    Field::new("day_only", "只知日期", "day only", Type::Flag, HUB).once(),
];

/// Reports with their folded status.
pub static REPORTS: Table = Table {
    name: "reports",
    columns: &[
        ("by", projection::Type::Text),
        ("at", projection::Type::Int),
        ("status", projection::Type::Text),
        ("status_since", projection::Type::Int),
        ("answered_at", projection::Type::Int),
        ("whistled", projection::Type::Int),
        ("lead", projection::Type::Text),
        ("assisting", projection::Type::Text),
        ("unanchored", projection::Type::Int),
        ("notes_since", projection::Type::Int),
    ],
    fields: FIELDS,
    indexes: &["status, at", "at", "place, at", "category, at"],
};

/// The steps of reports, in their order; `entry` is the step's id.
pub static REPORT_STEPS: Table = Table {
    name: "report_steps",
    columns: &[
        ("position", projection::Type::Int),
        ("by", projection::Type::Text),
        ("at", projection::Type::Int),
        ("applied", projection::Type::Int),
        ("unanchored", projection::Type::Int),
    ],
    fields: STEP_FIELDS,
    indexes: &[],
};

/// Every report says in a line what it is about.
pub(super) static TITLE: Demand = Demand::present("title", 1);

/// A problem report; read by its grid, its micro-grid's leads, the desk, who raised it as their own, the street once it was whistled, and the units that
/// have it.
pub static REPORT: Kind = Kind {
    name: "report",
    versions: &[Schema { number: 5, containers: &["steps"] }],
    fields: FIELDS,
    title: "title",
    orders: &[Order { key: "newest", label: Label { zh: "最近上报", en: "newest" }, column: "at", descending: true }],
    filters: &["place", "category"],
    entries: &[Entries {
        key: "steps",
        label: Label { zh: "步骤", en: "step" },
        fields: STEP_FIELDS,
        table: &REPORT_STEPS,
        added: Added::Command("reports.step"),
        complete: |_, _, _| Ok(()),
    }],
    named: &[],
    added: Added::Command("reports.raise"),
    complete: |_, _, _| Ok(()),
    tables: &[&REPORTS, &REPORT_STEPS],
    project,
    audiences: |tree, _| {
        let own = tree.flag("own").then(|| tree.id("by")).flatten();
        let folded = fold(tree);
        let mut audiences = vec![Audience::Desk];
        audiences.extend(tree.id("place").map(Audience::Place));
        audiences.extend(tree.id("micro_grid").map(Audience::MicroGrid));
        audiences.extend(own.map(Audience::Person));
        audiences.extend(folded.whistled.map(|_| Audience::Street));
        audiences.extend(folded.lead.into_iter().chain(folded.assisting).map(Audience::Unit));
        AudienceSource::Own(audiences)
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
            table::STEPS.iter().any(|(code, allowed)| *code == kind && roles.iter().any(|r| allowed.contains(r)))
        }
    };
    let whole = |step: &Map| match StepKind::parse(step.text("kind")) {
        Some(StepKind::Whistle) => matches!(step.int("whistle"), Some(1..=3)),
        Some(StepKind::Dispatch) => step.id("lead").is_some(),
        Some(StepKind::Reopen) => !step.text("note").trim().is_empty(),
        _ => true,
    };
    let stood = |id: &str, step: &Map| attempt.before.is_some_and(|b| b.map("steps").map(id).text("kind") == step.text("kind"));
    attempt.after.entries("steps").all(|(id, step)| stood(id, step) || may(step) && whole(step)) && own::fits(attempt, &[""])
}

fn project(tree: &Map, rows: &mut Rows) {
    let folded = fold(tree);
    let assisting: Vec<String> = folded.assisting.iter().map(ToString::to_string).collect();
    let derived = vec![
        tree.value("by").clone(),
        tree.value("at").clone(),
        folded.status.code().into(),
        folded.since.into(),
        folded.answered_at.map_or(Value::Null, Value::Int),
        folded.whistled.map_or(Value::Null, Value::Int),
        reference(folded.lead),
        assisting.join(" ").as_str().into(),
        Proof::of(tree).into(),
        folded.notes_since.into(),
    ];
    rows.push_fields(&REPORTS, "", derived, tree);
    for (position, step) in folded.steps.iter().enumerate() {
        let entry = tree.map("steps").map(&step.id);
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        let derived = vec![position.into(), entry.value("by").clone(), entry.value("at").clone(), i64::from(step.applied).into(), Proof::of(entry).into()];
        rows.push_fields(&REPORT_STEPS, &step.id, derived, entry);
    }
}
