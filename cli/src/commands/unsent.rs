//! What waits to be sent, and taking it back.

use clap::Args;
use gridwalk_core::phone::{UnsentPage, UnsentView};
use gridwalk_core::{Id, Phone};
use serde_json::json;

use crate::failure::{Failure, Result};
use crate::screen::{Screen, Style, Tone, cell, toned};
use crate::values::id;
use crate::words;

/// 未发送的记录，新的在前 / What waits to be sent, newest first
#[derive(Debug, Args)]
pub struct Unsent {
    /// 最多显示多少条 / at most so many
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// 从上一页的结尾继续 / go on where the page before ended
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
}

impl Unsent {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let page = phone.unsent(self.after.as_deref(), self.limit)?;
        screen.answer(&json!(page), |s| text(s, &page))
    }
}

fn text(s: Style, page: &UnsentPage) -> String {
    if page.rows.is_empty() {
        return s.text("没有未发送的记录 / nothing is unsent", Tone::Good);
    }
    let mut text = table(s, &page.rows);
    if let Some(next) = &page.next {
        text += &s.text(format!("\n还有更多 / more: --after {next}"), Tone::Dim);
    }
    text
}

fn table(s: Style, rows: &[UnsentView]) -> String {
    let mut table = s.table(&["时间 When", "记录 Record", "关于 About", "记录人 By", "说明 Note", "编号 Id"]);
    for row in rows {
        let note = match row {
            UnsentView { held: true, .. } => "等待升级 / held",
            UnsentView { can_take_back: true, .. } => "可收回 / can be taken back",
            _ => "",
        };
        table.add_row([
            cell(words::time(row.at)),
            cell(format!("{} / {}", row.zh, row.en)),
            cell(&row.title),
            cell(if row.by_name.is_empty() { row.by.to_string() } else { row.by_name.clone() }),
            cell(note),
            toned(row.id, Tone::Dim),
        ]);
    }
    table.to_string()
}

/// 收回未发送的记录，如同没有记录过 / Take an unsent record back, as if it had never been recorded
#[derive(Debug, Args)]
pub struct TakeBack {
    /// 记录编号，见 unsent / the record's id, as in unsent
    #[arg(value_parser = id)]
    command: Id,
    /// 以它为准的记录一并收回 / yes, also what rests on it
    #[arg(long)]
    yes: bool,
}

impl TakeBack {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let along = phone.rests_on(self.command)?;
        if !along.is_empty() && !self.yes {
            let named: Vec<String> = along.iter().map(|row| format!("{} {} {}", words::time(row.at), row.zh, row.title)).collect();
            return Err(Failure::usage(
                format!("以下记录会一并收回，确认请加 --yes：{}", named.join("；")),
                format!("{} records rest on it and go with it; confirm with --yes", along.len()),
            ));
        }
        let ids: Vec<Id> = along.iter().map(|row| row.id).collect();
        let taken = phone.take_back(self.command, &ids)?;
        screen.answer(&json!(taken), |s| s.text(format!("已收回 / taken back: {}", 1 + taken.along.len()), Tone::Good))
    }
}
