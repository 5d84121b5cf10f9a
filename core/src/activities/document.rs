//! What an activity is: its fields, rules and projection. A claim is a value named by the person: true or given back.

use crate::commands::Edit;
use crate::dictionary::{Field, Label, Named, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Schema, Value, Written};
use crate::error::{Error, Result};
use crate::projection::{self, Rows, Table};
use crate::rules::Attempt;
use crate::rules::table::{self, DESK, PEOPLE};

const PLACES: Label = Label { zh: "个", en: "places" };

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
];

/// Who claimed a place; they claim and give back by `activities.claim`, an import brings claims along.
const CLAIMED: Named = Named {
    key: "claims",
    label: Label { zh: "认领", en: "claimed by" },
    names: Type::Reference(&["person"]),
    ty: Type::Flag,
    roles: PEOPLE,
    is_edited: false,
    since: 0,
};

/// Activities.
pub static ACTIVITIES: Table = Table { name: "activities", columns: &[], fields: FIELDS, indexes: &["starts_at", "place, starts_at"] };

/// Claims; `entry` is the person's id.
pub static CLAIMS: Table = Table { name: "claims", columns: &[("claimed", projection::Type::Int)], fields: &[], indexes: &[] };

/// An activity; read by everyone enrolled.
pub static ACTIVITY: Kind = Kind {
    name: "activity",
    versions: &[Schema { number: 6, containers: &["claims"] }],
    fields: FIELDS,
    title: "title",
    orders: &[Order { key: "latest", label: Label { zh: "最晚开始", en: "latest" }, column: "starts_at", descending: true }],
    filters: &["place"],
    entries: &[],
    named: &[CLAIMED],
    process: None,
    added: Added::Add,
    complete,
    tables: &[&ACTIVITIES, &CLAIMS],
    project,
    audiences: |_, _| AudienceSource::Own(vec![Audience::Community, Audience::Desk]),
    rules: &table::ACTIVITY,
    keep_days: None,
    check,
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

/// A member claims for themselves alone.
fn check(attempt: &Attempt<'_>) -> bool {
    let own = attempt.author.person.to_string();
    attempt.at_desk() || attempt.before.is_some_and(|b| attempt.after.map("claims").iter().all(|e| e.key == own || b.map("claims").get(&e.key) == Some(e)))
}

fn project(tree: &Map, rows: &mut Rows) {
    rows.push_fields(&ACTIVITIES, "", vec![], tree);
    for claim in tree.map("claims").iter() {
        rows.push(&CLAIMS, &claim.key, vec![i64::from(*claim.node.value() == Value::Bool(true)).into()]);
    }
}
