//! The shape of a place document and its projection.

use crate::documents::{Audience, Kind, Map, Place, Schema};
use crate::projection::{Rows, Table, Type, reference};
use crate::rules::table;

/// Places by name.
pub static PLACES: Table = Table {
    name: "places",
    fields: &[],
    columns: &[
        ("level", Type::Text),
        ("name", Type::Text),
        ("place", Type::Text),
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

/// The level of a grid.
pub const GRID: &str = "grid";
/// The level of a building or stairway within a grid.
pub const MICRO_GRID: &str = "micro_grid";

/// A place of the community; read on its own phones and at the desk, and once it is closed on its successor's, which may still
/// hear of it. A micro-grid is read by its leads and by its grid.
pub static PLACE: Kind = Kind {
    name: "place",
    versions: &[Schema { number: 1, containers: &[] }],
    fields: &[],
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    is_added: false,
    tables: &[&PLACES],
    project,
    place: |tree, id| {
        let own = if tree.text("level") == MICRO_GRID { Audience::MicroGrid(id) } else { Audience::Place(id) };
        let others = tree.id("place").into_iter().chain(super::successor(tree)).map(Audience::Place);
        Place::Own([own, Audience::Desk].into_iter().chain(others).collect())
    },
    rules: &table::PLACE,
    keep_days: None,
    check: |attempt| {
        let closed_well = attempt.after.text("state") != CLOSED || attempt.after.id("successor").is_some();
        closed_well && (attempt.after.text("level") != MICRO_GRID || attempt.after.id("place").is_some())
    },
    demands: &[],
    subjects: &[],
};

fn project(tree: &Map, rows: &mut Rows) {
    let mut values = vec![tree.value("level").clone(), tree.value("name").clone(), reference(tree.id("place"))];
    // Places are open from the beginning; the field is written when one is closed.
    values.push(if tree.text("state") == CLOSED { CLOSED } else { OPEN }.into());
    values.extend([reference(tree.id("successor")), reference(tree.id("origin"))]);
    values.extend([tree.value("at").clone(), tree.value("closed_at").clone()]);
    rows.push(&PLACES, "", values);
}
