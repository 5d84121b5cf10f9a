//! The shape of a visit document and its projection. A visit is complete in its first change.

use crate::documents::{Kind, Map, Place, Schema};
use crate::projection::{Rows, Table, Type};
use crate::rules::table;

/// How much earlier than it is entered a visit may have been (补录), in seconds: 7 days.
pub const EARLIEST_SECONDS: i64 = 7 * 86_400;

/// Visits. `at` is when it was, `recorded_at` when it was entered: the same, unless it was entered later (补录).
pub static VISITS: Table = Table {
    name: "visits",
    columns: &[
        ("household", Type::Text),
        ("by", Type::Text),
        ("at", Type::Int),
        ("unanchored", Type::Int),
        ("result", Type::Text),
        ("purpose", Type::Text),
        ("note", Type::Text),
        ("minutes", Type::Int),
        ("lat", Type::Int),
        ("lon", Type::Int),
        ("recorded_at", Type::Int),
    ],
    indexes: &["household, result, at"],
};

/// A visit; read by whoever reads the household.
pub static VISIT: Kind = Kind {
    name: "visit",
    versions: &[Schema { number: 3, containers: &[] }],
    tables: &[&VISITS],
    project,
    place: |tree, _| match tree.id("household") {
        Some(about) => Place::Of { about, kinds: &["household"] },
        None => Place::Own(vec![]),
    },
    rules: &table::VISIT,
    keep_days: Some(365),
    check: |attempt| {
        let earlier = attempt.after.int("earlier_by").unwrap_or(0);
        attempt.after.id("household").is_some() && !attempt.after.text("by").is_empty() && (0..=EARLIEST_SECONDS).contains(&earlier)
    },
};

fn project(tree: &Map, rows: &mut Rows) {
    let mut values = vec![tree.value("household").clone(), tree.value("by").clone()];
    let [recorded, proof] = tree.when();
    let earlier = tree.int("earlier_by").unwrap_or(0).clamp(0, EARLIEST_SECONDS);
    values.extend([tree.int("at").map_or(recorded.clone(), |at| at.saturating_sub(earlier).into()), proof]);
    values.extend(["result", "purpose", "note", "minutes", "lat", "lon"].map(|c| tree.value(c).clone()));
    values.push(recorded);
    rows.push(&VISITS, "", values);
}
