//! Problem reports (问题上报): list, show, raise.

use clap::{Args, Subcommand};
use gridwalk_core::reports::{PROCESS, RaiseReport, ReportFilter, ReportView, Stage};
use gridwalk_core::{Id, Phone};
use serde_json::json;

use super::cases::story_text;
use super::drafts::run_from;
use super::lookup::own_grid;
use crate::failure::Result;
use crate::screen::{Screen, Style, Tone, cell, toned};
use crate::values::{Position, id};
use crate::words;

/// 问题上报：查看、上报 / Problem reports: list, show, raise
#[derive(Debug, Args)]
pub struct Report {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(List),
    Show(Show),
    Raise(Raise),
}

impl Report {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::List(c) => c.run(phone, screen),
            What::Show(c) => c.run(phone, screen),
            What::Raise(c) => c.run(phone, screen),
        }
    }
}

/// 上报列表：未办结的最早的在前，已办结的最近的在前 / Reports: open ones oldest first, closed ones newest first
#[derive(Debug, Args)]
struct List {
    /// 已办结和不予受理的 / those that are closed or declined
    #[arg(long, conflicts_with = "all")]
    closed: bool,
    /// 全部 / all
    #[arg(long)]
    all: bool,
    /// 状态，如 已反馈 / only those of this status
    #[arg(long, value_name = "STATUS", default_value = "", hide_default_value = true)]
    status: String,
    /// 类别编码 / only those of this category, by its code
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    category: String,
    /// 上报月份，如 2026-03 / only those raised in this month
    #[arg(long, value_name = "YYYY-MM", default_value = "", hide_default_value = true)]
    month: String,
    /// 标题、编号、地址或内容中的词，标题也可用拼音 / words in title, number, address or detail; titles by pinyin too
    #[arg(long, value_name = "WORDS", default_value = "", hide_default_value = true)]
    find: String,
    /// 从这一件之后继续：上一页末行的 key / go on after the key of the last row of the page before
    #[arg(long, value_name = "KEY")]
    after: Option<String>,
    /// 最多显示多少件 / at most so many
    #[arg(long, value_name = "N", default_value_t = 30)]
    limit: u32,
}

impl List {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let status = words::status_code(&self.status).to_owned();
        // Whoever asks for a status of the end means those that have come to it.
        let ended = PROCESS.is_done(&status);
        let stage = match (self.closed, self.all || ended) {
            (true, _) => Stage::Closed,
            (_, true) => Stage::All,
            _ => Stage::Open,
        };
        let filter = ReportFilter { stage, status, category: self.category, month: self.month, text: self.find, by: None, place: None };
        let found = phone.reports(&filter, self.after.as_deref(), self.limit)?;
        let none = if filter == ReportFilter::default() { "没有未办结的上报 / no open reports" } else { "没有这样的上报 / no such reports" };
        screen.answer(&json!(found), |s| if found.is_empty() { s.text(none, Tone::Good) } else { table(s, &found) })?;
        if let Some(last) = found.last().filter(|_| found.len() == self.limit as usize) {
            screen.hint(&format!("还可能有更多：--after {}", last.key), &format!("there may be more: --after {}", last.key));
        }
        Ok(())
    }
}

