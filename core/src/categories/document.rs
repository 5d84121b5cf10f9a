//! The shape of the category list and its projection: one list a community, a field a category.

use crate::documents::{Audience, Kind, Place, Schema};
use crate::projection::{Table, Type};
use crate::rules::table;

/// Categories; `entry` is the code, `path` the three levels joined by `/`.
pub static CATEGORIES: Table = Table { name: "categories", fields: &[], columns: &[("path", Type::Text)], indexes: &[] };

/// A community's category list; read by everyone enrolled.
pub static CATEGORY_LIST: Kind = Kind {
    name: "category_list",
    versions: &[Schema { number: 9, containers: &["categories"] }],
    fields: &[],
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    is_added: false,
    tables: &[&CATEGORIES],
    project: |tree, rows| {
        for category in tree.map("categories").iter() {
            rows.push(&CATEGORIES, &category.key, vec![category.node.value().clone()]);
        }
    },
    place: |_, _| Place::Own(vec![Audience::Community, Audience::Desk]),
    rules: &table::CATEGORY_LIST,
    keep_days: None,
    check: |_| true,
    demands: &[],
    subjects: &[],
};
