//! What a community sets for itself: visit rules, and how long what is kept.

use clap::Args;
use gridwalk_core::Phone;
use gridwalk_core::settings::{SetRetention, SettingsView};
use serde_json::json;

use crate::failure::Result;
use crate::screen::{Screen, Style, Tone, cell, number};

/// 社区设置：走访周期、保存期限；社区干部可修改保存期限 / The community's settings; the desk sets how long what is kept
#[derive(Debug, Args)]
pub struct Settings {
    /// 走访记录保存几个月，0为不删除 / months that visits are kept, 0 for ever
    #[arg(long, value_name = "MONTHS")]
    keep_visits: Option<i64>,
    /// 办结的上报保留文字几个月，0为不删除 / months that closed reports keep their words, 0 for ever
    #[arg(long, value_name = "MONTHS")]
    keep_reports: Option<i64>,
    /// 服务器每天自动执行：true、false / whether a serving hub sees to it every day
    #[arg(long, value_name = "BOOL")]
    retention_daily: Option<bool>,
}

impl Settings {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let view = phone.settings()?;
        let months: Vec<(String, i64)> =
            [("visit", self.keep_visits), ("report", self.keep_reports)].into_iter().filter_map(|(kind, months)| Some((kind.to_owned(), months?))).collect();
        if months.is_empty() && self.retention_daily.is_none() {
            return screen.answer(&json!(view), |s| table(s, &view));
        }
        let set = SetRetention { settings: view.id, months, daily: self.retention_daily };
        screen.recorded(&phone.run(set)?, "已修改社区设置", "settings changed")
    }
}

fn table(s: Style, view: &SettingsView) -> String {
    let mut table = s.table(&["设置 Setting", "值 Value"]);
    for (tag, days) in &view.visit_rules {
        table.add_row([cell(format!("走访周期：{tag} / days between visits")), number(days)]);
    }
    for (kind, months) in &view.retention {
        let what = if kind == "visit" { "走访保存月数" } else { "上报文字保存月数" };
        table.add_row([cell(format!("{what} / months kept ({kind})")), number(months)]);
    }
    let daily = if view.retention_daily { "是 / yes" } else { "否 / no" };
    table.add_row([cell("服务器每天自动清理 / the hub sees to it every day"), cell(daily)]);
    format!("{table}\n{}", s.text("修改 / change: gridwalk settings --keep-visits 36 --keep-reports 36 --retention-daily true", Tone::Dim))
}
