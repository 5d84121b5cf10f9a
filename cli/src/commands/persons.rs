//! Oneself, colleagues, and the categories of reports.

use clap::Args;
use gridwalk_core::Phone;
use serde_json::json;

use crate::failure::Result;
use crate::screen::{Screen, Tone, cell, toned};
use crate::words;

/// 本人：姓名、角色、本机有多少资料 / Yourself: name, roles, what of yours is here
#[derive(Debug, Args)]
pub struct Me {}

impl Me {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let me = phone.me()?;
        screen.answer(&json!(me), |s| {
            let mut table = s.table(&[]);
            table.add_row([cell("姓名 Name"), cell(if me.person.name.is_empty() { "—" } else { &me.person.name })]);
            for role in &me.roles {
                table.add_row([cell("角色 Role"), cell(format!("{} / {} {}", role.zh, role.en, role.scope_name).trim_end())]);
            }
            for (label, count) in
                [("住户 Households", me.households), ("居民 Residents", me.residents), ("走访 Visits", me.visits), ("上报 Reports", me.reports)]
            {
                table.add_row([cell(label), cell(count)]);
            }
            table.add_row([cell("未发送 Unsent"), toned(me.unsent, if me.unsent > 0 { Tone::Warn } else { Tone::Good })]);
            table.to_string()
        })
    }
}

/// 本机看得到的人员 / The persons that this phone may read
#[derive(Debug, Args)]
pub struct Persons {}

impl Persons {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let persons = phone.persons()?;
        screen.answer(&json!(persons), |s| {
            if persons.is_empty() {
                return s.text("还没有人员资料，请先同步 / no persons yet; sync first", Tone::Dim);
            }
            let mut table = s.table(&["姓名 Name", "角色 Role", "电话 Phone", "编号 Id"]);
            for p in &persons {
                table.add_row([cell(&p.name), cell(words::role(&p.kind)), cell(&p.phone), toned(p.id, Tone::Dim)]);
            }
            table.to_string()
        })
    }
}

/// 上报类别：名称、拼音、首字母或编码 / Categories of reports, by name, pinyin, initials or code
#[derive(Debug, Args)]
pub struct Categories {
    /// 找什么 / what to find
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    /// 本人最近用过的 / those you used last
    #[arg(long, conflicts_with = "words")]
    recent: bool,
    /// 最多显示多少个 / at most so many
    #[arg(long, value_name = "N", default_value_t = 30)]
    limit: u32,
}

impl Categories {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let found = if self.recent { phone.recent_categories(self.limit)? } else { phone.categories(&self.words.join(" "), self.limit)? };
        screen.answer(&json!(found), |s| {
            if found.is_empty() {
                return s.text("没有这样的类别 / no such category", Tone::Dim);
            }
            let mut table = s.table(&["编码 Code", "类别 Category"]);
            for c in &found {
                table.add_row([cell(&c.code), cell(c.levels.join(" / "))]);
            }
            table.to_string()
        })
    }
}
