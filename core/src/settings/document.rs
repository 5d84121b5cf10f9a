//! The shape of the settings document and its projection: one a community.

use crate::documents::{Audience, Kind, Place, Schema};
use crate::projection::{Table, Type};
use crate::rules::table;

/// How often the carriers of a tag (`entry`) are visited, in days; 0 for never by this rule.
pub static VISIT_RULES: Table = Table { name: "visit_rules", columns: &[("every_days", Type::Int)], indexes: &[] };

/// A community's settings; read by everyone enrolled, written at the desk.
pub static SETTINGS: Kind = Kind {
    name: "settings",
    versions: &[Schema { number: 8, containers: &["visit_rules"] }],
    tables: &[&VISIT_RULES],
    project: |tree, rows| {
        for rule in tree.map("visit_rules").iter() {
            rows.push(&VISIT_RULES, &rule.key, vec![rule.node.value().clone()]);
        }
    },
    place: |_, _| Place::Own(vec![Audience::Community, Audience::Desk]),
    rules: &table::SETTINGS,
    keep_days: None,
    check: |_| true,
};
