//! Grids and micro-grids with their households. They are added and renamed as every record is.

use clap::{Args, Subcommand};
use gridwalk_core::households::document::STATES;
use gridwalk_core::places::PlaceView;
use gridwalk_core::places::document::MICRO_GRID;
use gridwalk_core::{Id, Phone};
use serde_json::json;

use super::lookup::name_of;
use crate::failure::Result;
use crate::screen::{Screen, Style, Tone, cell, number, toned};
use crate::values::id;
use crate::words;

/// 网格和微网格 / Grids and micro-grids
#[derive(Debug, Args)]
pub struct Place {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(List),
    Households(Households),
}

impl Place {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::List(c) => c.run(phone, screen),
            What::Households(c) => c.run(phone, screen),
        }
    }
}

/// 网格或微网格的住户，按地址 / The households of a grid or micro-grid, by address
#[derive(Debug, Args)]
struct Households {
    /// 网格或微网格编号，默认全部 / the id of the grid or micro-grid [default: all]
    #[arg(value_parser = id)]
    place: Option<Id>,
    /// 从这一户之后继续：上一页末行的 key / go on after the key of the last row of the page before
    #[arg(long, value_name = "KEY")]
    after: Option<String>,
    /// 最多显示多少户 / at most so many
    #[arg(long, value_name = "N", default_value_t = 30)]
    limit: u32,
}

impl Households {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let found = phone.households(self.place, self.after.as_deref(), self.limit)?;
        screen.answer(&json!(found), |s| {
            let mut table = s.table(&["住址 Address", "居民 Residents", "上次见面 Last met", "编号 Id"]);
            for h in &found {
                let marks = [h.unsent.then_some("未上传"), h.conflict.then_some("冲突")];
                let facts: Vec<&str> = [words::choice(STATES, &h.state)].into_iter().chain(marks.into_iter().flatten()).collect();
                let who = if h.residents > 1 { format!("{}等{}人", h.name, h.residents) } else { h.name.clone() };
                let met = h.last_visit_at.map(words::day).unwrap_or_default();
                table.add_row([cell(format!("{}\n{}", h.address, facts.join(" · "))), cell(who), cell(met), toned(h.id, Tone::Dim)]);
            }
            table.to_string()
        })?;
        if let Some(last) = found.last().filter(|_| found.len() == self.limit as usize) {
            screen.hint(&format!("还可能有更多：--after '{}'", last.key), &format!("there may be more: --after '{}'", last.key));
        }
        Ok(())
    }
}

/// 本机的网格和微网格 / The grids and micro-grids on this phone
#[derive(Debug, Args)]
struct List {}

impl List {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let places = phone.places()?;
        screen.answer(&json!(places), |s| if places.is_empty() { s.text("没有网格 / no grids", Tone::Dim) } else { table(s, phone, &places) })
    }
}

fn table(s: Style, phone: &Phone, places: &[PlaceView]) -> String {
    let mut table = s.table(&["网格 Place", "住户 Households", "状态 State", "编号 Id"]);
    for p in places {
        let name = if p.level == MICRO_GRID { format!("  {}", p.name) } else { p.name.clone() };
        let state = p.successor.map_or_else(String::new, |into| format!("已并入 merged into {}", name_of(phone, &into.to_string())));
        table.add_row([cell(name), number(p.households.to_string()), cell(state), toned(p.id, Tone::Dim)]);
    }
    table.to_string()
}
