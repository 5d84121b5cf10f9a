//! The shape of an attendance document and its projection: one document from sign-in to sign-out.

use crate::documents::{Audience, Kind, Map, Place, Schema, Subject, Value};
use crate::projection::{Rows, Table, Type};
use crate::rules::table;
use crate::visits::document::trusted_time;

/// Attendances. `at` is the sign-in, by the best time known; `signed_out_at` likewise.
pub static ATTENDANCES: Table = Table {
    name: "attendances",
    columns: &[("activity", Type::Text), ("person", Type::Text), ("at", Type::Int), ("unanchored", Type::Int), ("signed_out_at", Type::Int)],
    indexes: &["person, at"],
};

/// A person's attendance at an activity; read by the person and the desk.
pub static ATTENDANCE: Kind = Kind {
    name: "attendance",
    versions: &[Schema { number: 7, containers: &[] }],
    tables: &[&ATTENDANCES],
    project,
    place: |tree, _| Place::Own(tree.id("person").map(Audience::Person).into_iter().chain([Audience::Desk]).collect()),
    rules: &table::ATTENDANCE,
    keep_days: None,
    check: |attempt| attempt.after.id("person") == Some(attempt.author.person) || attempt.at_desk(),
    demands: &[],
    subjects: &[Subject::Named { table: &ATTENDANCES, column: "person" }],
};

fn project(tree: &Map, rows: &mut Rows) {
    let mut values = vec![tree.value("activity").clone(), tree.value("person").clone()];
    let [at, unanchored] = trusted_time(tree);
    let (out, out_anchored) = (tree.value("signed_out_at"), tree.value("signed_out_anchored_at"));
    let out_unanchored = *out_anchored == Value::Null && tree.map("signed_out_at").get("boot").is_some();
    let unanchored = if out_unanchored { 1.into() } else { unanchored };
    values.extend([at, unanchored, if *out_anchored == Value::Null { out.clone() } else { out_anchored.clone() }]);
    rows.push(&ATTENDANCES, "", values);
}
