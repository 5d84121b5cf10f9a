//! Fields that two people set differently at the same time: listed, and settled.

use clap::{Args, Subcommand};
use gridwalk_core::conflicts::{ConflictView, SettleConflict};
use gridwalk_core::{Error, Id, Phone};
use serde_json::json;

use crate::failure::Result;
use crate::screen::{Screen, Style, Tone, cell, number};
use crate::values::id;
use crate::words;

/// 多人同时填写不同的内容：查看、选定 / Fields set differently at the same time: list, settle
#[derive(Debug, Args)]
pub struct Conflicts {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    Settle(Settle),
}

impl Conflicts {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            None => list(phone, screen),
            Some(What::Settle(c)) => c.run(phone, screen),
        }
    }
}

fn list(phone: &Phone, screen: &Screen) -> Result {
    let conflicts = phone.conflicts()?;
    let abouts = conflicts.iter().map(|conflict| about(phone, conflict)).collect::<gridwalk_core::Result<Vec<_>>>()?;
    screen.answer(&json!(conflicts), |s| {
        if conflicts.is_empty() {
            return s.text("没有冲突 / no conflicts", Tone::Good);
        }
        let mut text: Vec<String> = conflicts.iter().zip(&abouts).map(|(conflict, about)| one(s, about, conflict)).collect();
        text.push(s.text("选定 / settle: gridwalk conflicts settle 资料 项目 选项", Tone::Dim));
        text.join("\n")
    })
}

fn one(s: Style, about: &str, conflict: &ConflictView) -> String {
    let mut table = s.table(&["选项 Choice", "内容 Value", "填写人 By", "时间 When"]);
    for (i, value) in conflict.values.iter().enumerate() {
        let by = if value.by_name.is_empty() { &value.by } else { &value.by_name };
        table.add_row([number(i + 1), cell(&value.value), cell(by), cell(words::time(value.at))]);
    }
    let key = format!("{} {}", conflict.document, conflict.path);
    format!("{}\n{}\n{table}", s.text(about, Tone::Bold), s.text(key, Tone::Dim))
}

/// What a conflict is about, in words: the household or report, the resident, the field.
fn about(phone: &Phone, conflict: &ConflictView) -> gridwalk_core::Result<String> {
    let document = phone.export_json(conflict.document)?;
    let state = &document["state"];
    let mut parts: Vec<&str> = ["address", "title", "name"].iter().find_map(|key| state[key].as_str()).into_iter().collect();
    let mut keys: Vec<&str> = conflict.path.split('/').collect();
    keys.pop();
    let entry = keys.iter().fold(state, |value, key| &value[key]);
    parts.extend(entry["name"].as_str().filter(|_| !keys.is_empty()));
    parts.push(&conflict.zh);
    Ok(parts.join(" · "))
}

/// 选定其中一个内容 / Choose one of the values
#[derive(Debug, Args)]
struct Settle {
    /// 资料编号 / the document's id
    #[arg(value_parser = id)]
    document: Id,
    /// 项目 / the field's path, as listed
    path: String,
    /// 选项的序号，从 1 开始 / the choice's number, as listed, from 1
    choice: usize,
    /// 当时列出的内容（JSON），可重复；如又有新内容则不选定 / the values you saw, as JSON; if others have come, nothing is settled
    #[arg(long, value_name = "JSON")]
    seen: Vec<String>,
}

impl Settle {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let seen = if self.seen.is_empty() { shown(phone, self.document, &self.path)? } else { self.seen };
        let choose = self.choice.checked_sub(1).ok_or_else(|| Error::invalid("序号从 1 开始", "choices are counted from 1"))?;
        let chosen = seen.get(choose).cloned().unwrap_or_default();
        let outcome = phone.run(SettleConflict { document: self.document, path: self.path, choose, seen })?;
        screen.recorded(&outcome, &format!("已选定 {chosen}"), "settled")
    }
}

fn shown(phone: &Phone, document: Id, path: &str) -> Result<Vec<String>> {
    let conflict = phone.conflicts()?.into_iter().find(|c| c.document == document && c.path == path);
    let conflict = conflict.ok_or_else(|| Error::not_found("没有这个冲突，可能已经解决", "no such conflict; it may be settled already"))?;
    Ok(conflict.values.into_iter().map(|v| v.value).collect())
}
