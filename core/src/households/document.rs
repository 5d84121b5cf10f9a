//! The shape of a household document and its projection.
//!
//! A resident's tags are fields of the resident (`tag:低保` → true), not a map of their own: a map that two phones make at
//! the same time would hide one phone's tags.

use crate::documents::{Audience, Kind, Map, Place, Schema, Subject, Value};
use crate::ids::Id;
use crate::projection::{Rows, Table, Type};
use crate::rules::table;

/// Households.
pub static HOUSEHOLDS: Table = Table {
    name: "households",
    columns: &[
        ("place", Type::Text),
        ("micro_grid", Type::Text),
        ("address", Type::Text),
        ("tenure", Type::Text),
        ("state", Type::Text),
        ("lat", Type::Int),
        ("lon", Type::Int),
        ("visit_every_days", Type::Int),
        ("at", Type::Int),
    ],
    indexes: &["place"],
};

/// Residents, one row each, by `position` in the order they were recorded; `entry` is the resident's id.
pub static RESIDENTS: Table = Table {
    name: "residents",
    columns: &[
        ("position", Type::Int),
        ("name", Type::Text),
        ("sex", Type::Text),
        ("birth", Type::Text),
        ("relation", Type::Text),
        ("phone", Type::Text),
        ("state", Type::Text),
        ("tags", Type::Text),
    ],
    indexes: &[],
};

/// A household with its residents; read by its grid, its micro-grid's leads and the desk.
pub static HOUSEHOLD: Kind = Kind {
    name: "household",
    versions: &[Schema { number: 2, containers: &["residents"] }],
    tables: &[&HOUSEHOLDS, &RESIDENTS],
    project,
    place: |tree, _| {
        let (grid, micro_grid) = (tree.id("place").map(Audience::Place), tree.id("micro_grid").map(Audience::MicroGrid));
        Place::Own(grid.into_iter().chain(micro_grid).chain([Audience::Desk]).collect())
    },
    rules: &table::HOUSEHOLD,
    keep_days: None,
    check: |attempt| !attempt.after.text("address").is_empty() && attempt.after.id("place").is_some(),
    demands: &[],
    subjects: &[Subject::Entries { container: "residents", table: &RESIDENTS }],
};

/// The tags of a resident, sorted.
pub fn tags(resident: &Map) -> impl Iterator<Item = &str> {
    resident.iter().filter(|e| *e.node.value() == Value::Bool(true)).filter_map(|e| e.key.strip_prefix("tag:"))
}

fn project(tree: &Map, rows: &mut Rows) {
    let columns = ["place", "micro_grid", "address", "tenure", "state", "lat", "lon", "visit_every_days", "at"];
    rows.push(&HOUSEHOLDS, "", columns.map(|c| tree.value(c).clone()).to_vec());
    // In the order they were recorded: by the ids' numbers, not their spellings.
    let mut residents: Vec<_> = tree.entries("residents").filter(|(_, r)| !r.flag("removed")).collect();
    residents.sort_by_key(|(id, _)| id.parse::<Id>().ok().map(|id| (id.counter, id.actor)));
    for (position, (id, resident)) in (0..).zip(residents) {
        let mut values = vec![Value::Int(position)];
        values.extend(["name", "sex", "birth", "relation", "phone", "state"].map(|c| resident.value(c).clone()));
        values.push(tags(resident).collect::<Vec<_>>().join(" ").as_str().into());
        rows.push(&RESIDENTS, id, values);
    }
}
