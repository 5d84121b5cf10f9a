//! What a demand is: its fields, rules and projection. What becomes of its case the hub tells in it, in plain words and without names.

use crate::cases::SATISFACTIONS;
use crate::clock::beijing;
use crate::commands::Edit;
use crate::dictionary::{Entries, Field, Label, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Proof, Schema, Subject, Written};
use crate::error::{Error, Result};
use crate::projection::{self, Rows, Table};
use crate::reports::URGENCIES;
use crate::reports::document::STEP_CODES;
use crate::rules::table::{self, DESK, HUB, PEOPLE, ROSTER};
use crate::rules::{Attempt, Demand};

const REPORTS: Type = Type::Reference(&["report"]);

/// The fields of a demand. What people wrote in it may name anybody.
pub static FIELDS: &[Field] = &[
    Field::new("title", "标题", "title", Type::Text(100), PEOPLE).once().required().personal().listed().searched(),
    Field::new("detail", "内容", "detail", Type::Note(5_000), PEOPLE).once().personal(),
    Field::new("category", "类别", "category", Type::Category, ROSTER).once_by(PEOPLE).listed(),
    Field::new("urgency", "紧急程度", "urgency", Type::Choice(URGENCIES), ROSTER).once_by(PEOPLE).listed(),
    Field::new("place", "网格", "grid", Type::Place, DESK).once_by(PEOPLE),
    Field::new("micro_grid", "微网格", "micro-grid", Type::MicroGrid, DESK).once_by(PEOPLE),
    Field::new("address", "地点", "where", Type::Text(100), PEOPLE).once().personal(),
    Field::new("position", "位置", "position", Type::Position, PEOPLE).once().personal(),
    Field::new("reporter", "反映人", "who told it", Type::Text(100), ROSTER).once_by(PEOPLE).personal().searched(),
    Field::new("phone", "电话", "telephone", Type::Telephone, ROSTER).once_by(PEOPLE).personal().searched(),
    Field::new("report", "所属事项", "case", REPORTS, ROSTER).listed().set_by("demands.merge"),
    Field::new("origin", "最初的事项", "first case", REPORTS, HUB).once().set_by("demands.open"),
    Field::new("lead", "主办单位", "leading unit", Type::Reference(&["unit"]), HUB).set_by("demands.tell"),
];

/// What became of its case: one step.
pub static PUBLIC_FIELDS: &[Field] = &[
    Field::new("step", "步骤编号", "id of the step", Type::Text(100), HUB).once().required(),
    Field::new("kind", "进展", "what was done", Type::Choice(&STEP_CODES), HUB).once(),
    Field::new("taken_at", "时间", "when", Type::Time, HUB).once(),
    Field::new("note", "答复", "answer", Type::Note(5_000), HUB).once().personal(),
    Field::new("until", "承诺期限", "promised by", Type::Time, HUB).once(),
];

/// What who told it says of the result.
pub static EVALUATION_FIELDS: &[Field] = &[
    Field::new("solved", "是否解决", "solved", Type::Flag, PEOPLE).once().required(),
    Field::new("satisfied", "满意程度", "satisfaction", Type::Choice(SATISFACTIONS), PEOPLE).once().required(),
    Field::new("note", "说明", "note", Type::Note(5_000), PEOPLE).once().personal(),
];

/// Demands; `status` is the last that was told of the case, empty until then.
pub static DEMANDS: Table = Table {
    name: "demands",
    columns: &[("by", projection::Type::Text), ("at", projection::Type::Int), ("status", projection::Type::Text), ("unanchored", projection::Type::Int)],
    fields: FIELDS,
    indexes: &["at", "report, at"],
};

/// What became of their cases; `entry` is what the hub told.
pub static DEMAND_STEPS: Table = Table { name: "demand_steps", columns: &[], fields: PUBLIC_FIELDS, indexes: &[] };

/// What was said of the results.
pub static EVALUATIONS: Table =
    Table { name: "evaluations", columns: &[("by", projection::Type::Text), ("at", projection::Type::Int)], fields: EVALUATION_FIELDS, indexes: &[] };

