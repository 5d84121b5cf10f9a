//! The shape of a place document and its projection.

use crate::documents::{Audience, Kind, Place, Schema};
use crate::projection::{Table, Type};
use crate::rules::table;

/// Places by name.
pub static PLACES: Table = Table { name: "places", columns: &[("level", Type::Text), ("name", Type::Text)], indexes: &[] };

/// A place of the community; read on its own phones and at the desk.
pub static PLACE: Kind = Kind {
    name: "place",
    versions: &[Schema { number: 1, containers: &[] }],
    tables: &[&PLACES],
    project: |tree, rows| rows.push(&PLACES, "", vec![tree.value("level").clone(), tree.value("name").clone()]),
    place: |_, id| Place::Own(vec![Audience::Place(id), Audience::Desk]),
    rules: &table::PLACE,
    keep_days: None,
    check: |_| true,
};
