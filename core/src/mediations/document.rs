//! The shape of a mediation document and its projection. How far it has come is read from what was recorded, the same on every
//! replica.

use crate::documents::{Audience, Kind, Map, Place, Proof, Schema, Subject};
use crate::ids::Id;
use crate::projection::{Rows, Table, Type, reference};
use crate::rules::table;

/// Mediations.
pub static MEDIATIONS: Table = Table {
    name: "mediations",
    fields: &[],
    columns: &[
        ("circle", Type::Text),
        ("report", Type::Text),
        ("parties", Type::Text),
        ("matter", Type::Text),
        ("place", Type::Text),
        ("agreement", Type::Text),
        ("agreed_at", Type::Int),
        ("due_at", Type::Int),
        ("note", Type::Text),
        ("at", Type::Int),
        ("state", Type::Text),
        ("unanchored", Type::Int),
    ],
    indexes: &[],
};

/// Sessions and return visits, by when they were held; `entry` is their id.
pub static MEDIATION_SESSIONS: Table = Table {
    name: "mediation_sessions",
    fields: &[],
    columns: &[("return_visit", Type::Int), ("held_at", Type::Int), ("kept", Type::Int), ("note", Type::Text), ("by", Type::Text), ("unanchored", Type::Int)],
    indexes: &[],
};

/// A mediation; read by the members of its circle alone.
pub static MEDIATION: Kind = Kind {
    name: "mediation",
    versions: &[Schema { number: 13, containers: &["sessions", "return_visits"] }],
    fields: &[],
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    is_added: false,
    tables: &[&MEDIATIONS, &MEDIATION_SESSIONS],
    project,
    place: |tree, _| Place::Own(tree.id("circle").map(Audience::Circle).into_iter().collect()),
    rules: &table::MEDIATION,
    keep_days: None,
    check: |attempt| attempt.after.id("circle").is_some() && !attempt.after.text("matter").is_empty(),
    demands: &[],
    subjects: &[Subject::Words],
};

/// How far a mediation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// 待调解
    Open,
    /// 调解中
    Talking,
    /// 已达成协议
    Agreed,
    /// 已履行
    Kept,
    /// 未履行
    Broken,
}

impl State {
    /// All states with their codes and what people call them.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Open, "open", "待调解"),
        (Self::Talking, "talking", "调解中"),
        (Self::Agreed, "agreed", "已达成协议"),
        (Self::Kept, "kept", "已履行"),
        (Self::Broken, "broken", "未履行"),
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(s, ..)| *s == self).map_or("", |(_, code, _)| code)
    }
}

/// How far a mediation has come: what the last return visit found, else whether there is an agreement or a session.
pub fn state(tree: &Map) -> State {
    let last = tree.entries("return_visits").max_by_key(|(id, visit)| (visit.int("held_at"), id.parse::<Id>().ok()));
    match last {
        _ if tree.text("agreement").is_empty() => {
            if tree.entries("sessions").next().is_some() {
                State::Talking
            } else {
                State::Open
            }
        }
        Some((_, visit)) if visit.flag("kept") => State::Kept,
        Some(_) => State::Broken,
        None => State::Agreed,
    }
}

fn project(tree: &Map, rows: &mut Rows) {
    let mut values = vec![reference(tree.id("circle")), reference(tree.id("report"))];
    values.extend(["parties", "matter", "place", "agreement", "agreed_at", "due_at", "note", "at"].map(|c| tree.value(c).clone()));
    values.extend([state(tree).code().into(), Proof::of(tree).into()]);
    rows.push(&MEDIATIONS, "", values);
    for (container, return_visit) in [("sessions", 0), ("return_visits", 1)] {
        for (id, held) in tree.entries(container) {
            let mut values = vec![return_visit.into()];
            values.extend(["held_at", "kept", "note", "by"].map(|c| held.value(c).clone()));
            values.push(Proof::of(held).into());
            rows.push(&MEDIATION_SESSIONS, id, values);
        }
    }
}
