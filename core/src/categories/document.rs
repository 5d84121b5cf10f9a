//! What a category list is: its rules and projection. One list a community, a value a category, named by its code.

use crate::commands::Edit;
use crate::dictionary::{Label, Named, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Schema, Value, Written};
use crate::error::{Error, Result};
use crate::projection::{self, Table};
use crate::rules::table::{self, DESK};

/// The three levels of each category, joined by `/`, by its code; codes stay when names change.
const PATHS: Named = Named {
    key: "categories",
    label: Label { zh: "类别", en: "category" },
    names: Type::Text(100),
    ty: Type::Note(302),
    roles: DESK,
    is_edited: true,
    since: 0,
};

/// Categories; `entry` is the code, `path` the three levels joined by `/`.
pub static CATEGORIES: Table = Table { name: "categories", columns: &[("path", projection::Type::Text)], fields: &[], indexes: &[] };

/// A community's category list; read by everyone enrolled.
pub static CATEGORY_LIST: Kind = Kind {
    name: "category_list",
    versions: &[Schema { number: 9, containers: &["categories"] }],
    fields: &[],
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    named: &[PATHS],
    process: None,
    added: Added::Hub,
    complete,
    tables: &[&CATEGORIES],
    project: |tree, rows| {
        for category in tree.map("categories").iter() {
            rows.push(&CATEGORIES, &category.key, vec![category.node.value().clone()]);
        }
    },
    audiences: |_, _| AudienceSource::Own(vec![Audience::Community, Audience::Desk]),
    rules: &table::CATEGORY_LIST,
    keep_days: None,
    check: |_| true,
    demands: &[],
    subjects: &[],
};

/// A category has three levels, each of which says something.
fn complete(_: &mut Edit<'_>, _: &Map, written: &mut Written) -> Result<()> {
    let is_whole = |path: &str| path.split('/').count() == 3 && path.split('/').all(|level| !level.trim().is_empty());
    match written.iter().all(|(_, path)| matches!(path, Value::Text(path) if is_whole(path))) {
        true => Ok(()),
        false => Err(Error::invalid("类别须有三级名称，用“/”隔开", "a category has three levels with / between them").in_field("categories")),
    }
}
