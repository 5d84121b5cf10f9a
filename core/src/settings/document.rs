//! The shape of the settings document and its projection: one a community.

use crate::documents::{Audience, Kind, Place, Schema};
use crate::projection::{Table, Type};
use crate::rules::table;

/// How often the carriers of a tag (`entry`) are visited, in days; 0 for never by this rule.
pub static VISIT_RULES: Table = Table { name: "visit_rules", fields: &[], columns: &[("every_days", Type::Int)], indexes: &[] };

/// Over which networks phones send and fetch photos in full (`networks`: any, unmetered, never); empty where nobody chose.
pub static PHOTO_SETTINGS: Table = Table { name: "photo_settings", fields: &[], columns: &[("networks", Type::Text)], indexes: &[] };

/// How long documents of a kind (`entry`: `visit`, `report`) are kept, in months; 0 for ever.
pub static RETENTION: Table = Table { name: "retention", fields: &[], columns: &[("months", Type::Int)], indexes: &[] };

/// What is set once.
pub static SETTINGS_ROW: Table = Table { name: "settings", fields: &[], columns: &[("retention_daily", Type::Int)], indexes: &[] };

/// What the keys of [`RETENTION`] begin with: fields of the document itself, which need no container.
pub const RETENTION_KEY: &str = "retention:";

/// A community's settings; read by everyone enrolled, written at the desk.
pub static SETTINGS: Kind = Kind {
    name: "settings",
    versions: &[Schema { number: 8, containers: &["visit_rules"] }],
    fields: &[],
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    is_added: false,
    tables: &[&SETTINGS_ROW, &VISIT_RULES, &RETENTION, &PHOTO_SETTINGS],
    project: |tree, rows| {
        rows.push(&SETTINGS_ROW, "", vec![tree.value("retention_daily").clone()]);
        for rule in tree.iter() {
            if let Some(kind) = rule.key.strip_prefix(RETENTION_KEY) {
                rows.push(&RETENTION, kind, vec![rule.node.value().clone()]);
            }
        }
        for rule in tree.map("visit_rules").iter() {
            rows.push(&VISIT_RULES, &rule.key, vec![rule.node.value().clone()]);
        }
        rows.push(&PHOTO_SETTINGS, "", vec![tree.value("photo_networks").clone()]);
    },
    place: |_, _| Place::Own(vec![Audience::Community, Audience::Desk]),
    rules: &table::SETTINGS,
    keep_days: None,
    check: |_| true,
    demands: &[],
    subjects: &[],
};
