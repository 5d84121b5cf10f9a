//! What a community's settings are: their fields, rules and projection. One document a community.

use super::photo_networks::NETWORKS;
use crate::calendar::OfficeHours;
use crate::commands::Edit;
use crate::dictionary::own::DEFINED;
use crate::dictionary::{Field, Label, Named, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Schema, Value, Written};
use crate::error::Result;
use crate::projection::{self, Table};
use crate::rules::table::{self, DESK};

/// What is set once.
pub static FIELDS: &[Field] = &[
    Field::new("photo_networks", "传原图的网络", "networks of photos", Type::Choice(NETWORKS), DESK)
        .help("没有选定时仅用无线网络", "unmetered ones alone where nobody chose"),
    Field::new("office_hours", "办公时间", "office hours", Type::Text(300), DESK)
        .help("如 09:00-12:00,14:00-17:00; 06-01~08-31 08:00-12:00,15:00-18:00", "such as 09:00-12:00,14:00-17:00; 06-01~08-31 08:00-12:00,15:00-18:00"),
    Field::new("retention_daily", "每天按保存期限删除", "retention applied daily", Type::Flag, DESK),
];

const DAYS: Label = Label { zh: "天", en: "days" };

/// How often the carriers of a tag are visited, in days; 0 for never by this rule.
const RHYTHMS: Named = Named {
    key: "visit_rules",
    label: Label { zh: "走访周期", en: "visiting rhythm" },
    names: Type::Tags,
    ty: Type::Number { unit: DAYS, min: 0, max: 3650 },
    roles: DESK,
    is_edited: true,
    since: 0,
};

/// What is set once.
pub static SETTINGS_ROW: Table = Table { name: "settings", columns: &[], fields: FIELDS, indexes: &[] };

/// How often the carriers of a tag (`entry`) are visited, in days; 0 for never by this rule.
pub static VISIT_RULES: Table = Table { name: "visit_rules", columns: &[("every_days", projection::Type::Int)], fields: &[], indexes: &[] };

/// How long documents of a kind (`entry`: `visit`, `report`) are kept, in months; 0 for ever.
pub static RETENTION: Table = Table { name: "retention", columns: &[("months", projection::Type::Int)], fields: &[], indexes: &[] };

/// Public holidays and make-up working days; `entry` is the version's number.
pub static CALENDARS: Table = Table { name: "calendars", columns: &[("body", projection::Type::Text)], fields: &[], indexes: &[] };

/// What the keys of [`CALENDARS`] begin with.
pub const CALENDAR_KEY: &str = "calendar:";

/// What the keys of [`RETENTION`] begin with: fields of the document itself, which need no container.
pub const RETENTION_KEY: &str = "retention:";

/// How long clocks run (`entry`: `report.finish`), as people write it.
pub static AMOUNTS: Table = Table { name: "amounts", columns: &[("amount", projection::Type::Text)], fields: &[], indexes: &[] };

/// What the keys of [`AMOUNTS`] begin with.
pub const AMOUNT_KEY: &str = "amount:";

/// The fields of the community's own (`entry`: `residents:x:dogs`), each with its definition as JSON.
pub static OWN_FIELDS: Table = Table { name: "own_fields", columns: &[("definition", projection::Type::Text)], fields: &[], indexes: &[] };

/// A community's settings; read by everyone enrolled, written at the desk.
pub static SETTINGS: Kind = Kind {
    name: "settings",
    versions: &[Schema { number: 8, containers: &["visit_rules"] }],
    fields: FIELDS,
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    named: &[RHYTHMS],
    process: None,
    added: Added::Hub,
    complete,
    tables: &[&SETTINGS_ROW, &VISIT_RULES, &RETENTION, &CALENDARS, &AMOUNTS, &OWN_FIELDS],
    project: |tree, rows| {
        rows.push_fields(&SETTINGS_ROW, "", vec![], tree);
        for rule in tree.iter() {
            if let Some(kind) = rule.key.strip_prefix(RETENTION_KEY) {
                rows.push(&RETENTION, kind, vec![rule.node.value().clone()]);
            }
            if let Some(version) = rule.key.strip_prefix(CALENDAR_KEY) {
                rows.push(&CALENDARS, version, vec![rule.node.value().clone()]);
            }
            if let Some(setting) = rule.key.strip_prefix(AMOUNT_KEY) {
                rows.push(&AMOUNTS, setting, vec![rule.node.value().clone()]);
            }
            if let Some(name) = rule.key.strip_prefix(DEFINED) {
                rows.push(&OWN_FIELDS, name, vec![rule.node.value().clone()]);
            }
        }
        for rule in tree.map("visit_rules").iter() {
            rows.push(&VISIT_RULES, &rule.key, vec![rule.node.value().clone()]);
        }
    },
    audiences: |_, _| AudienceSource::Own(vec![Audience::Community, Audience::Desk]),
    rules: &table::SETTINGS,
    keep_days: None,
    check: |_| true,
    demands: &[],
    subjects: &[],
};

/// Office hours that cannot be read are not set.
fn complete(_: &mut Edit<'_>, _: &Map, written: &mut Written) -> Result<()> {
    match written.iter().find(|(key, _)| key == "office_hours") {
        Some((_, Value::Text(text))) => text.parse::<OfficeHours>().map(drop).map_err(|flaw| flaw.in_field("office_hours")),
        _ => Ok(()),
    }
}
