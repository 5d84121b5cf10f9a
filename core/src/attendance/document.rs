//! What an attendance is: its fields, rules and projection. One document from sign-in to sign-out.

use crate::dictionary::{Field, Label, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Proof, Schema, Subject};
use crate::projection::{self, Rows, Table};
use crate::rules::table::{self, PEOPLE};

/// The fields of an attendance.
pub static FIELDS: &[Field] = &[
    Field::new("activity", "活动", "activity", Type::Reference(&["activity"]), PEOPLE).once().required().listed(),
    Field::new("person", "人员", "person", Type::Reference(&["person"]), PEOPLE).once().required().listed(),
    Field::new("signed_out_at", "签退时间", "signed out at", Type::PastTime, PEOPLE).listed().set_by("attendance.sign_out"),
];

/// Attendances. `at` is the sign-in, by the best time known; `signed_out_at` likewise.
pub static ATTENDANCES: Table = Table {
    name: "attendances",
    columns: &[("at", projection::Type::Int), ("unanchored", projection::Type::Int)],
    fields: FIELDS,
    indexes: &["person, at", "activity, at", "at"],
};

/// A person's attendance at an activity; read by the person and the desk.
pub static ATTENDANCE: Kind = Kind {
    name: "attendance",
    versions: &[Schema { number: 7, containers: &[] }],
    fields: FIELDS,
    title: "",
    orders: &[Order { key: "newest", label: Label { zh: "最近签到", en: "newest" }, column: "at", descending: true }],
    filters: &["person", "activity"],
    entries: &[],
    named: &[],
    process: None,
    added: Added::Command("attendance.sign_in"),
    complete: |_, _, _| Ok(()),
    tables: &[&ATTENDANCES],
    project,
    audiences: |tree, _| AudienceSource::Own(tree.id("person").map(Audience::Person).into_iter().chain([Audience::Desk]).collect()),
    rules: &table::ATTENDANCE,
    keep_days: None,
    check: |attempt| attempt.after.id("person") == Some(attempt.author.person) || attempt.at_desk(),
    demands: &[],
    subjects: &[Subject::Named { table: &ATTENDANCES, column: "person" }],
};

fn project(tree: &Map, rows: &mut Rows) {
    let worse = [tree, tree.map("signed_out_at")].map(|map| Proof::of(map) as i64).into_iter().max().unwrap_or(0);
    rows.push_fields(&ATTENDANCES, "", vec![tree.value("at").clone(), worse.into()], tree);
}
