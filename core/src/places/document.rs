//! The shape of a place document and its projection.

use crate::documents::{Audience, Kind, Map, Place, Schema};
use crate::projection::{Rows, Table, Type, reference};
use crate::rules::table;

/// Places by name.
pub static PLACES: Table = Table {
    name: "places",
    columns: &[
        ("level", Type::Text),
        ("name", Type::Text),
        ("state", Type::Text),
        ("successor", Type::Text),
        ("origin", Type::Text),
        ("opened_at", Type::Int),
        ("closed_at", Type::Int),
    ],
    indexes: &[],
};

/// The state of a place that is in use.
pub const OPEN: &str = "open";
/// The state of a place that was merged into its successor.
pub const CLOSED: &str = "closed";

/// A place of the community; read on its own phones and at the desk, and once it is closed on its successor's, which may still
/// hear of it.
pub static PLACE: Kind = Kind {
    name: "place",
    versions: &[Schema { number: 1, containers: &[] }],
    tables: &[&PLACES],
    project,
    place: |tree, id| Place::Own([Audience::Place(id), Audience::Desk].into_iter().chain(super::successor(tree).map(Audience::Place)).collect()),
    rules: &table::PLACE,
    keep_days: None,
    check: |attempt| attempt.after.text("state") != CLOSED || attempt.after.id("successor").is_some(),
};

fn project(tree: &Map, rows: &mut Rows) {
    let mut values = vec![tree.value("level").clone(), tree.value("name").clone()];
    // Places are open from the beginning; the field is written when one is closed.
    values.push(if tree.text("state") == CLOSED { CLOSED } else { OPEN }.into());
    values.extend([reference(tree.id("successor")), reference(tree.id("origin"))]);
    values.extend([tree.value("at").clone(), tree.value("closed_at").clone()]);
    rows.push(&PLACES, "", values);
}
