//! What goods and their movements are: fields, rules and projection.

use crate::dictionary::{Code, Field, Label, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Schema, Subject};
use crate::projection::{self, Table};
use crate::rules::Attempt;
use crate::rules::table::{self, DESK, HUB, ROSTER};

/// How goods move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// They came into the store.
    Received,
    /// They were given out at the store.
    Given,
    /// They left the store for a door.
    Carried,
    /// They were counted: the difference to the book goes in or out.
    Settled,
}

impl Way {
    /// All ways.
    pub const ALL: [Self; 4] = [Self::Received, Self::Given, Self::Carried, Self::Settled];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Given => "given",
            Self::Carried => "carried",
            Self::Settled => "settled",
        }
    }

    /// The way of this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.code() == code)
    }
}

/// The ways, by what people call them.
pub const WAYS: &[Code] = &[
    Code::new("received", "入库", "received"),
    Code::new("given", "发放", "given"),
    Code::new("carried", "送货上门", "carried to a door"),
    Code::new("settled", "盘点", "counted"),
];

const PIECES: Label = Label { zh: "", en: "" };
/// The most of anything.
pub const MOST: i64 = 1_000_000_000;

/// The fields of goods.
pub static FIELDS: &[Field] = &[
    Field::new("name", "物资名称", "name", Type::Text(100), DESK).required().listed().headings(&["品名"]),
    Field::new("unit", "计量单位", "unit of count", Type::Text(20), DESK).required().listed(),
    Field::new("store", "存放地点", "store", Type::Text(100), DESK).listed(),
    Field::new("stock", "账面数量", "stock by the book", Type::Number { unit: PIECES, min: -MOST, max: MOST }, HUB)
        .set_by("goods.stock")
        .help("低于零的部分为账实不符", "what is below zero is a difference that nobody has settled yet"),
];

/// The fields of a movement.
pub static MOVEMENT_FIELDS: &[Field] = &[
    Field::new("goods", "物资", "goods", Type::Reference(&["goods"]), ROSTER).once().required().listed().set_by("goods.move"),
    Field::new("way", "出入方式", "way", Type::Choice(WAYS), ROSTER).once().required().listed().set_by("goods.move"),
    Field::new("amount", "数量", "amount", Type::Number { unit: PIECES, min: -MOST, max: MOST }, ROSTER)
        .once()
        .required()
        .listed()
        .set_by("goods.move")
        .help("盘点时为实数与账面数之差", "of a count, what the store has more, or less, than the book"),
    Field::new("counted", "实数", "counted", Type::Number { unit: PIECES, min: 0, max: MOST }, DESK).once().set_by("goods.settle"),
    Field::new("donor", "捐赠人", "donor", Type::Text(100), ROSTER).once().personal().listed().set_by("goods.move"),
    Field::new("household", "送达住户", "household", Type::Reference(&["household"]), ROSTER).once().listed().set_by("goods.move"),
    Field::new("recipient", "领取人", "recipient", Type::Text(100), ROSTER).once().personal().listed().set_by("goods.move"),
    Field::new("note", "说明", "note", Type::Note(500), ROSTER).once().personal().set_by("goods.move"),
    Field::new("arrived_at", "送达时间", "arrived at", Type::PastTime, ROSTER).listed().set_by("goods.arrive"),
    Field::new("signed_by", "签收人", "signed by", Type::Text(100), ROSTER).personal().set_by("goods.arrive"),
    Field::new("booked", "已入账", "booked", Type::Flag, HUB).set_by("goods.book"),
];

/// Goods.
pub static GOODS_TABLE: Table = Table { name: "goods", columns: &[], fields: FIELDS, indexes: &["name"] };

/// Movements. `effect` is what one adds to the stock, or takes from it.
pub static MOVEMENTS: Table = Table {
    name: "movements",
    columns: &[("at", projection::Type::Int), ("by", projection::Type::Text), ("effect", projection::Type::Int)],
    fields: MOVEMENT_FIELDS,
    indexes: &["goods, at", "goods, booked", "household", "at"],
};

/// Goods in store; read by everyone enrolled.
pub static GOODS: Kind = Kind {
    name: "goods",
    versions: &[Schema { number: 21, containers: &[] }],
    fields: FIELDS,
    title: "name",
    orders: &[Order { key: "name", label: Label { zh: "名称", en: "name" }, column: "name", descending: false }],
    filters: &[],
    entries: &[],
    named: &[],
    process: None,
    added: Added::Add,
    complete: |_, _, _| Ok(()),
    tables: &[&GOODS_TABLE],
    project: |tree, rows| rows.push_fields(&GOODS_TABLE, "", vec![], tree),
    audiences: |_, _| AudienceSource::Own(vec![Audience::Community, Audience::Desk]),
    rules: &table::GOODS,
    keep_days: None,
    check: |_| true,
    demands: &[],
    subjects: &[],
};

/// A movement of goods; read by whoever reads the household that they go to, else by who recorded it and the desk.
pub static MOVEMENT: Kind = Kind {
    name: "movement",
    versions: &[Schema { number: 22, containers: &[] }],
    fields: MOVEMENT_FIELDS,
    title: "",
    orders: &[Order { key: "newest", label: Label { zh: "最近", en: "newest" }, column: "at", descending: true }],
    filters: &["goods", "household"],
    entries: &[],
    named: &[],
    process: None,
    added: Added::Command("goods.move"),
    complete: |_, _, _| Ok(()),
    tables: &[&MOVEMENTS],
    project: |tree, rows| rows.push_fields(&MOVEMENTS, "", vec![tree.value("at").clone(), tree.value("by").clone(), effect(tree).into()], tree),
    audiences: |tree, _| match tree.id("household") {
        Some(about) => AudienceSource::Of { about, kinds: &["household"] },
        None => AudienceSource::Own(tree.id("by").map(Audience::Person).into_iter().chain([Audience::Desk]).collect()),
    },
    rules: &table::MOVEMENT,
    keep_days: None,
    check,
    demands: &[],
    subjects: &[Subject::About, Subject::Words],
};

/// It moves something, one way or the other; the desk alone counts, and says why the book was wrong.
fn check(attempt: &Attempt<'_>) -> bool {
    let after = attempt.after;
    let moves = after.int("amount").is_some_and(|amount| amount > 0);
    match Way::parse(after.text("way")) {
        Some(Way::Settled) => after.int("amount").is_some() && !after.text("note").is_empty() && (attempt.before.is_some() || attempt.at_desk()),
        Some(_) => moves && after.id("goods").is_some(),
        None => false,
    }
}

/// What a movement adds to the stock, or takes from it.
pub fn effect(movement: &Map) -> i64 {
    let amount = movement.int("amount").unwrap_or(0);
    match Way::parse(movement.text("way")) {
        Some(Way::Received | Way::Settled) => amount,
        Some(Way::Given | Way::Carried) => -amount,
        None => 0,
    }
}
