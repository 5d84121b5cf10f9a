//! What a circle is: its fields, rules and projection. Members and approvals are values named by the person.

use std::collections::BTreeSet;

use crate::commands::Edit;
use crate::dictionary::{Code, Field, Label, Named, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Entry, Kind, Map, Node, Schema, Value, Written};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::projection::{self, Rows, Table};
use crate::rules::table::{self, DESK};
use crate::rules::{Attempt, Role};

/// What a circle is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// 健康
    Health,
    /// 未成年人
    Minors,
    /// 矛盾调解
    Mediation,
}

/// The purposes as choices, in the order of [`Purpose`].
pub const PURPOSES: &[Code] =
    &[Code::new("health", "健康", "health"), Code::new("minors", "未成年人", "minors"), Code::new("mediation", "矛盾调解", "mediation")];

/// The fields of a circle. What it is for stays: its members were chosen, and approved, for that.
pub static FIELDS: &[Field] = &[
    Field::new("purpose", "用途", "purpose", Type::Choice(PURPOSES), DESK).once().required().listed(),
    Field::new("name", "名称", "name", Type::Text(100), DESK)
        .required()
        .searched()
        .listed()
        .help("名称不要透露圈内的内容", "which says nothing of what it holds"),
];

const PERSONS: Type = Type::Reference(&["person"]);

/// Who is in a circle; the first are named when it is made, the others enter and leave by `circles.member`.
const MEMBERS: Named =
    Named { key: "members", label: Label { zh: "成员", en: "members" }, names: PERSONS, ty: Type::Flag, roles: DESK, is_edited: false, since: 0 };

/// Who of a circle for minors was approved, by `circles.approve`.
const APPROVALS: Named =
    Named {
        key: "approvals", label: Label { zh: "批准", en: "approved" }, names: PERSONS, ty: Type::Flag, roles: &[Role::Cadre], is_edited: false, since: 0
    };

/// Circles.
pub static CIRCLES: Table = Table { name: "circles", columns: &[], fields: FIELDS, indexes: &["name", "purpose, name"] };

/// Who was entered into a circle; `entry` is the person's id. `reads` says whether the circle is open to them.
pub static CIRCLE_MEMBERS: Table = Table {
    name: "circle_members",
    columns: &[("member", projection::Type::Int), ("approved", projection::Type::Int), ("reads", projection::Type::Int)],
    fields: &[],
    indexes: &[],
};

/// A circle: who is in it is read by its members and the desk; what it holds is not.
pub static CIRCLE: Kind = Kind {
    name: "circle",
    versions: &[Schema { number: 10, containers: &["members", "approvals"] }],
    fields: FIELDS,
    title: "name",
    orders: &[Order { key: "name", label: Label { zh: "名称", en: "name" }, column: "name", descending: false }],
    filters: &["purpose"],
    entries: &[],
    named: &[MEMBERS, APPROVALS],
    process: None,
    added: Added::Add,
    complete,
    tables: &[&CIRCLES, &CIRCLE_MEMBERS],
    project,
    audiences: |_, id| AudienceSource::Own(vec![Audience::Desk, Audience::Circle(id)]),
    rules: &table::CIRCLE,
    keep_days: None,
    check,
    demands: &[],
    subjects: &[],
};

impl Purpose {
    /// All purposes.
    pub const ALL: [Self; 3] = [Self::Health, Self::Minors, Self::Mediation];

    /// The purpose of a code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| PURPOSES[*purpose as usize].code == code)
    }

    /// What its readers are: the role that the hub gives them over the circle.
    pub fn role(self) -> Role {
        match self {
            Self::Health => Role::HealthMember,
            Self::Minors => Role::MinorsMember,
            Self::Mediation => Role::Mediator,
        }
    }
}

