//! What a claim is: its fields, rules and projection. What its person writes is that they claim and that they give back; all else is the
//! hub's.

use crate::dictionary::{Code, Field, Label, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Schema, Subject, Value};
use crate::projection::{self, Rows, Table};
use crate::rules::table::{self, HUB, PEOPLE};
use crate::rules::{Attempt, Role};

/// The kinds whose places run out.
pub const THINGS: &[&str] = &["activity"];

/// What came of a claim, as the hub says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It has a place.
    Granted,
    /// It waits in the line.
    Waiting,
    /// It was given back, or its document is gone.
    Released,
    /// Its person had claimed before: it takes nothing.
    Double,
}

impl Outcome {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Waiting => "waiting",
            Self::Released => "released",
            Self::Double => "double",
        }
    }

    /// The outcome of this code.
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Granted, Self::Waiting, Self::Released, Self::Double].into_iter().find(|outcome| outcome.code() == code)
    }

    /// Whether it holds a place or waits for one.
    pub fn stands(self) -> bool {
        matches!(self, Self::Granted | Self::Waiting)
    }
}

/// The outcomes, by what people call them. None yet: 待确认.
pub const OUTCOMES: &[Code] = &[
    Code::new("granted", "已确认", "granted"),
    Code::new("waiting", "候补", "waiting"),
    Code::new("released", "已退回", "given back"),
    Code::new("double", "重复认领", "claimed twice"),
];

const RANK: Label = Label { zh: "号", en: "in order" };

/// The fields of a claim.
pub static FIELDS: &[Field] = &[
    Field::new("thing", "认领事项", "thing", Type::Reference(THINGS), PEOPLE).once().required().listed(),
    Field::new("person", "人员", "person", Type::Reference(&["person"]), PEOPLE).once().required().listed(),
    Field::new("given_back", "已退回", "given back", Type::Flag, PEOPLE).listed().set_by("claims.give_back"),
    Field::new("reason", "退回原因", "reason", Type::Note(500), PEOPLE)
        .personal()
        .set_by("claims.give_back")
        .help("由社区代为退回时必填", "asked for where someone else than the person gives it back"),
    Field::new("rank", "次序", "rank", Type::Number { unit: RANK, min: 1, max: 1_000_000_000 }, HUB)
        .listed()
        .set_by("claims.rank")
        .help("服务器收到的先后", "in the order in which the hub took them"),
    Field::new("outcome", "结果", "outcome", Type::Choice(OUTCOMES), HUB)
        .listed()
        .set_by("claims.rank")
        .help("没有结果即待确认", "provisional while there is none"),
    Field::new("organiser", "组织者", "organiser", Type::Reference(&["person"]), HUB).set_by("claims.rank"),
];

/// Claims.
pub static CLAIMS: Table =
    Table { name: "claims", columns: &[("at", projection::Type::Int)], fields: FIELDS, indexes: &["thing, person", "person", "thing, rank", "at"] };

/// A person's claim on a place of something; read by the person, the desk and who runs the thing.
pub static CLAIM: Kind = Kind {
    name: "claim",
    versions: &[Schema { number: 20, containers: &[] }],
    fields: FIELDS,
    title: "",
    orders: &[Order { key: "newest", label: Label { zh: "最近认领", en: "newest" }, column: "at", descending: true }],
    filters: &["thing", "person"],
    entries: &[],
    named: &[],
    process: None,
    added: Added::Command("claims.claim"),
    complete: |_, _, _| Ok(()),
    tables: &[&CLAIMS],
    project: |tree: &Map, rows: &mut Rows| rows.push_fields(&CLAIMS, "", vec![tree.value("at").clone()], tree),
    audiences: |tree, _| {
        let readers = ["person", "organiser"].map(|key| tree.id(key).map(Audience::Person));
        AudienceSource::Own(readers.into_iter().flatten().chain([Audience::Desk]).collect())
    },
    rules: &table::CLAIM,
    keep_days: None,
    check,
    demands: &[],
    subjects: &[Subject::Named { table: &CLAIMS, column: "person" }],
};

/// Others than the desk claim and give back for themselves alone; what was given back stays so; who gives back another's says why.
fn check(attempt: &Attempt<'_>) -> bool {
    let (author, after) = (attempt.author, attempt.after);
    let own = after.id("person") == Some(author.person);
    let was_back = attempt.before.is_some_and(is_given_back);
    let is_back = is_given_back(after);
    let says_why = own || author.is(Role::Hub) || was_back || !is_back || !after.text("reason").is_empty();
    (own || attempt.at_desk()) && (is_back || !was_back) && says_why
}

/// Whether its person, or the desk for them, gave it back.
pub fn is_given_back(claim: &Map) -> bool {
    claim.flag("given_back")
}

/// How many places a thing of this kind has: `None` if it is none that has places, `Some(None)` for as many as come. Of several values
/// that people set at the same time the lowest counts.
pub fn places_of(kind: &str, thing: &Map) -> Option<Option<i64>> {
    if !THINGS.contains(&kind) {
        return None;
    }
    let rivals = thing.conflicts().into_iter().filter(|conflict| conflict.path == "places").flat_map(|conflict| conflict.values);
    let lowest = rivals.filter_map(|stamped| if let Value::Int(places) = stamped.value { Some(places) } else { None }).chain(thing.int("places")).min();
    Some(lowest)
}
