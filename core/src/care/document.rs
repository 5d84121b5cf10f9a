//! What is known of a resident's health and of a minor: fields, rules and projections. Each names its circle once, and the resident
//! by household and entry.

use crate::dictionary::{Field, Label, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Schema, Subject};
use crate::projection::{self, Table};
use crate::rules::Role;
use crate::rules::table::{self, HEALTH_MEMBERS, MINORS_MEMBERS};

const fn circle(members: &'static [Role]) -> Field {
    Field::new("circle", "保密圈", "circle", Type::Reference(&["circle"]), members).once().required().listed()
}

const fn household(members: &'static [Role]) -> Field {
    Field::new("household", "住户", "household", Type::Reference(&["household"]), members).once().required().listed()
}

const fn resident(members: &'static [Role]) -> Field {
    Field::new("resident", "居民", "resident", Type::Entry { of: "household", entries: "residents" }, members).once().required().listed()
}

const fn fact(key: &'static str, zh: &'static str, en: &'static str, members: &'static [Role]) -> Field {
    Field::new(key, zh, en, Type::Note(5_000), members).sensitive()
}

/// The fields of what is known of a resident's health.
pub static HEALTH_FIELDS: &[Field] = &[
    circle(HEALTH_MEMBERS),
    household(HEALTH_MEMBERS),
    resident(HEALTH_MEMBERS),
    fact("conditions", "疾病", "conditions", HEALTH_MEMBERS),
    fact("disability", "残疾", "disability", HEALTH_MEMBERS),
    fact("medication", "用药", "medication", HEALTH_MEMBERS),
    fact("contact", "紧急联系人", "emergency contact", HEALTH_MEMBERS),
    fact("note", "备注", "note", HEALTH_MEMBERS),
];

/// The fields of what is known of a minor.
pub static MINOR_FIELDS: &[Field] = &[
    circle(MINORS_MEMBERS),
    household(MINORS_MEMBERS),
    resident(MINORS_MEMBERS),
    fact("guardian", "监护人", "guardian", MINORS_MEMBERS),
    fact("absent_guardian", "外出的监护人", "absent guardian", MINORS_MEMBERS),
    fact("fetch", "可以接送的人", "who may fetch them", MINORS_MEMBERS),
    fact("school", "学校", "school", MINORS_MEMBERS),
    fact("risk", "风险", "risk", MINORS_MEMBERS),
    fact("note", "备注", "note", MINORS_MEMBERS),
];

const COLUMNS: &[(&str, projection::Type)] = &[("at", projection::Type::Int)];
const INDEXES: &[&str] = &["household", "circle, at", "at"];

/// What is known of a resident's health.
pub static HEALTH_ROWS: Table = Table { name: "health", columns: COLUMNS, fields: HEALTH_FIELDS, indexes: INDEXES };

/// What is known of a minor.
pub static MINOR_ROWS: Table = Table { name: "minors", columns: COLUMNS, fields: MINOR_FIELDS, indexes: INDEXES };

const ORDERS: &[Order] = &[Order { key: "newest", label: Label { zh: "最近登记", en: "newest" }, column: "at", descending: true }];

/// A resident's health; read by the members of its health circle alone.
pub static HEALTH: Kind = Kind {
    name: "health",
    versions: &[Schema { number: 11, containers: &[] }],
    fields: HEALTH_FIELDS,
    title: "",
    orders: ORDERS,
    filters: &["household", "circle"],
    entries: &[],
    named: &[],
    process: None,
    added: Added::Add,
    complete: |_, _, _| Ok(()),
    tables: &[&HEALTH_ROWS],
    project: |tree, rows| rows.push_fields(&HEALTH_ROWS, "", vec![tree.value("at").clone()], tree),
    audiences: |tree, _| audiences(tree),
    rules: &table::HEALTH,
    keep_days: None,
    check: |attempt| is_whole(attempt.after),
    demands: &[],
    subjects: &[Subject::Named { table: &HEALTH_ROWS, column: "resident" }, Subject::Named { table: &HEALTH_ROWS, column: "household" }],
};

/// A minor; read by the approved members of its circle for minors alone.
pub static MINOR: Kind = Kind {
    name: "minor",
    versions: &[Schema { number: 12, containers: &[] }],
    fields: MINOR_FIELDS,
    title: "",
    orders: ORDERS,
    filters: &["household", "circle"],
    entries: &[],
    named: &[],
    process: None,
    added: Added::Add,
    complete: |_, _, _| Ok(()),
    tables: &[&MINOR_ROWS],
    project: |tree, rows| rows.push_fields(&MINOR_ROWS, "", vec![tree.value("at").clone()], tree),
    audiences: |tree, _| audiences(tree),
    rules: &table::MINOR,
    keep_days: None,
    check: |attempt| is_whole(attempt.after),
    demands: &[],
    subjects: &[Subject::Named { table: &MINOR_ROWS, column: "resident" }, Subject::Named { table: &MINOR_ROWS, column: "household" }],
};

fn audiences(tree: &Map) -> AudienceSource {
    AudienceSource::Own(tree.id("circle").map(Audience::Circle).into_iter().collect())
}

fn is_whole(tree: &Map) -> bool {
    ["circle", "household", "resident"].iter().all(|key| tree.id(key).is_some())
}
