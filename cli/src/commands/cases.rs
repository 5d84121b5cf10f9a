//! Cases of every kind: a step, and how one went.

use clap::Args;
use gridwalk_core::Phone;
use gridwalk_core::cases::{AddStep, AmountView, CaseView, ClockView, Process, SetAmount, StepView, Story};
use gridwalk_core::records::JsonMap;
use serde_json::json;

use super::records::{kind_named, pairs};
use crate::failure::{Failure, Result};
use crate::screen::{Screen, Style, Tone, cell, toned};
use crate::values::id;
use crate::words;

/// 办理一步：受理、派单、退回、反馈、办结…… / Add a step to a case: accept, dispatch, return, feed_back, close …
#[derive(Debug, Args)]
#[command(after_help = "\
例 / Examples:
  gridwalk step CASE 受理
  gridwalk step CASE 派单 主办单位=市政所 期限=7个工作日
  gridwalk step CASE 退回 --note 不属本单位职责
  gridwalk actions CASE                      现在能做哪些步 / what you may do now")]
pub struct Step {
    /// 事项编号 / the case's id
    #[arg(value_parser = id)]
    case: gridwalk_core::Id,
    /// 步骤 / the step
    step: String,
    /// 项目=内容 / what it carries
    #[arg(value_name = "FIELD=VALUE")]
    values: Vec<String>,
    /// 说明 / what was done or said
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
}

impl Step {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let kind = kind_named(&phone.record(self.case)?.kind)?;
        let process = kind.process.ok_or_else(|| Failure::usage(format!("{}没有办理流程", kind.rules.zh), format!("a {} is no case", kind.name)))?;
        let step = step_code(process, &self.step);
        let fields: JsonMap = pairs(phone, "", kind.entries[0].fields, &[], &self.values)?;
        let outcome = phone.run(AddStep { fields, ..AddStep::new(self.case, step) }.note(&self.note))?;
        screen.recorded(&outcome, "已记录办理", "step recorded")
    }
}

/// The code of a step, from its code or what people call it; what is no such word may be wrong: the core knows.
fn step_code<'a>(process: &'static Process, text: &'a str) -> &'a str {
    process.steps.iter().find(|step| step.code.label.zh == text).map_or(text, |step| step.code.code)
}

/// 各类时限；社区干部可修改 / How long clocks run; the desk sets it
#[derive(Debug, Args)]
pub struct Clocks {
    /// 哪一个，如 report.finish / which one
    setting: Option<String>,
    /// 多久，如 5个工作日；留空恢复默认 / how long, such as 5 working days; empty for the default
    #[arg(requires = "setting")]
    amount: Option<String>,
}

impl Clocks {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        if let (Some(setting), Some(amount)) = (&self.setting, self.amount) {
            let set = SetAmount { settings: phone.settings()?.id, setting: setting.clone(), amount };
            return screen.recorded(&phone.run(set)?, "已修改时限", "clock set");
        }
        let amounts: Vec<AmountView> = phone.amounts()?.into_iter().filter(|a| self.setting.as_ref().is_none_or(|setting| a.setting == *setting)).collect();
        screen.answer(&json!(amounts), |s| {
            let mut table = s.table(&["时限 Clock", "多久 Amount", "来源 Source", "代号 Setting"]);
            for a in &amounts {
                let source = if a.is_default { format!("默认值 / default {}", a.source) } else { "本社区设定 / set here".to_owned() };
                table.add_row([cell(format!("{}\n{}", a.zh, a.en)), cell(&a.amount), cell(source), toned(&a.setting, Tone::Dim)]);
            }
            table.to_string()
        })
    }
}

/// 待我办：在我、我的单位、社区或街道手上的事项，先到期的在前 / What waits for you: cases of every kind, the first to end in front
#[derive(Debug, Args)]
pub struct Inbox {
    /// 最多显示多少件 / at most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

impl Inbox {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let all = phone.inbox(self.limit)?;
        screen.answer(&json!(all), |s| {
            if all.is_empty() {
                return s.text("没有待办的事项 / nothing waits for you", Tone::Dim);
            }
            let mut table = s.table(&["到期 Ends", "事项 Case", "状态 Status", "编号 Id"]);
            for case in &all {
                let ends = case.ends_at.map(|at| format!("{}\n{}", words::time(at), case.clock_zh)).unwrap_or_default();
                let tone = match &*case.colour {
                    "red" => Tone::Bad,
                    "yellow" => Tone::Warn,
                    _ => Tone::Plain,
                };
                let title = [format!("{} {}", case.kind_zh, case.title)].into_iter().chain(words::flags(case.unsent, case.conflict));
                table.add_row([toned(ends, tone), cell(title.collect::<Vec<_>>().join("\n")), cell(state_text(case)), toned(case.id, Tone::Dim)]);
            }
            table.to_string()
        })
    }
}

