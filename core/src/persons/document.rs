//! The shape of a person document and its projection.

use crate::documents::{Audience, Kind, Place, Schema, Subject};
use crate::projection::{Table, Type};
use crate::rules::table;

/// Persons.
pub static PERSONS: Table = Table {
    name: "persons",
    fields: &[],
    columns: &[("kind", Type::Text), ("name", Type::Text), ("phone", Type::Text), ("unit", Type::Text), ("skills", Type::Text), ("registered_at", Type::Int)],
    indexes: &[],
};

/// A person who acts. Colleagues of the place and the desk read it, and the person.
pub static PERSON: Kind = Kind {
    name: "person",
    versions: &[Schema { number: 4, containers: &[] }],
    fields: &[],
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    is_added: false,
    tables: &[&PERSONS],
    project: |tree, rows| rows.push(&PERSONS, "", ["kind", "name", "phone", "unit", "skills", "at"].map(|c| tree.value(c).clone()).to_vec()),
    place: |tree, id| {
        let mut audiences = vec![Audience::Person(id), Audience::Desk];
        audiences.extend(tree.id("place").map(Audience::Place));
        audiences.extend(tree.id("micro_grid").map(Audience::MicroGrid));
        // Who answers for the community, the street or a department is posted on the wall (公示上墙); everyone sees who wrote what.
        audiences.extend(["cadre", "street_dispatcher", "department_handler"].contains(&tree.text("kind")).then_some(Audience::Community));
        Place::Own(audiences)
    },
    rules: &table::PERSON,
    keep_days: None,
    // A worker's role reaches colleagues' documents too; one's own alone may be edited.
    check: |attempt| attempt.at_desk() || attempt.id == attempt.author.person,
    demands: &[],
    subjects: &[Subject::Itself],
};
