//! The shape of a visit document and its projection. A visit is complete in its first change.

use crate::documents::{Kind, Map, Place, Schema, Subject};
use crate::projection::{Rows, Table, Type};
use crate::rules::table;

/// Visits. `at` is the trusted time found later, where there is one.
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
    check: |attempt| attempt.after.id("household").is_some() && !attempt.after.text("by").is_empty(),
    demands: &[],
    subjects: &[Subject::About],
};

fn project(tree: &Map, rows: &mut Rows) {
    let mut values = vec![tree.value("household").clone(), tree.value("by").clone()];
    values.extend(trusted_time(tree));
    values.extend(["result", "purpose", "note", "minutes", "lat", "lon"].map(|c| tree.value(c).clone()));
    rows.push(&VISITS, "", values);
}

/// When a happening was, by the best time known, and whether that is still unproven (1) or not (0).
pub fn trusted_time(tree: &Map) -> [crate::documents::Value; 2] {
    match tree.int("anchored_at") {
        Some(at) => [at.into(), 0.into()],
        None => [tree.value("at").clone(), i64::from(tree.get("boot").is_some()).into()],
    }
}
