//! The shape of an attendance document and its projection: one document from sign-in to sign-out.

use crate::documents::{Audience, Kind, Map, Place, Proof, Schema, Subject};
use crate::projection::{Rows, Table, Type};
use crate::rules::table;

/// Attendances. `at` is the sign-in, by the best time known; `signed_out_at` likewise.
pub static ATTENDANCES: Table = Table {
    name: "attendances",
    fields: &[],
    columns: &[("activity", Type::Text), ("person", Type::Text), ("at", Type::Int), ("unanchored", Type::Int), ("signed_out_at", Type::Int)],
    indexes: &["person, at"],
};

/// A person's attendance at an activity; read by the person and the desk.
pub static ATTENDANCE: Kind = Kind {
    name: "attendance",
    versions: &[Schema { number: 7, containers: &[] }],
    fields: &[],
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    is_added: false,
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
    let worse = [tree, tree.map("signed_out_at")].map(|map| Proof::of(map) as i64).into_iter().max().unwrap_or(0);
    values.extend([tree.value("at").clone(), worse.into(), tree.value("signed_out_at").clone()]);
    rows.push(&ATTENDANCES, "", values);
}
