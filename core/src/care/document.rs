//! The shapes of health and minor documents and their projections. Each names its circle once, and the resident by household
//! and entry.

use crate::documents::{Audience, Kind, Map, Place, Schema, Subject};
use crate::projection::{Table, Type, reference};
use crate::rules::table;

/// What is known of a resident's health.
pub static HEALTH_ROWS: Table = Table {
    name: "health",
    fields: &[],
    columns: &[
        ("circle", Type::Text),
        ("household", Type::Text),
        ("resident", Type::Text),
        ("conditions", Type::Text),
        ("disability", Type::Text),
        ("medication", Type::Text),
        ("contact", Type::Text),
        ("note", Type::Text),
    ],
    indexes: &["household"],
};

/// What is known of a minor.
pub static MINOR_ROWS: Table = Table {
    name: "minors",
    fields: &[],
    columns: &[
        ("circle", Type::Text),
        ("household", Type::Text),
        ("resident", Type::Text),
        ("guardian", Type::Text),
        ("absent_guardian", Type::Text),
        ("fetch", Type::Text),
        ("school", Type::Text),
        ("risk", Type::Text),
        ("note", Type::Text),
    ],
    indexes: &["household"],
};

/// Facts of health, with what people call them.
pub const HEALTH_FACTS: [(&str, &str); 5] =
    [("conditions", "疾病"), ("disability", "残疾"), ("medication", "用药"), ("contact", "紧急联系人"), ("note", "备注")];

/// Facts about a minor, with what people call them.
pub const MINOR_FACTS: [(&str, &str); 6] =
    [("guardian", "监护人"), ("absent_guardian", "外出的监护人"), ("fetch", "可以接送的人"), ("school", "学校"), ("risk", "风险"), ("note", "备注")];

/// A resident's health; read by the members of its health circle alone.
pub static HEALTH: Kind = Kind {
    name: "health",
    versions: &[Schema { number: 11, containers: &[] }],
    fields: &[],
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    is_added: false,
    tables: &[&HEALTH_ROWS],
    project: |tree, rows| {
        let mut values = about(tree);
        values.extend(HEALTH_FACTS.map(|(key, _)| tree.value(key).clone()));
        rows.push(&HEALTH_ROWS, "", values);
    },
    place: |tree, _| place(tree),
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
    fields: &[],
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    is_added: false,
    tables: &[&MINOR_ROWS],
    project: |tree, rows| {
        let mut values = about(tree);
        values.extend(MINOR_FACTS.map(|(key, _)| tree.value(key).clone()));
        rows.push(&MINOR_ROWS, "", values);
    },
    place: |tree, _| place(tree),
    rules: &table::MINOR,
    keep_days: None,
    check: |attempt| is_whole(attempt.after),
    demands: &[],
    subjects: &[Subject::Named { table: &MINOR_ROWS, column: "resident" }, Subject::Named { table: &MINOR_ROWS, column: "household" }],
};

fn about(tree: &Map) -> Vec<crate::documents::Value> {
    ["circle", "household", "resident"].map(|key| reference(tree.id(key))).to_vec()
}

fn place(tree: &Map) -> Place {
    Place::Own(tree.id("circle").map(Audience::Circle).into_iter().collect())
}

fn is_whole(tree: &Map) -> bool {
    ["circle", "household", "resident"].iter().all(|key| tree.id(key).is_some())
}
