//! Problem reports (问题上报): list, show, raise, step.

use clap::{Args, Subcommand};
use gridwalk_core::reports::{AddStep, DispatchReport, RaiseReport, ReportView, StepView, WhistleReport};
use gridwalk_core::{Id, Phone};
use serde_json::json;

use super::lookup::{name_of, own_grid};
use crate::failure::Result;
use crate::screen::{Screen, Style, Tone, cell, toned};
use crate::values::{Position, id};
use crate::words;

/// 问题上报：查看、上报、办理 / Problem reports: list, show, raise, step
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
    Step(Step),
    Whistle(Whistle),
    Dispatch(Dispatch),
}

impl Report {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::List(c) => c.run(phone, screen),
            What::Show(c) => c.run(phone, screen),
            What::Raise(c) => c.run(phone, screen),
            What::Step(c) => c.run(phone, screen),
            What::Whistle(c) => c.run(phone, screen),
            What::Dispatch(c) => c.run(phone, screen),
        }
    }
}

/// 未办结的上报，最早的在前 / Open reports, oldest first
#[derive(Debug, Args)]
struct List {
    /// 最多显示多少件 / at most so many
    #[arg(long, value_name = "N", default_value_t = 30)]
    limit: u32,
}

impl List {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let open = phone.open_reports(self.limit)?;
        screen.answer(&json!(open), |s| if open.is_empty() { s.text("没有未办结的上报 / no open reports", Tone::Good) } else { table(s, &open) })
    }
}

fn table(s: Style, reports: &[ReportView]) -> String {
    let mut table = s.table(&["状态 Status", "紧急 Urgency", "标题 Title", "上报 Raised", "编号 Id"]);
    for r in reports {
        table.add_row([
            toned(words::status(&r.status), tone(&r.status)),
            toned(&r.urgency, if r.urgency == "紧急" { Tone::Bad } else { Tone::Plain }),
            cell(&r.title),
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
        let (report, steps) = phone.report(self.report)?;
        let marks = phone.marks(self.report)?;
        screen.answer(&json!({"report": report, "steps": steps, "marks": marks}), |s| {
            let facts = [
                report.urgency.as_str(),
                &report.category,
                &report.number,
                &words::proven_time(report.at, report.unanchored, report.unknowable),
                &name_of(phone, &report.by),
            ];
            let facts: Vec<&str> = facts.into_iter().filter(|f| !f.is_empty()).collect();
            let head = format!("{} {}", s.text(&report.title, Tone::Bold), s.text(words::status(&report.status), tone(&report.status)));
            let marks: Vec<String> = marks.iter().map(words::mark).collect();
            let lines = [
                head,
                s.text(marks.join("，"), Tone::Warn),
                s.text(facts.join(" · "), Tone::Plain),
                s.text(&report.detail, Tone::Plain),
                steps_text(s, phone, &steps),
            ];
            let text = lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
            let legend = words::time_legend(&text);
            text + &s.text(legend, Tone::Dim)
        })
    }
}

fn steps_text(s: Style, phone: &Phone, steps: &[StepView]) -> String {
    if steps.is_empty() {
        return s.text("还没有人办理 / no steps yet", Tone::Dim);
    }
    let mut table = s.table(&["时间 When", "步骤 Step", "办理人 By", "说明 Note"]);
    for step in steps {
        let kind = words::step(&step.kind);
        // A step that came too late stays visible as such.
        let kind = if step.applied { cell(kind) } else { toned(format!("{kind}（未生效）"), Tone::Dim) };
        table.add_row([cell(words::proven_time(step.at, step.unanchored, step.unknowable)), kind, cell(name_of(phone, &step.by)), cell(&step.note)]);
    }
    table.to_string()
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
}

impl Raise {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let outcome = phone.run(RaiseReport {
            place: self.place.map_or_else(|| own_grid(phone), |place| Ok(Some(place)))?,
            category: self.category,
            title: self.title,
            detail: self.detail,
            urgency: self.urgency,
            lat: self.position.map(|p| p.0),
            lon: self.position.map(|p| p.1),
            imported: None,
        })?;
        screen.recorded(&outcome, "已上报", "report raised")
    }
}

/// 办理一步 / Add a step to a report
#[derive(Debug, Args)]
struct Step {
    /// 上报编号 / the report's id
    #[arg(value_parser = id)]
    report: Id,
    /// 受理、不予受理、处理、反馈、办结、退回、督办、补充情况 / accept, decline, handle, feed_back, close, return, supervise, note
    kind: String,
    /// 说明 / what was done or said
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
}

impl Step {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let outcome = phone.run(AddStep { report: self.report, kind: words::step_code(&self.kind).to_owned(), note: self.note })?;
        screen.recorded(&outcome, "已记录办理", "step recorded")
    }
}

/// 吹哨：交街道处理，连同经过 / Whistle: it goes to the street, with its history
#[derive(Debug, Args)]
struct Whistle {
    /// 上报编号 / the report's id
    #[arg(value_parser = id)]
    report: Id,
    /// 1 超出社区能力、2 联合执法、3 突发应急 / 1 beyond the community, 2 joint enforcement, 3 emergency
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=3))]
    kind: i64,
    /// 说明 / why
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
}

impl Whistle {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let outcome = phone.run(WhistleReport { report: self.report, kind: self.kind, note: self.note })?;
        screen.recorded(&outcome, "已吹哨", "whistled")
    }
}

/// 派单：街道指定牵头和协办单位 / Dispatch: the street names a lead and assisting units
#[derive(Debug, Args)]
struct Dispatch {
    /// 上报编号 / the report's id
    #[arg(value_parser = id)]
    report: Id,
    /// 牵头单位编号，见 unit list / the unit that leads, as in unit list
    #[arg(long, value_name = "UNIT", value_parser = id)]
    lead: Id,
    /// 协办单位编号 / a unit that assists
    #[arg(long = "assist", value_name = "UNIT", value_parser = id)]
    assisting: Vec<Id>,
    /// 说明 / what is asked of them
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
}

impl Dispatch {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let outcome = phone.run(DispatchReport { report: self.report, lead: self.lead, assisting: self.assisting, note: self.note })?;
        screen.recorded(&outcome, "已派单", "dispatched")
    }
}