/// Where a case stands, and with whom.
pub fn state_text(case: &CaseView) -> String {
    let status = if case.status_zh.is_empty() { &case.status } else { &case.status_zh };
    let persons = case.persons.join("、");
    let with = if persons.is_empty() { words::holder(&case.holder) } else { &persons };
    if with.is_empty() { status.clone() } else { format!("{status} · {with}") }
}

/// How a case went, in words: its clocks, the units, its steps.
pub fn story_text(s: Style, story: &Story) -> String {
    let all = [clocks_text(s, &story.clocks), units_text(s, story), steps_text(s, &story.steps)];
    all.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

fn clocks_text(s: Style, clocks: &[ClockView]) -> String {
    if clocks.is_empty() {
        return String::new();
    }
    let mut table = s.table(&["时限 Clock", "到期 Ends", "期限 Amount", "情况 State"]);
    for clock in clocks {
        let whose = [clock.unit_name.as_str(), &clock.stage].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
        let ends = clock.ends_at.map_or_else(|| "待核定 / to be set".to_owned(), words::time);
        let first = clock.first_ends_at.map(|at| format!("\n原定 {}", words::time(at))).unwrap_or_default();
        let state = match (&*clock.colour, clock.stopped_at, clock.paused_at) {
            ("red", Some(at), _) => toned(format!("超期完成 {}", words::time(at)), Tone::Bad),
            ("red", ..) => toned("已超期", Tone::Bad),
            ("yellow", ..) => toned("即将到期", Tone::Warn),
            (_, Some(at), _) => cell(format!("已完成 {}", words::time(at))),
            (_, _, Some(at)) => cell(format!("暂停 {}", words::time(at))),
            _ => cell(""),
        };
        table.add_row([cell(format!("{} {whose}", clock.zh).trim_end()), cell(format!("{ends}{first}")), cell(&clock.amount), state]);
    }
    table.to_string()
}

fn units_text(s: Style, story: &Story) -> String {
    if story.units.is_empty() {
        return String::new();
    }
    let mut table = s.table(&["单位 Unit", "主办、协办 Part", "自 Since", "至 Until"]);
    for part in &story.units {
        let name = if part.name.is_empty() { &part.unit } else { &part.name };
        let until = part.until.map(words::time).unwrap_or_default();
        table.add_row([cell(name), cell(if part.leads { "主办" } else { "协办" }), cell(words::time(part.since)), cell(until)]);
    }
    table.to_string()
}

fn steps_text(s: Style, steps: &[StepView]) -> String {
    if steps.is_empty() {
        return s.text("还没有人办理 / no steps yet", Tone::Dim);
    }
    let mut table = s.table(&["时间 When", "步骤 Step", "办理人 By", "说明 Note"]);
    for step in steps {
        let kind = if step.zh.is_empty() { &step.kind } else { &step.zh };
        // A step that came too late stays visible as such.
        let kind = if step.applied { cell(kind) } else { toned(format!("{kind}（没有生效：{}）", step.why_zh), Tone::Dim) };
        let carried = step.carries.iter().map(|c| format!("{}：{}", c.zh, c.text));
        let said = [step.note.clone()].into_iter().filter(|note| !note.is_empty()).chain(carried);
        let said = said
            .chain(step.disputed.then(|| format!("与另一步不一致，请再办一步并写明“替代的步骤” {}", step.id)))
            .chain(words::flags(step.unsent, step.conflict));
        table.add_row([
            cell(words::proven_time(step.at, step.unanchored, step.unknowable)),
            kind,
            cell(if step.by_name.is_empty() { &step.by } else { &step.by_name }),
            cell(said.collect::<Vec<_>>().join("\n")),
        ]);
    }
    table.to_string()
}
