//! What a question upward is: its fields, who reads it, its rows.

use super::process::{PROCESS, STEP_CODES};
use crate::cases::rows::{NEWEST, OWN_COLUMNS, project_as, steps};
use crate::cases::{step_fields, steps_fit};
use crate::dictionary::{Field, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Schema, Subject};
use crate::projection::Table;
use crate::rules::Demand;
use crate::rules::table::{self, DESK};

/// The fields of a question. What people wrote in it may name anybody.
pub static FIELDS: &[Field] = &[
    Field::new("title", "请示事项", "question", Type::Text(100), DESK).once().required().personal().searched().listed(),
    Field::new("detail", "内容", "detail", Type::Note(5_000), DESK).once().personal(),
];

/// The fields of a step.
pub static STEP_FIELDS: &[Field] = &step_fields(&STEP_CODES);

/// Questions upward.
pub static QUESTIONS: Table = Table { name: "questions", columns: OWN_COLUMNS, fields: FIELDS, indexes: &["at"] };

/// It says in a line what it is about.
static TITLE: Demand = Demand::present("title", 1);

/// A question upward; read by the desk and the street.
pub static QUESTION: Kind = Kind {
    name: "question",
    versions: &[Schema { number: 40, containers: &["steps"] }],
    fields: FIELDS,
    title: "title",
    orders: NEWEST,
    filters: &[],
    entries: &[steps(STEP_FIELDS)],
    named: &[],
    process: Some(&PROCESS),
    added: Added::Add,
    complete: |_, _, _| Ok(()),
    tables: &[&QUESTIONS],
    project: |tree, rows| project_as(&PROCESS, &QUESTIONS, tree, rows),
    audiences: |_, _| AudienceSource::Own(vec![Audience::Desk, Audience::Street]),
    rules: &table::QUESTION,
    keep_days: None,
    check: |attempt| steps_fit(&PROCESS, attempt),
    demands: &[&TITLE],
    subjects: &[Subject::Words],
};