/// Who reads what a circle holds: its members, and of minors those alone whom a cadre approved who is neither that member nor who
/// entered them: three people. Who was entered by one and removed by another at the same time does not.
pub fn readers(tree: &Map) -> BTreeSet<Id> {
    let minors = Purpose::parse(tree.text("purpose")) == Some(Purpose::Minors);
    let reads = |e: &&Entry| agreed(e) && (!minors || is_approved(tree, &e.key));
    tree.map("members").iter().filter(reads).filter_map(|e| e.key.parse().ok()).collect()
}

fn is_approved(tree: &Map, person: &str) -> bool {
    let entered_by = setters(tree, "members", person);
    let approved_by = setters(tree, "approvals", person);
    let another = |by: &&str| !by.is_empty() && *by != person && !entered_by.contains(by);
    tree.map("approvals").get(person).is_some_and(agreed) && approved_by.iter().all(another)
}

/// Everyone who set the value of this person in `container`, also at the same time as another: of what came with the circle, whoever made it.
pub(super) fn setters<'a>(tree: &'a Map, container: &str, person: &str) -> BTreeSet<&'a str> {
    let by = |node: &'a Node| match node {
        Node::Map(field) => field.text("by"),
        Node::Value(_) => tree.text("by"),
    };
    tree.map(container).get(person).into_iter().flat_map(nodes).map(by).collect()
}

/// Whether everyone who set this field says yes.
fn agreed(entry: &Entry) -> bool {
    nodes(entry).all(|node| *node.value() == Value::Bool(true))
}

fn nodes(entry: &Entry) -> impl Iterator<Item = &Node> {
    std::iter::once(&entry.node).chain(&entry.rivals)
}

/// Nobody enters themselves.
fn complete(edit: &mut Edit<'_>, _: &Map, written: &mut Written) -> Result<()> {
    let entered: Vec<Id> = written.iter().filter_map(|(key, _)| key.strip_prefix("members/")?.parse().ok()).collect();
    not_oneself(edit, &entered)
}

/// Nobody enters themselves, and nobody approves themselves or whom they entered.
fn check(attempt: &Attempt<'_>) -> bool {
    let own = attempt.author.person.to_string();
    let mine = |tree: Option<&Map>, key: &str| tree.and_then(|t| t.map(key).get(&own).cloned());
    let entered = mine(Some(attempt.after), "members").filter(|e| *e.node.value() != Value::Bool(false));
    let enters = entered.is_some() && entered != mine(attempt.before, "members");
    let approves = mine(Some(attempt.after), "approvals") != mine(attempt.before, "approvals");
    let approved_before = |person: &str| attempt.before.and_then(|tree| tree.map("approvals").get(person));
    let new_approvals = attempt.after.map("approvals").iter().filter(|e| *e.node.value() == Value::Bool(true) && approved_before(&e.key) != Some(e));
    let approves_own = new_approvals.into_iter().any(|e| setters(attempt.after, "members", &e.key).contains(&*own));
    !enters && !approves && !approves_own && Purpose::parse(attempt.after.text("purpose")).is_some() && !attempt.after.text("name").is_empty()
}

fn project(tree: &Map, rows: &mut Rows) {
    rows.push_fields(&CIRCLES, "", vec![], tree);
    let readers = readers(tree);
    for entry in tree.map("members").iter() {
        let yes = |is: bool| Value::Int(is.into());
        let reads = entry.key.parse().is_ok_and(|id| readers.contains(&id));
        rows.push(&CIRCLE_MEMBERS, &entry.key, vec![yes(*entry.node.value() == Value::Bool(true)), yes(is_approved(tree, &entry.key)), yes(reads)]);
    }
}

/// Nobody enters or approves themselves.
pub(super) fn not_oneself(edit: &Edit<'_>, persons: &[Id]) -> Result<()> {
    if persons.contains(&edit.by()) {
        return Err(Error::invalid("不能把自己加入圈或批准自己，请由另一位干部办理", "nobody enters or approves themselves; ask another cadre"));
    }
    Ok(())
}