/// Reports as rows.
pub fn table(s: Style, reports: &[ReportView]) -> String {
    let mut table = s.table(&["状态 Status", "紧急 Urgency", "标题 Title", "上报 Raised", "编号 Id"]);
    for r in reports {
        let holder = if r.lead_name.is_empty() { words::holder(&r.holder) } else { &r.lead_name };
        let facts = [r.number.as_str(), &r.place_name, &r.address, &r.category_name, &r.by_name, holder];
        let mut facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).map(str::to_owned).collect();
        facts.extend((!r.first_asked_name.is_empty() && r.first_asked_name != r.lead_name).then(|| format!("首问 {}", r.first_asked_name)));
        facts.extend(r.supervised_at.map(|at| format!("督办 {}", words::day(at))));
        facts.extend((r.photos > 0).then(|| format!("照片{}", r.photos)));
        facts.extend(r.unsent.then(|| "未上传".to_owned()));
        facts.extend(r.conflict.then(|| "冲突".to_owned()));
        let status = words::status(&r.status);
        let status = if r.notes_since > 0 { toned(format!("{status}\n有新情况 {}", r.notes_since), Tone::Bad) } else { toned(status, tone(&r.status)) };
        table.add_row([
            status,
            toned(&r.urgency, if r.urgency == "紧急" { Tone::Bad } else { Tone::Plain }),
            cell(format!("{}\n{}", r.title, facts.join(" · ")).trim_end()),
            cell(words::day(r.at)),
            toned(r.id, Tone::Dim),
        ]);
    }
    table.to_string()
}

fn tone(status: &str) -> Tone {
    match status {
        "raised" => Tone::Bad,
        "answered" | "closed" => Tone::Good,
        "declined" => Tone::Dim,
        _ => Tone::Warn,
    }
}

/// 一件上报和它的办理过程 / A report with its steps
#[derive(Debug, Args)]
struct Show {
    /// 上报编号 / the report's id
    #[arg(value_parser = id)]
    report: Id,
}

impl Show {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let (report, story) = phone.report(self.report)?;
        let marks = phone.marks(self.report)?;
        screen.answer(&json!({"report": report, "steps": story.steps, "clocks": story.clocks, "units": story.units, "marks": marks}), |s| {
            let by = if report.by_name.is_empty() { &report.by } else { &report.by_name };
            let category = if report.category_name.is_empty() { &report.category } else { &report.category_name };
            let time = words::proven_time(report.at, report.unanchored, report.unknowable);
            let facts = [report.urgency.as_str(), category, &report.number, &report.place_name, &report.address, &time, by];
            let facts: Vec<&str> = facts.into_iter().filter(|f| !f.is_empty()).collect();
            let head = format!("{} {}", s.text(&report.title, Tone::Bold), s.text(words::status(&report.status), tone(&report.status)));
            let marks: Vec<String> = marks.iter().map(words::mark).collect();
            let lines = [
                head,
                s.text(marks.join("，"), Tone::Warn),
                s.text(facts.join(" · "), Tone::Plain),
                s.text(&report.detail, Tone::Plain),
                story_text(s, &story),
            ];
            let text = lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
            let legend = words::time_legend(&text);
            text + &s.text(legend, Tone::Dim)
        })
    }
}

/// 上报一个问题 / Raise a report
#[derive(Debug, Args)]
struct Raise {
    /// 一句话说明 / what it is about, in a line
    title: String,
    /// 详细情况 / all there is to say
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    detail: String,
    /// 类别编码 / the code of its category
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    category: String,
    /// 一般、较急、紧急 / how urgent
    #[arg(long, value_name = "WORD", default_value = "", hide_default_value = true)]
    urgency: String,
    /// 网格或微网格编号，默认本人的网格 / the id of the grid or micro-grid [default: your own]
    #[arg(long, value_name = "PLACE", value_parser = id)]
    place: Option<Id>,
    /// 位置 / position
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    position: Option<Position>,
    /// 由这份草稿而来：草稿的编号，它的照片随上报保存 / the draft that it comes of, by its id: its photos go with the report
    #[arg(long, value_name = "ID", value_parser = id)]
    draft: Option<Id>,
}

impl Raise {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let report = RaiseReport {
            place: self.place.map_or_else(|| own_grid(phone), |place| Ok(Some(place)))?,
            category: self.category,
            title: self.title,
            detail: self.detail,
            urgency: self.urgency,
            lat: self.position.map(|p| p.0),
            lon: self.position.map(|p| p.1),
            imported: None,
        };
        screen.recorded(&run_from(phone, self.draft, report)?, "已上报", "report raised")
    }
}