/// Every demand says in a line what it is about.
pub(super) static TITLE: Demand = Demand::present("title", 1);

/// A demand; read by whoever raised it, the desk, its grid and micro-grid, and once its case was dispatched the unit that leads.
pub static DEMAND: Kind = Kind {
    name: "demand",
    versions: &[Schema { number: 30, containers: &["public", "evaluations"] }],
    fields: FIELDS,
    title: "title",
    orders: &[Order { key: "newest", label: Label { zh: "最近提出", en: "newest" }, column: "at", descending: true }],
    filters: &["report"],
    entries: &[
        Entries {
            key: "public",
            label: Label { zh: "进展", en: "progress" },
            fields: PUBLIC_FIELDS,
            table: &DEMAND_STEPS,
            added: Added::Command("demands.tell"),
            complete: |_, _, _| Ok(()),
        },
        Entries {
            key: "evaluations",
            label: Label { zh: "评价", en: "evaluation" },
            fields: EVALUATION_FIELDS,
            table: &EVALUATIONS,
            added: Added::Add,
            complete: in_time,
        },
    ],
    named: &[],
    process: None,
    added: Added::Command("demands.raise"),
    complete: |_, _, _| Ok(()),
    tables: &[&DEMANDS, &DEMAND_STEPS, &EVALUATIONS],
    project,
    audiences: |tree, _| {
        let mut audiences = vec![Audience::Desk];
        audiences.extend(tree.id("by").map(Audience::Person));
        audiences.extend(tree.id("place").map(Audience::Place));
        audiences.extend(tree.id("micro_grid").map(Audience::MicroGrid));
        audiences.extend(tree.id("lead").map(Audience::Unit));
        AudienceSource::Own(audiences)
    },
    rules: &table::DEMAND,
    keep_days: None,
    check,
    demands: &[&TITLE],
    subjects: &[Subject::Words],
};

/// The last of its case that was told.
pub fn last_told(tree: &Map) -> Option<&Map> {
    tree.entries("public").map(|(_, told)| told).max_by_key(|told| (told.int("taken_at"), told.text("step")))
}

/// An evaluation comes after an end; that it was not solved, while it can still be taken up again.
fn in_time(edit: &mut Edit<'_>, demand: &Map, written: &mut Written) -> Result<()> {
    let last = last_told(demand).filter(|told| ["close", "decline"].contains(&told.text("kind")));
    let last = last.ok_or_else(|| Error::invalid("这件事还没有办结，办结后再评价", "it is not closed yet; evaluate it then"))?;
    let is_solved = written.iter().any(|(key, value)| key == "solved" && *value == true.into());
    match last.int("until") {
        Some(until) if !is_solved && edit.stamp().at > until => Err(Error::invalid(
            format!("重新办理的期限已于{}截止，请另提一件", beijing(until)),
            format!("the time to reopen ended {}; raise a new one", beijing(until)),
        )),
        _ => Ok(()),
    }
}

/// Who told it evaluates, or the desk for whoever called.
fn check(attempt: &Attempt<'_>) -> bool {
    let raised = attempt.before.is_none_or(|before| before.id("by") == Some(attempt.author.person));
    let stood = |id: &str| attempt.before.is_some_and(|before| before.present("evaluations", id));
    raised || attempt.at_desk() || attempt.after.entries("evaluations").all(|(id, _)| stood(id))
}

fn project(tree: &Map, rows: &mut Rows) {
    let status = last_told(tree).map_or("", |told| told.text("kind"));
    rows.push_fields(&DEMANDS, "", vec![tree.value("by").clone(), tree.value("at").clone(), status.into(), Proof::of(tree).into()], tree);
    for (id, told) in tree.entries("public") {
        rows.push_fields(&DEMAND_STEPS, id, vec![], told);
    }
    for (id, evaluation) in tree.entries("evaluations") {
        rows.push_fields(&EVALUATIONS, id, vec![evaluation.value("by").clone(), evaluation.value("at").clone()], evaluation);
    }
}
