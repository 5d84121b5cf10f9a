//! The shape of a visit document and its projection. A visit is complete in its first change.

use crate::dictionary::{Code, Field, Label, Order, Type};
use crate::documents::{Added, AudienceSource, Kind, Map, Schema, Subject};
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
    Field::new("household", "住户", "household", Type::Reference(&["household"]), ROSTER).once().required().listed(),
    Field::new("result", "结果", "result", Type::Choice(RESULTS), ROSTER).once().required().listed(),
    Field::new("purpose", "事由", "purpose", Type::Note(5_000), ROSTER).once().personal().listed(),
    Field::new("note", "情况", "note", Type::Note(5_000), ROSTER).once().personal(),
    Field::new("minutes", "用时", "duration", Type::Minutes, ROSTER).once(),
    Field::new("position", "位置", "position", Type::Position, ROSTER).once().personal(),
];

/// How much earlier than it is entered a visit may have been (补录), in seconds: 7 days.
pub const EARLIEST_SECONDS: i64 = 7 * 86_400;

/// Visits. `at` is when it was, `recorded_at` when it was entered: the same, unless it was entered later (补录).
pub static VISITS: Table = Table {
    name: "visits",
    columns: &[("by", projection::Type::Text), ("at", projection::Type::Int), ("unanchored", projection::Type::Int), ("recorded_at", projection::Type::Int)],
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
    named: &[],
    process: None,
    added: Added::Command("visits.record"),
    complete: |_, _, _| Ok(()),
    tables: &[&VISITS],
    project,
    audiences: |tree, _| match tree.id("household") {
        Some(about) => AudienceSource::Of { about, kinds: &["household"] },
        None => AudienceSource::Own(vec![]),
    },
    rules: &table::VISIT,
    keep_days: Some(365),
    check: |attempt| {
        let earlier = attempt.after.int("earlier_by").unwrap_or(0);
        attempt.after.id("household").is_some() && !attempt.after.text("by").is_empty() && (0..=EARLIEST_SECONDS).contains(&earlier)
    },
    demands: &[],
    subjects: &[Subject::About],
};

fn project(tree: &Map, rows: &mut Rows) {
    let mut values = vec![tree.value("by").clone()];
    let [recorded, proof] = tree.when();
    let earlier = tree.int("earlier_by").unwrap_or(0).clamp(0, EARLIEST_SECONDS);
    values.extend([tree.int("at").map_or(recorded.clone(), |at| at.saturating_sub(earlier).into()), proof]);
    values.push(recorded);
    rows.push_fields(&VISITS, "", values, tree);
}
