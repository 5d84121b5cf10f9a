//! The shape of an activity document and its projection. A claim is a field named by the person: true or given back.

use crate::documents::{Audience, Kind, Map, Place, Schema, Value};
use crate::projection::{Rows, Table, Type};
use crate::rules::{Attempt, table};

/// Activities. `starts_at` and `ends_at` are seconds since the Unix epoch (UTC).
pub static ACTIVITIES: Table = Table {
    name: "activities",
    fields: &[],
    columns: &[("title", Type::Text), ("task", Type::Text), ("place", Type::Text), ("starts_at", Type::Int), ("ends_at", Type::Int), ("places", Type::Int)],
    indexes: &["starts_at"],
};

/// Claims; `entry` is the person's id.
pub static CLAIMS: Table = Table { name: "claims", fields: &[], columns: &[("claimed", Type::Int)], indexes: &[] };

/// An activity; read by everyone enrolled.
pub static ACTIVITY: Kind = Kind {
    name: "activity",
    versions: &[Schema { number: 6, containers: &["claims"] }],
    fields: &[],
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    is_added: false,
    tables: &[&ACTIVITIES, &CLAIMS],
    project,
    place: |_, _| Place::Own(vec![Audience::Community, Audience::Desk]),
    rules: &table::ACTIVITY,
    keep_days: None,
    check,
    demands: &[],
    subjects: &[],
};

/// A member claims for themselves alone.
fn check(attempt: &Attempt<'_>) -> bool {
    let own = attempt.author.person.to_string();
    attempt.at_desk() || attempt.before.is_some_and(|b| attempt.after.map("claims").iter().all(|e| e.key == own || b.map("claims").get(&e.key) == Some(e)))
}

fn project(tree: &Map, rows: &mut Rows) {
    rows.push(&ACTIVITIES, "", ["title", "task", "place", "starts_at", "ends_at", "places"].map(|c| tree.value(c).clone()).to_vec());
    for claim in tree.map("claims").iter() {
        rows.push(&CLAIMS, &claim.key, vec![i64::from(*claim.node.value() == Value::Bool(true)).into()]);
    }
}
