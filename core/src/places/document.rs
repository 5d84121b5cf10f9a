//! What a place is: its fields, rules and projection.

use super::lies_in;
use crate::commands::Edit;
use crate::dictionary::{Code, Field, Label, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Schema, Value, Written};
use crate::error::{Error, Result};
use crate::projection::{self, Rows, Table};
use crate::rules::table::{self, DESK, HUB};

/// The state of a place that is in use.
pub const OPEN: &str = "open";
/// The state of a place that was merged into its successor.
pub const CLOSED: &str = "closed";

/// The level of a grid.
pub const GRID: &str = "grid";
/// The level of a building or stairway within a grid.
pub const MICRO_GRID: &str = "micro_grid";

/// The levels of places.
pub const LEVELS: &[Code] = &[Code::new(GRID, "网格", "grid"), Code::new(MICRO_GRID, "微网格", "micro-grid")];

/// Whether a place is in use: states, not deletions.
const STATES: &[Code] = &[Code::new(OPEN, "使用中", "in use"), Code::new(CLOSED, "已撤并", "merged away")];

const PLACES_ONLY: &[&str] = &["place"];

/// The fields of a place. Closing leaves nothing behind: the hub moves what lies there, and nobody else closes.
pub static FIELDS: &[Field] = &[
    Field::new("level", "层级", "level", Type::Choice(LEVELS), DESK)
        .once()
        .listed()
        .help("留空时由“所属网格”决定", "if left empty, a micro-grid where a grid is named"),
    Field::new("name", "名称", "name", Type::Text(100), DESK).required().searched().listed(),
    Field::new("place", "所属网格", "grid it lies in", Type::Reference(PLACES_ONLY), HUB)
        .once_by(DESK)
        .listed()
        .help("微网格必填", "of a micro-grid alone, which must name it"),
    Field::new("state", "状态", "state", Type::Choice(STATES), HUB).listed(),
    Field::new("successor", "并入", "merged into", Type::Reference(PLACES_ONLY), HUB),
    Field::new("origin", "拆分自", "split from", Type::Reference(PLACES_ONLY), HUB).once(),
    Field::new("closed_at", "撤并时间", "merged away at", Type::Time, HUB),
];

/// Places by name.
pub static PLACES: Table =
    Table { name: "places", columns: &[("opened_at", projection::Type::Int)], fields: FIELDS, indexes: &["name", "level, name", "place, name", "state, name"] };

/// A place of the community; read on its own phones and at the desk, and once it is closed on its successor's, which may still
/// hear of it. A micro-grid is read by its leads and by its grid.
pub static PLACE: Kind = Kind {
    name: "place",
    versions: &[Schema { number: 1, containers: &[] }],
    fields: FIELDS,
    title: "name",
    orders: &[Order { key: "name", label: Label { zh: "名称", en: "name" }, column: "name", descending: false }],
    filters: &["level", "place", "state"],
    entries: &[],
    named: &[],
    process: None,
    added: Added::Add,
    complete,
    tables: &[&PLACES],
    project,
    audiences: |tree, id| {
        let own = if tree.text("level") == MICRO_GRID { Audience::MicroGrid(id) } else { Audience::Place(id) };
        let others = tree.id("place").into_iter().chain(super::successor(tree)).map(Audience::Place);
        AudienceSource::Own([own, Audience::Desk].into_iter().chain(others).collect())
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

/// A micro-grid lies in a grid: in the successor of one that was merged away. What is no micro-grid lies in none.
fn complete(edit: &mut Edit<'_>, before: &Map, written: &mut Written) -> Result<()> {
    let level = written.iter().find(|(key, _)| key == "level").map_or_else(|| before.value("level").clone(), |(_, level)| level.clone());
    if level == Value::Null {
        let lies_in_one = written.iter().any(|(key, value)| key == "place" && *value != Value::Null);
        written.retain(|(key, _)| key != "level");
        written.push(("level".into(), if lies_in_one { MICRO_GRID } else { GRID }.into()));
        return complete(edit, before, written);
    }
    let is_micro_grid = level == Value::from(MICRO_GRID);
    let named = written.iter_mut().find(|(key, value)| key == "place" && *value != Value::Null);
    match named {
        Some((_, place)) if is_micro_grid => {
            if let Value::Text(id) = &*place {
                *place = lies_in(edit, id.parse()?)?.into();
            }
            Ok(())
        }
        Some(_) => Err(Error::invalid("只有微网格属于一个网格", "only a micro-grid lies in a grid").in_field("place")),
        None if is_micro_grid && before.id("place").is_none() => {
            Err(Error::invalid("微网格须属于一个网格，请填写“所属网格”", "a micro-grid lies in a grid: say which").in_field("place"))
        }
        None => Ok(()),
    }
}

fn project(tree: &Map, rows: &mut Rows) {
    // Places are open from the beginning; the field is written when one is closed.
    let state = |value: Value| if value == Value::from(CLOSED) { value } else { OPEN.into() };
    let fields = FIELDS.iter().flat_map(|field| field.column_values(tree).map(|value| if field.key == "state" { state(value) } else { value }));
    rows.push(&PLACES, "", std::iter::once(tree.value("at").clone()).chain(fields).collect());
}
