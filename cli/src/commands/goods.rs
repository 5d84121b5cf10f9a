//! Goods and their movements. They are added and renamed as every record is.

use clap::{Args, Subcommand};
use gridwalk_core::goods::document::WAYS;
use gridwalk_core::goods::{ArriveGoods, GoodsView, MoveGoods, MovementView, SettleStock};
use gridwalk_core::{Id, Phone};
use serde_json::json;

use crate::failure::Result;
use crate::screen::{Screen, Style, Tone, cell, toned};
use crate::values::id;
use crate::words;

/// 物资：库存、出入、送达、盘点 / Goods: stock, movements, arrivals, counts
#[derive(Debug, Args)]
pub struct Goods {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(List),
    Show(Show),
    Move(Move),
    Arrive(Arrive),
    Settle(Settle),
}

/// 有什么物资、各有多少 / what there is, and how many
#[derive(Debug, Args)]
struct List {}

/// 一种物资的出入，最新的在前 / the movements of goods, newest first
#[derive(Debug, Args)]
struct Show {
    /// 物资编号 / the goods' id
    #[arg(value_parser = id)]
    goods: Id,
    /// 最多显示多少条 / at most so many
    #[arg(long, value_name = "N", default_value_t = 30)]
    limit: u32,
}

/// 登记出入：入库、发放、送货上门 / record that goods were received, given or carried to a door
#[derive(Debug, Args)]
struct Move {
    /// 物资编号 / the goods' id
    #[arg(value_parser = id)]
    goods: Id,
    /// 入库、发放或送货上门 / received, given or carried
    way: String,
    /// 数量 / how many
    amount: i64,
    /// 捐赠人 / who gave them to the store
    #[arg(long, default_value = "")]
    donor: String,
    /// 送达的住户 / the household that they go to
    #[arg(long, value_parser = id)]
    household: Option<Id>,
    /// 领取人 / who takes them at the store
    #[arg(long, default_value = "")]
    recipient: String,
    /// 说明 / what else there is to say
    #[arg(long, default_value = "")]
    note: String,
}

/// 已送达 / they were received at the door
#[derive(Debug, Args)]
struct Arrive {
    /// 这次送货的编号 / the movement's id
    #[arg(value_parser = id)]
    movement: Id,
    /// 签收人 / who received them
    #[arg(long, default_value = "")]
    signed_by: String,
}

/// 盘点：以实数为准 / count the stock and settle the book
#[derive(Debug, Args)]
struct Settle {
    /// 物资编号 / the goods' id
    #[arg(value_parser = id)]
    goods: Id,
    /// 实数 / how many there are
    counted: i64,
    /// 原因 / why the book was wrong
    #[arg(long)]
    reason: String,
}

impl Goods {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::List(List {}) => {
                let goods = phone.goods()?;
                screen.answer(&json!(goods), |s| if goods.is_empty() { s.text("没有物资 / no goods", Tone::Dim) } else { stock(s, &goods) })
            }
            What::Show(c) => {
                let movements = phone.movements(c.goods, c.limit)?;
                screen.answer(&json!(movements), |s| if movements.is_empty() { s.text("没有出入 / no movements", Tone::Dim) } else { moved(s, &movements) })
            }
            What::Move(c) => {
                let way = WAYS.iter().find(|code| code.label.zh == c.way).map_or(c.way.as_str(), |code| code.code).to_owned();
                let Move { goods, amount, donor, household, recipient, note, .. } = c;
                screen.recorded(&phone.run(MoveGoods { goods, way, amount, donor, household, recipient, note })?, "已登记", "recorded")
            }
            What::Arrive(c) => screen.recorded(&phone.run(ArriveGoods { movement: c.movement, signed_by: c.signed_by })?, "已送达", "arrived"),
            What::Settle(c) => {
                let settle = SettleStock { goods: c.goods, counted: c.counted, reason: c.reason, book: None };
                screen.recorded(&phone.run(settle)?, "已盘点", "settled")
            }
        }
    }
}

fn stock(s: Style, goods: &[GoodsView]) -> String {
    let mut table = s.table(&["物资 Goods", "现有 Balance", "账实不符 Difference", "存放 Store", "编号 Id"]);
    for g in goods {
        let called = [g.name.clone()].into_iter().chain(words::flags(g.unsent, g.conflict)).collect::<Vec<_>>().join("\n");
        let difference = if g.difference > 0 { toned(format!("{}{}", g.difference, g.unit), Tone::Warn) } else { cell("") };
        table.add_row([cell(called), cell(format!("{}{}", g.balance, g.unit)), difference, cell(&g.store), toned(g.id, Tone::Dim)]);
    }
    table.to_string()
}

fn moved(s: Style, movements: &[MovementView]) -> String {
    let mut table = s.table(&["时间 When", "方式 Way", "数量 Amount", "何人、何处 Who, where", "编号 Id"]);
    for m in movements {
        let arrived = m.arrived_at.map(|at| format!("{} 送达", words::time(at))).unwrap_or_default();
        let who = [&m.donor, &m.recipient, &m.household, &arrived, &m.signed_by, &m.note].into_iter().filter(|text| !text.is_empty());
        let who = who.cloned().collect::<Vec<_>>().join("\n");
        table.add_row([cell(words::time(m.at)), cell(words::choice(WAYS, &m.way)), cell(m.amount), cell(who), toned(m.id, Tone::Dim)]);
    }
    table.to_string()
}
