//! The shape of a person document and its projection.

use crate::documents::{Audience, Kind, Place, Schema};
use crate::projection::{Table, Type};
use crate::rules::{Allow, Role};

/// Persons.
pub static PERSONS: Table = Table {
    name: "persons",
    columns: &[("kind", Type::Text), ("name", Type::Text), ("phone", Type::Text), ("unit", Type::Text), ("skills", Type::Text), ("registered_at", Type::Int)],
    indexes: &[],
};

/// A person who acts. Colleagues of the place and the desk read it, and the person.
pub static PERSON: Kind = Kind {
    name: "person",
    versions: &[Schema { number: 4, containers: &[] }],
    tables: &[&PERSONS],
    project: |tree, rows| rows.push(&PERSONS, "", ["kind", "name", "phone", "unit", "skills", "at"].map(|c| tree.value(c).clone()).to_vec()),
    place: |tree, id| {
        let mut audiences = vec![Audience::Person(id), Audience::Desk];
        audiences.extend(tree.id("place").map(Audience::Place));
        // Who is at the desk is posted on the wall (公示上墙); everyone sees who wrote what.
        audiences.extend((tree.text("kind") == "cadre").then_some(Audience::Community));
        Place::Own(audiences)
    },
    rules: &[
        Allow { path: "by|at|boot|since_boot|kind", roles: &[Role::Cadre, Role::Hub], once: true },
        Allow { path: "name|place", roles: &[Role::Cadre, Role::Hub], once: false },
        Allow { path: "phone|unit|skills", roles: &[Role::Member, Role::GridWorker, Role::Cadre, Role::Hub], once: false },
    ],
    // A worker's role reaches colleagues' documents too; one's own alone may be edited.
    keep_days: None,
    check: |id, _, _, author| author.is(Role::Cadre) || author.is(Role::Hub) || id == author.person,
};
