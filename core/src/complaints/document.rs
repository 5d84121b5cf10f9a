//! What a complaint about a worker is: its fields, who reads it, its rows.

use super::process::{PROCESS, STEP_CODES};
use crate::cases::rows::{HANDLERS, NEWEST, OWN_COLUMNS, chosen, project_as, steps};
use crate::cases::{step_fields, steps_fit};
use crate::dictionary::{Field, Label, Named, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Schema, Subject};
use crate::projection::Table;
use crate::rules::Demand;
use crate::rules::table::{self, HUB, PEOPLE};

/// The fields of a complaint. What people wrote in it may name anybody.
pub static FIELDS: &[Field] = &[
    Field::new("title", "投诉事项", "complaint", Type::Text(100), PEOPLE).once().required().personal().searched().listed(),
    Field::new("detail", "情况", "what happened", Type::Note(5_000), PEOPLE).once().personal(),
    Field::new("whom", "被投诉人姓名", "about whom, by name", Type::Text(100), PEOPLE).once().personal(),
    Field::new("against", "被投诉人", "about whom", Type::Reference(&["person"]), PEOPLE).once().help("不会看到本件", "who does not read it"),
    Field::new("to_street", "转街道", "with the street", Type::Flag, HUB)
        .once()
        .set_by("complaints.choose")
        .help("社区没有可以处理的人", "nobody of the desk can handle it"),
];

/// The fields of a step.
pub static STEP_FIELDS: &[Field] = &step_fields(&STEP_CODES);

/// Complaints.
pub static COMPLAINTS: Table = Table { name: "complaints", columns: OWN_COLUMNS, fields: FIELDS, indexes: &["at"] };

/// It says in a line what it is about.
static TITLE: Demand = Demand::present("title", 1);

/// Who handles it: chosen by the hub, which knows who stands in for whom.
const CHOSEN: Named = Named {
    key: HANDLERS,
    label: Label { zh: "处理人", en: "handlers" },
    names: Type::Reference(&["person"]),
    ty: Type::Flag,
    roles: HUB,
    is_edited: false,
    since: 0,
};

/// A complaint about a worker; read by whoever complains and those whom the hub chose, and by nobody else: neither grid, desk nor community.
pub static COMPLAINT: Kind = Kind {
    name: "complaint",
    versions: &[Schema { number: 43, containers: &["steps", HANDLERS] }],
    fields: FIELDS,
    title: "title",
    orders: NEWEST,
    filters: &[],
    entries: &[steps(STEP_FIELDS)],
    named: &[CHOSEN],
    process: Some(&PROCESS),
    added: Added::Add,
    complete: |_, _, _| Ok(()),
    tables: &[&COMPLAINTS],
    project: |tree, rows| project_as(&PROCESS, &COMPLAINTS, tree, rows),
    audiences: |tree, _| {
        let persons = tree.id("by").into_iter().chain(chosen(tree)).map(Audience::Person);
        AudienceSource::Own(persons.chain(tree.flag("to_street").then_some(Audience::Street)).collect())
    },
    rules: &table::COMPLAINT,
    keep_days: None,
    check: |attempt| steps_fit(&PROCESS, attempt),
    demands: &[&TITLE],
    subjects: &[Subject::Words],
};
