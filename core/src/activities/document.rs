//! What an activity is: its fields, rules and projection. Who has which place, the hub says ([`crate::claims`]): here stands how many.

use crate::commands::Edit;
use crate::dictionary::{Field, Label, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Schema, Value, Written};
use crate::error::{Error, Result};
use crate::projection::{self, Rows, Table};
use crate::rules::table::{self, DESK, HUB};

const PLACES: Label = Label { zh: "个", en: "places" };
const PEOPLE_WAITING: Label = Label { zh: "人", en: "people" };

/// The fields of an activity.
pub static FIELDS: &[Field] = &[
    Field::new("title", "名称", "title", Type::Text(100), DESK).required().searched().listed(),
    Field::new("task", "任务类别", "task kind", Type::Text(100), DESK)
        .required()
        .listed()
        .help("双报到的六类任务之一，或其他", "one of the six task kinds of dual report, or another"),
    Field::new("place", "网格", "grid", Type::Reference(&["place"]), DESK),
    Field::new("starts_at", "开始时间", "start", Type::Time, DESK).required().listed(),
    Field::new("ends_at", "结束时间", "end", Type::Time, DESK).required().listed(),
    Field::new("places", "名额", "places", Type::Number { unit: PLACES, min: 1, max: 100_000 }, DESK)
        .listed()
        .help("不限名额请留空", "left empty for as many as come"),
    Field::new("granted", "已确认名额", "places granted", Type::Number { unit: PLACES, min: 0, max: 1_000_000 }, HUB)
        .listed()
        .set_by("claims.tally")
        .help("满额或不到一百时是准数，否则最多差二十分之一", "exact when full and below a hundred, else within a twentieth"),
    Field::new("waiting", "候补人数", "people waiting", Type::Number { unit: PEOPLE_WAITING, min: 0, max: 1_000_000 }, HUB)
        .listed()
        .set_by("claims.tally")
        .help("不到一百时是准数，否则最多差二十分之一", "exact below a hundred, else within a twentieth"),
];

/// Activities. `line` holds the ranks that wait, as [`crate::claims::Line`] writes them.
pub static ACTIVITIES: Table =
    Table { name: "activities", columns: &[("line", projection::Type::Text)], fields: FIELDS, indexes: &["starts_at", "place, starts_at"] };

/// An activity; read by everyone enrolled.
pub static ACTIVITY: Kind = Kind {
    name: "activity",
    versions: &[Schema { number: 6, containers: &[] }],
    fields: FIELDS,
    title: "title",
    orders: &[Order { key: "latest", label: Label { zh: "最晚开始", en: "latest" }, column: "starts_at", descending: true }],
    filters: &["place"],
    entries: &[],
    named: &[],
    process: None,
    added: Added::Add,
    complete,
    tables: &[&ACTIVITIES],
    project,
    audiences: |_, _| AudienceSource::Own(vec![Audience::Community, Audience::Desk]),
    rules: &table::ACTIVITY,
    keep_days: None,
    check: |_| true,
    demands: &[],
    subjects: &[],
};

/// An activity ends after it begins.
fn complete(_: &mut Edit<'_>, before: &Map, written: &mut Written) -> Result<()> {
    let given = |key: &str| written.iter().find(|(k, _)| k == key).map_or_else(|| before.value(key), |(_, value)| value);
    match (given("starts_at"), given("ends_at")) {
        (Value::Int(starts_at), Value::Int(ends_at)) if ends_at <= starts_at => {
            Err(Error::invalid("结束时间须晚于开始时间", "an activity ends after it begins").in_field("ends_at"))
        }
        _ => Ok(()),
    }
}

fn project(tree: &Map, rows: &mut Rows) {
    rows.push_fields(&ACTIVITIES, "", vec![tree.value("line").clone()], tree);
}
