//! The shape of the settings document and its projection: one a community.

use crate::documents::{Audience, Kind, Place, Schema};
use crate::projection::{Table, Type};
use crate::rules::table;

/// How often the carriers of a tag (`entry`) are visited, in days; 0 for never by this rule.
pub static VISIT_RULES: Table = Table { name: "visit_rules", columns: &[("every_days", Type::Int)], indexes: &[] };

/// Over which networks phones send and fetch photos in full (`networks`: any, unmetered, never); empty where nobody chose.
pub static PHOTO_SETTINGS: Table = Table { name: "photo_settings", columns: &[("networks", Type::Text)], indexes: &[] };

/// A community's settings; read by everyone enrolled, written at the desk.
pub static SETTINGS: Kind = Kind {
    name: "settings",
    versions: &[Schema { number: 8, containers: &["visit_rules"] }],
    tables: &[&VISIT_RULES, &PHOTO_SETTINGS],
    project: |tree, rows| {
        for rule in tree.map("visit_rules").iter() {
            rows.push(&VISIT_RULES, &rule.key, vec![rule.node.value().clone()]);
        }
        rows.push(&PHOTO_SETTINGS, "", vec![tree.value("photo_networks").clone()]);
    },
    place: |_, _| Place::Own(vec![Audience::Community, Audience::Desk]),
    rules: &table::SETTINGS,
    keep_days: None,
    check: |_| true,
};
