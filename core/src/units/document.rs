//! The shape of a unit document and its projection.

use crate::documents::{Audience, Kind, Place, Schema};
use crate::projection::{Table, Type};
use crate::rules::table;

/// Units by name.
pub static UNITS: Table = Table { name: "units", fields: &[], columns: &[("sort", Type::Text), ("name", Type::Text), ("phone", Type::Text)], indexes: &[] };

/// What a unit is to the community, with what people call it.
pub const SORTS: [(&str, &str); 4] = [("department", "部门"), ("area_unit", "驻区单位"), ("employer_unit", "所在单位"), ("property", "物业、业委会")];

/// A unit; read by everyone with a role.
pub static UNIT: Kind = Kind {
    name: "unit",
    versions: &[Schema { number: 15, containers: &[] }],
    fields: &[],
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    is_added: false,
    tables: &[&UNITS],
    project: |tree, rows| rows.push(&UNITS, "", ["sort", "name", "phone"].map(|c| tree.value(c).clone()).to_vec()),
    place: |_, id| Place::Own(vec![Audience::Community, Audience::Desk, Audience::Street, Audience::Unit(id)]),
    rules: &table::UNIT,
    keep_days: None,
    check: |attempt| !attempt.after.text("name").is_empty(),
    demands: &[],
    subjects: &[],
};
