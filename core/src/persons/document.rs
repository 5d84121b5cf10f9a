//! What a person who acts is: their fields, rules and projection.

use crate::dictionary::{Field, Label, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Schema, Subject};
use crate::projection::{self, Table};
use crate::rules::Role;
use crate::rules::table::{self, ALL, DESK};

/// What a person is to the community: the code of a role.
const KINDS: &[crate::dictionary::Code] = &Role::CODES;

/// The fields of a person. Telephone, unit and skills are what they say of themselves.
pub static FIELDS: &[Field] = &[
    Field::new("kind", "身份", "what they are", Type::Choice(KINDS), DESK).once().required().listed(),
    Field::new("name", "姓名", "name", Type::Text(100), DESK).required().personal().searched().listed(),
    Field::new("place", "网格", "grid", Type::Place, DESK).listed(),
    Field::new("micro_grid", "微网格", "micro-grid", Type::MicroGrid, DESK),
    Field::new("phone", "电话", "telephone", Type::Telephone, ALL).personal().searched().listed(),
    Field::new("unit", "所在单位", "employer unit", Type::Note(5_000), ALL).personal().headings(&["单位", "工作单位"]),
    Field::new("skills", "特长", "skills", Type::Note(5_000), ALL).personal(),
];

/// Persons.
pub static PERSONS: Table =
    Table { name: "persons", columns: &[("registered_at", projection::Type::Int)], fields: FIELDS, indexes: &["name", "kind, name", "place, name"] };

/// A person who acts. Colleagues of the place and the desk read it, and the person.
pub static PERSON: Kind = Kind {
    name: "person",
    versions: &[Schema { number: 4, containers: &[] }],
    fields: FIELDS,
    title: "name",
    orders: &[Order { key: "name", label: Label { zh: "姓名", en: "name" }, column: "name", descending: false }],
    filters: &["kind", "place"],
    entries: &[],
    named: &[],
    process: None,
    added: Added::Add,
    complete: |_, _, _| Ok(()),
    tables: &[&PERSONS],
    project: |tree, rows| rows.push_fields(&PERSONS, "", vec![tree.value("at").clone()], tree),
    audiences: |tree, id| {
        let mut audiences = vec![Audience::Person(id), Audience::Desk];
        audiences.extend(tree.id("place").map(Audience::Place));
        audiences.extend(tree.id("micro_grid").map(Audience::MicroGrid));
        // Who answers for the community, the street or a department is posted on the wall (公示上墙); everyone sees who wrote what.
        audiences.extend(["cadre", "street_dispatcher", "department_handler"].contains(&tree.text("kind")).then_some(Audience::Community));
        AudienceSource::Own(audiences)
    },
    rules: &table::PERSON,
    keep_days: None,
    // A worker's role reaches colleagues' documents too; one's own alone may be edited.
    check: |attempt| attempt.at_desk() || attempt.id == attempt.author.person,
    demands: &[],
    subjects: &[Subject::Itself],
};
