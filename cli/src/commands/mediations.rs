//! Mediations (矛盾调解) with how far they have come. They are begun, held and agreed on as every record is added and edited.

use clap::{Args, Subcommand};
use gridwalk_core::mediations::STATES;
use gridwalk_core::{Id, Phone};
use serde_json::json;

use super::lookup::name_of;
use crate::failure::Result;
use crate::screen::{Screen, Tone, cell, toned};
use crate::values::id;
use crate::words;

/// 矛盾调解，只有调解圈成员能看 / Mediation, read by its circle alone
#[derive(Debug, Args)]
pub struct Mediation {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(List),
    Show(Show),
}

impl Mediation {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::List(c) => c.run(phone, screen),
            What::Show(c) => c.run(phone, screen),
        }
    }
}

/// 本机的调解，最近的在前 / Mediations, newest first
#[derive(Debug, Args)]
struct List {
    /// 最多显示多少件 / at most so many
    #[arg(long, value_name = "N", default_value_t = 30)]
    limit: u32,
}

impl List {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let all = phone.mediations(self.limit)?;
        screen.answer(&json!(all), |s| {
            if all.is_empty() {
                return s.text("没有调解 / no mediations", Tone::Dim);
            }
            let mut table = s.table(&["进展 State", "事由 Matter", "当事人 Parties", "开始 Begun", "编号 Id"]);
            for m in &all {
                table.add_row([cell(words::choice(STATES, &m.state)), cell(&m.matter), cell(&m.parties), cell(words::day(m.at)), toned(m.id, Tone::Dim)]);
            }
            table.to_string()
        })
    }
}

/// 一件调解和它的经过 / A mediation with its sessions
#[derive(Debug, Args)]
struct Show {
    /// 调解编号 / the mediation
    #[arg(value_parser = id)]
    mediation: Id,
}

impl Show {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let (m, sessions) = phone.mediation(self.mediation)?;
        screen.answer(&json!({"mediation": m, "sessions": sessions}), |s| {
            let mut lines = vec![format!("{} {}", s.text(&m.matter, Tone::Bold), words::choice(STATES, &m.state)), m.parties.clone(), m.place.clone()];
            if !m.agreement.is_empty() {
                lines.push(format!("协议 Agreement：{}", m.agreement));
            }
            lines.push(m.note.clone());
            let mut table = s.table(&["时间 When", "经过 What", "记录人 By", "情况 Note"]);
            for held in &sessions {
                let what = match held.kept {
                    Some(true) => "回访：已履行",
                    Some(false) => "回访：未履行",
                    None => "调解",
                };
                table.add_row([
                    cell(words::proven_time(held.held_at, held.unanchored, held.unknowable)),
                    cell(what),
                    cell(name_of(phone, &held.by)),
                    cell(&held.note),
                ]);
            }
            let text = table.to_string();
            let legend = words::time_legend(&text);
            lines.push(text + &s.text(legend, Tone::Dim));
            lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
        })
    }
}
