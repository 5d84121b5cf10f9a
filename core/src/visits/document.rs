//! The shape of a visit document and its projection. A visit is complete in its first change.

use crate::dictionary::{Code, Field, Label, Order, Type};
use crate::documents::{Kind, Map, Place, Schema};
use crate::projection::{self, Rows, Table};
use crate::rules::table::{self, ROSTER};

/// How a visit ended.
pub const RESULTS: &[Code] = &[
    Code::new("met", "已见面", "met"),
    Code::new("nobody_home", "无人应答", "nobody home"),
    Code::new("phone", "电话联系", "by telephone"),
    Code::new("refused", "拒访", "refused"),
    Code::new("later", "改日再访", "another day"),
];

/// The fields of a visit, written once: what was seen then stays.
pub static FIELDS: &[Field] = &[
    Field::new("result", "结果", "result", Type::Choice(RESULTS), ROSTER).once().required().listed(),
    Field::new("purpose", "事由", "purpose", Type::Note(5_000), ROSTER).once().personal().listed(),
    Field::new("note", "情况", "note", Type::Note(5_000), ROSTER).once().personal(),
    Field::new("minutes", "用时", "duration", Type::Minutes, ROSTER).once(),
    Field::new("position", "位置", "position", Type::Position, ROSTER).once().personal(),
];

/// Visits. `at` is the trusted time found later, where there is one.
pub static VISITS: Table = Table {
    name: "visits",
    columns: &[("household", projection::Type::Text), ("by", projection::Type::Text), ("at", projection::Type::Int), ("unanchored", projection::Type::Int)],
    fields: FIELDS,
    indexes: &["household, result, at", "at"],
};

/// A visit; read by whoever reads the household.
pub static VISIT: Kind = Kind {
    name: "visit",
    versions: &[Schema { number: 3, containers: &[] }],
    fields: FIELDS,
    title: "",
    orders: &[Order { key: "newest", label: Label { zh: "最近", en: "newest" }, column: "at", descending: true }],
    filters: &["household"],
    entries: &[],
    is_added: false,
    tables: &[&VISITS],
    project,
    place: |tree, _| match tree.id("household") {
        Some(about) => Place::Of { about, kinds: &["household"] },
        None => Place::Own(vec![]),
    },
    rules: &table::VISIT,
    keep_days: Some(365),
    check: |attempt| attempt.after.id("household").is_some() && !attempt.after.text("by").is_empty(),
};

fn project(tree: &Map, rows: &mut Rows) {
    let mut values = vec![tree.value("household").clone(), tree.value("by").clone()];
    values.extend(trusted_time(tree));
    rows.push_fields(&VISITS, "", values, tree);
}

/// When a happening was, by the best time known, and whether that is still unproven (1) or not (0).
pub fn trusted_time(tree: &Map) -> [crate::documents::Value; 2] {
    match tree.int("anchored_at") {
        Some(at) => [at.into(), 0.into()],
        None => [tree.value("at").clone(), i64::from(tree.get("boot").is_some()).into()],
    }
}
