//! What a department or unit is: its fields, rules and projection.

use crate::dictionary::{Code, Field, Label, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Schema};
use crate::projection::Table;
use crate::rules::table::{self, STREET};

/// What a unit is to the community.
pub const SORTS: &[Code] = &[
    Code::new("department", "部门", "department"),
    Code::new("area_unit", "驻区单位", "unit of the area"),
    Code::new("employer_unit", "所在单位", "employer unit"),
    Code::new("property", "物业、业委会", "property management"),
];

/// The fields of a unit.
pub static FIELDS: &[Field] = &[
    Field::new("sort", "类型", "sort", Type::Choice(SORTS), STREET).once().required().listed(),
    Field::new("name", "名称", "name", Type::Text(100), STREET).required().searched().listed().headings(&["单位名称"]),
    Field::new("phone", "电话", "telephone", Type::Telephone, STREET).searched().listed().headings(&["联系电话"]),
];

/// Units by name.
pub static UNITS: Table = Table { name: "units", columns: &[], fields: FIELDS, indexes: &["name", "sort, name"] };

/// A unit; read by everyone with a role.
pub static UNIT: Kind = Kind {
    name: "unit",
    versions: &[Schema { number: 15, containers: &[] }],
    fields: FIELDS,
    title: "name",
    orders: &[Order { key: "name", label: Label { zh: "名称", en: "name" }, column: "name", descending: false }],
    filters: &["sort"],
    entries: &[],
    named: &[],
    process: None,
    added: Added::Add,
    complete: |_, _, _| Ok(()),
    tables: &[&UNITS],
    project: |tree, rows| rows.push_fields(&UNITS, "", vec![], tree),
    audiences: |_, id| AudienceSource::Own(vec![Audience::Community, Audience::Desk, Audience::Street, Audience::Unit(id)]),
    rules: &table::UNIT,
    keep_days: None,
    check: |attempt| !attempt.after.text("name").is_empty(),
    demands: &[],
    subjects: &[],
};
