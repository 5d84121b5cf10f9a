//! What an errand is: its fields, who reads it, its rows.

use super::process::{PROCESS, STEP_CODES};
use crate::cases::rows::{NEWEST, OWN_COLUMNS, project_as, steps};
use crate::cases::{fold, step_fields, steps_fit};
use crate::dictionary::{Field, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Schema, Subject};
use crate::projection::Table;
use crate::rules::Demand;
use crate::rules::table::{self, DESK, ROSTER};

/// The fields of an errand. What people wrote in it may name anybody.
pub static FIELDS: &[Field] = &[
    Field::new("title", "代办事项", "errand", Type::Text(100), ROSTER).once().required().personal().searched().listed(),
    Field::new("detail", "内容", "detail", Type::Note(5_000), ROSTER).once().personal(),
    Field::new("resident", "委托居民", "asked by", Type::Text(100), ROSTER).once().personal().searched().listed(),
    Field::new("phone", "联系电话", "telephone", Type::Telephone, ROSTER).once().personal().searched(),
    Field::new("papers", "所交材料", "papers handed in", Type::Note(1_000), ROSTER).once().personal(),
    Field::new("place", "网格", "grid", Type::Place, DESK).once_by(ROSTER).listed(),
    Field::new("micro_grid", "微网格", "micro-grid", Type::MicroGrid, DESK).once_by(ROSTER),
    Field::new("address", "地点", "where", Type::Text(100), ROSTER).once().personal().searched(),
];

/// The fields of a step.
pub static STEP_FIELDS: &[Field] = &step_fields(&STEP_CODES);

/// Errands.
pub static ERRANDS: Table = Table { name: "errands", columns: OWN_COLUMNS, fields: FIELDS, indexes: &["at", "place, at"] };

/// It says in a line what it is about.
static TITLE: Demand = Demand::present("title", 1);

/// An errand that a resident asked for; read by its grid, its micro-grid's leads, the desk, the worker who was asked first and the one who has it.
pub static ERRAND: Kind = Kind {
    name: "errand",
    versions: &[Schema { number: 41, containers: &["steps"] }],
    fields: FIELDS,
    title: "title",
    orders: NEWEST,
    filters: &["place"],
    entries: &[steps(STEP_FIELDS)],
    named: &[],
    process: Some(&PROCESS),
    added: Added::Add,
    complete: |_, _, _| Ok(()),
    tables: &[&ERRANDS],
    project: |tree, rows| project_as(&PROCESS, &ERRANDS, tree, rows),
    audiences: |tree, _| {
        let mut audiences = vec![Audience::Desk];
        audiences.extend(tree.id("place").map(Audience::Place));
        audiences.extend(tree.id("micro_grid").map(Audience::MicroGrid));
        audiences.extend(tree.id("by").map(Audience::Person));
        audiences.extend(fold(&PROCESS, tree).person.map(Audience::Person));
        AudienceSource::Own(audiences)
    },
    rules: &table::ERRAND,
    keep_days: None,
    check: |attempt| steps_fit(&PROCESS, attempt),
    demands: &[&TITLE],
    subjects: &[Subject::Words],
};
