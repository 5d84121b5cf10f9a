//! What an appeal is: its fields, who reads it, its rows.

use super::process::{PROCESS, STEP_CODES};
use crate::cases::rows::{NEWEST, OWN_COLUMNS, project_as, steps};
use crate::cases::{step_fields, steps_fit};
use crate::dictionary::{Field, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Schema, Subject};
use crate::projection::Table;
use crate::rules::Demand;
use crate::rules::table::{self, PEOPLE};

/// The fields of an appeal. What people wrote in it may name anybody.
pub static FIELDS: &[Field] = &[
    Field::new("title", "申诉事项", "appeal", Type::Text(100), PEOPLE).once().required().personal().searched().listed(),
    Field::new("detail", "理由", "reasons", Type::Note(5_000), PEOPLE).once().personal(),
    Field::new("decision", "所申诉的决定", "decision appealed against", Type::Text(200), PEOPLE).once().personal(),
    Field::new("against", "原决定人", "who decided", Type::Reference(&["person"]), PEOPLE).once().help("不能再由其决定", "who does not decide again"),
];

/// The fields of a step.
pub static STEP_FIELDS: &[Field] = &step_fields(&STEP_CODES);

/// Appeals.
pub static APPEALS: Table = Table { name: "appeals", columns: OWN_COLUMNS, fields: FIELDS, indexes: &["at"] };

/// It says in a line what it is about.
static TITLE: Demand = Demand::present("title", 1);

/// An appeal; read by whoever appeals and the desk.
pub static APPEAL: Kind = Kind {
    name: "appeal",
    versions: &[Schema { number: 42, containers: &["steps"] }],
    fields: FIELDS,
    title: "title",
    orders: NEWEST,
    filters: &[],
    entries: &[steps(STEP_FIELDS)],
    named: &[],
    process: Some(&PROCESS),
    added: Added::Add,
    complete: |_, _, _| Ok(()),
    tables: &[&APPEALS],
    project: |tree, rows| project_as(&PROCESS, &APPEALS, tree, rows),
    audiences: |tree, _| {
        let appellant = tree.id("by").map(Audience::Person);
        AudienceSource::Own([Audience::Desk].into_iter().chain(appellant).collect())
    },
    rules: &table::APPEAL,
    keep_days: None,
    check: |attempt| steps_fit(&PROCESS, attempt),
    demands: &[&TITLE],
    subjects: &[Subject::Words],
};
