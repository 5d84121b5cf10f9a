//! What a mediation is: its fields, rules and projection. How far it has come is read from what was recorded, the same on every
//! replica.

use crate::commands::Edit;
use crate::dictionary::{Code, Entries, Field, Label, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Proof, Schema, Subject, Value, Written};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::projection::{self, Rows, Table};
use crate::rules::table::{self, MEDIATORS};

const fn note(key: &'static str, zh: &'static str, en: &'static str) -> Field {
    Field::new(key, zh, en, Type::Note(5_000), MEDIATORS).sensitive()
}

const HELD_AT: Field = Field::new("held_at", "时间", "held at", Type::PastTime, MEDIATORS).once().help("留空即现在", "now, if left empty");

/// The fields of a mediation.
pub static FIELDS: &[Field] = &[
    Field::new("circle", "保密圈", "circle", Type::Reference(&["circle"]), MEDIATORS).once().required(),
    Field::new("report", "来自上报", "report it comes from", Type::Reference(&["report"]), MEDIATORS).once(),
    note("parties", "当事人", "parties").listed(),
    note("matter", "事由", "matter").listed().help("来自上报的可以留空", "taken from the report if left empty"),
    note("place", "地点", "place"),
    note("note", "备注", "note"),
    note("agreement", "协议", "agreement"),
    Field::new("agreed_at", "达成时间", "agreed at", Type::PastTime, MEDIATORS).help("留空即现在", "now, if left empty"),
    Field::new("due_at", "履行期限", "to be kept until", Type::Time, MEDIATORS).listed(),
];

/// The fields of a session.
pub static SESSION_FIELDS: &[Field] = &[HELD_AT, note("note", "情况", "what was said").once()];

/// The fields of a return visit.
pub static RETURN_VISIT_FIELDS: &[Field] =
    &[Field::new("kept", "是否履行", "kept", Type::Flag, MEDIATORS).once().required(), HELD_AT, note("note", "情况", "what was said").once()];

/// Mediations.
pub static MEDIATIONS: Table = Table {
    name: "mediations",
    columns: &[("at", projection::Type::Int), ("state", projection::Type::Text), ("unanchored", projection::Type::Int)],
    fields: FIELDS,
    indexes: &["at", "circle, at"],
};

/// Sessions and return visits, by when they were held; `entry` is their id.
pub static MEDIATION_SESSIONS: Table = Table {
    name: "mediation_sessions",
    columns: &[("return_visit", projection::Type::Int), ("by", projection::Type::Text), ("unanchored", projection::Type::Int)],
    fields: RETURN_VISIT_FIELDS,
    indexes: &[],
};

/// A mediation; read by the members of its circle alone.
pub static MEDIATION: Kind = Kind {
    name: "mediation",
    versions: &[Schema { number: 13, containers: &["sessions", "return_visits"] }],
    fields: FIELDS,
    title: "matter",
    orders: &[Order { key: "newest", label: Label { zh: "最近登记", en: "newest" }, column: "at", descending: true }],
    filters: &["circle"],
    entries: &[
        Entries {
            key: "sessions",
            label: Label { zh: "调解过程", en: "session" },
            fields: SESSION_FIELDS,
            table: &MEDIATION_SESSIONS,
            added: Added::Add,
            complete: |edit, _, written| {
                set_now(edit, written, "held_at");
                Ok(())
            },
        },
        Entries {
            key: "return_visits",
            label: Label { zh: "回访", en: "return visit" },
            fields: RETURN_VISIT_FIELDS,
            table: &MEDIATION_SESSIONS,
            added: Added::Add,
            complete: |edit, mediation, written| {
                if mediation.text("agreement").is_empty() {
                    return Err(Error::invalid("还没有达成协议，不能回访", "there is no agreement yet to visit about"));
                }
                set_now(edit, written, "held_at");
                Ok(())
            },
        },
    ],
    named: &[],
    process: None,
    added: Added::Add,
    complete,
    tables: &[&MEDIATIONS, &MEDIATION_SESSIONS],
    project,
    audiences: |tree, _| AudienceSource::Own(tree.id("circle").map(Audience::Circle).into_iter().collect()),
    rules: &table::MEDIATION,
    keep_days: None,
    check: |attempt| attempt.after.id("circle").is_some() && !attempt.after.text("matter").is_empty(),
    demands: &[],
    subjects: &[Subject::Words],
};

/// What is left empty is taken from the report, so that nothing is typed again; an agreement was made at some time.
fn complete(edit: &mut Edit<'_>, before: &Map, written: &mut Written) -> Result<()> {
    let given = |written: &Written, key: &str| match written.iter().find(|(k, _)| k == key) {
        Some((_, Value::Text(text))) => text.clone(),
        Some(_) => String::new(),
        None => before.text(key).to_owned(),
    };
    if given(written, "matter").is_empty() {
        let Ok(report) = given(written, "report").parse::<Id>() else {
            return Err(Error::invalid("请填写事由，或指明来自哪件上报", "say what it is about, or name the report it comes from").in_field("matter"));
        };
        let report = edit.state(report, "report", "这件上报", "report")?;
        let matter = [report.text("title"), report.text("detail")].join("\n").trim().to_owned();
        written.retain(|(key, _)| key != "matter");
        written.push(("matter".into(), matter.as_str().into()));
        if given(written, "place").is_empty() {
            written.retain(|(key, _)| key != "place");
            written.push(("place".into(), report.text("address").into()));
        }
    }
    match written.iter().find(|(key, _)| key == "agreement") {
        Some((_, Value::Text(text))) if !text.is_empty() => set_now(edit, written, "agreed_at"),
        _ => {}
    }
    Ok(())
}

/// A moment that nobody gave is now.
fn set_now(edit: &Edit<'_>, written: &mut Written, key: &str) {
    if written.iter().all(|(k, value)| k != key || *value == Value::Null) {
        written.retain(|(k, _)| k != key);
        written.push((key.to_owned(), edit.stamp().at.into()));
    }
}

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

/// How far a mediation has come, as choices in the order of [`State`].
pub const STATES: &[Code] = &[
    Code::new("open", "待调解", "open"),
    Code::new("talking", "调解中", "talking"),
    Code::new("agreed", "已达成协议", "agreed"),
    Code::new("kept", "已履行", "kept"),
    Code::new("broken", "未履行", "broken"),
];

impl State {
    /// The stable code.
    pub fn code(self) -> &'static str {
        STATES[self as usize].code
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
    rows.push_fields(&MEDIATIONS, "", vec![tree.value("at").clone(), state(tree).code().into(), Proof::of(tree).into()], tree);
    for (container, return_visit) in [("sessions", 0), ("return_visits", 1)] {
        for (id, held) in tree.entries(container) {
            rows.push_fields(&MEDIATION_SESSIONS, id, vec![return_visit.into(), held.value("by").clone(), Proof::of(held).into()], held);
        }
    }
}
