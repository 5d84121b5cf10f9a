//! Whom to visit, and who lives where: today, find, near, show.

use clap::Args;
use gridwalk_core::care::CareView;
use gridwalk_core::dictionary::FieldValue;
use gridwalk_core::households::document::{RESIDENT_STATES, STATES};
use gridwalk_core::households::{HouseholdView, ResidentView};
use gridwalk_core::phone::FactView;
use gridwalk_core::records::RecordView;
use gridwalk_core::search::{FoundView, HitView};
use gridwalk_core::visits::{DoorGroup, DoorOrder, DueView, Urgency, VisitView};
use gridwalk_core::{Phone, kinds};
use serde_json::{Value, json};

use super::cases::story_text;
use super::lookup::{household, name_of};
use super::records::record_text;
use crate::failure::Result;
use crate::screen::{Screen, Style, Tone, cell, number, toned};
use crate::values::Position;
use crate::words;

/// 今天该走访谁，最紧急的在前 / Doors that are due, most pressing first
#[derive(Debug, Args)]
pub struct Today {
    /// 从哪里出发，由近到远 / where you are: nearest first
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    near: Option<Position>,
    /// 按楼栋和单元分组，楼内从下往上 / by building and stairway, each from the ground up
    #[arg(long)]
    groups: bool,
    /// 分组时最紧急的楼道在前 / of groups, those with the most overdue doors first
    #[arg(long, requires = "groups")]
    urgent: bool,
    /// 最多显示多少户 / at most so many
    #[arg(long, value_name = "N", default_value_t = 30, conflicts_with = "groups")]
    limit: u32,
}

impl Today {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        if self.groups {
            let order = if self.urgent { DoorOrder::Urgency } else { DoorOrder::Way };
            let groups = phone.today_groups(self.near.map(|p| (p.0, p.1)), order)?;
            return screen.answer(&json!(groups), |s| if groups.is_empty() { due_table(s, &[]) } else { groups_text(s, &groups) });
        }
        let due = phone.today(self.near.map(|p| (p.0, p.1)), self.limit)?;
        screen.answer(&json!(due), |s| due_table(s, &due))
    }
}

fn groups_text(s: Style, groups: &[DoorGroup]) -> String {
    let text = |group: &DoorGroup| {
        let facts = [Some(format!("可走{}", group.due)), (group.overdue > 0).then(|| format!("超期{}", group.overdue)), group.metres.map(words::distance)];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        format!("{} {}\n{}", s.text(&group.name, Tone::Bold), s.text(facts.join(" · "), Tone::Dim), due_table(s, &group.doors))
    };
    groups.iter().map(text).collect::<Vec<_>>().join("\n")
}

fn due_table(s: Style, due: &[DueView]) -> String {
    if due.is_empty() {
        return s.text("今天没有到期的走访 / no door is due", Tone::Good);
    }
    let mut table = s.table(&["期限 Due", "住户 Household", "编号 Id"]);
    for d in due {
        let facts = [
            d.metres.map(words::distance),
            Some(if d.tag.is_empty() { format!("每 {} 天", d.every_days) } else { format!("{} 每 {} 天", d.tag, d.every_days) }),
            d.last_visit_at.map(|at| format!("见面 {}", words::day(at))),
            d.last_attempt_at
                .filter(|at| Some(*at) != d.last_visit_at)
                .map(|at| format!("上门 {} {} {}", words::day(at), words::result(&d.last_attempt_result), d.last_attempt_by)),
            (d.open_reports > 0).then(|| format!("上报 {}", d.open_reports)),
            d.unsent.then(|| "未上传".to_owned()),
            d.conflict.then(|| "冲突".to_owned()),
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        table.add_row([
            toned(format!("{}\n{}", words::urgency(d.urgency), words::day(d.due_at)), if d.urgency == Urgency::Overdue { Tone::Bad } else { Tone::Warn }),
            cell(format!("{} {}\n{}", d.name, d.address, facts.join(" · ")).trim_start()),
            toned(d.household, Tone::Dim),
        ]);
    }
    table.to_string()
}

/// 查找居民、住户、上报、人员、单位等：姓名、拼音、地址、电话、标签、标题、编号 / Find residents, households, reports, people, units: by name, pinyin, address, telephone, tag, title, number
#[derive(Debug, Args)]
pub struct Find {
    /// 找什么，可写几个词 / what to find; all words must match
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
    /// 最多显示多少户，其他资料也最多这么多 / at most so many households, and as many other records
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
}

impl Find {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let typed = self.words.join(" ");
        let found = phone.find(&typed, self.limit)?;
        let hits: Vec<HitView> = phone.search(&typed, self.limit)?.into_iter().filter(|hit| hit.kind != "household").collect();
        let value: Vec<Value> = found.iter().map(|f| json!(f)).chain(hits.iter().map(|hit| json!(hit))).collect();
        // Reports also when closed, with their status: whoever looks for one does not know how far it has come.
        let (reports, others): (Vec<&HitView>, Vec<&HitView>) = hits.iter().partition(|hit| hit.kind == "report");
        let reports = reports.iter().map(|hit| Ok(phone.report(hit.id)?.0)).collect::<Result<Vec<_>>>()?;
        screen.answer(&json!(value), |s| {
            let mut tables = Vec::new();
            tables.extend((!found.is_empty()).then(|| found_table(s, &found)));
            tables.extend((!reports.is_empty()).then(|| super::reports::table(s, &reports)));
            tables.extend((!others.is_empty()).then(|| hits_table(s, &others)));
            if tables.is_empty() { s.text("没有找到 / nothing found", Tone::Dim) } else { tables.join("\n") }
        })
    }
}

/// Records of other kinds that were found.
fn hits_table(s: Style, hits: &[&HitView]) -> String {
    let mut table = s.table(&["类别 Kind", "名称 Title", "编号 Id"]);
    for hit in hits {
        let flags = [hit.unsent.then_some("未上传"), hit.conflict.then_some("冲突")];
        let flags: Vec<&str> = flags.into_iter().flatten().collect();
        let kind = kinds::by_name(&hit.kind).map_or(hit.kind.as_str(), |kind| kind.rules.zh);
        table.add_row([cell(kind), cell(format!("{}\n{}", hit.title, flags.join(" · ")).trim_end()), toned(hit.id, Tone::Dim)]);
    }
    table.to_string()
}

/// Households found, with the residents meant.
pub fn found_table(s: Style, found: &[FoundView]) -> String {
    let mut table = s.table(&["住址 Address", "居民 Residents", "编号 Id"]);
    for f in found {
        let residents: Vec<String> = f.residents.iter().map(resident_line).collect();
        table.add_row([cell(&f.address), cell(residents.join("\n")), toned(f.household, Tone::Dim)]);
    }
    table.to_string()
}

fn resident_line(r: &ResidentView) -> String {
    let state = if r.state == "living" { "" } else { words::choice(RESIDENT_STATES, &r.state) };
    let all = [r.name.as_str(), &r.sex, &r.birth, &r.phone, &r.tags.join("、"), state];
    all.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// 附近的住户，由近到远 / Households near a position, nearest first
#[derive(Debug, Args)]
pub struct Near {
    /// 位置 / the position in degrees (WGS-84)
    #[arg(value_name = "LAT,LON", allow_hyphen_values = true)]
    position: Position,
    /// 多少米以内 / within so many metres
    #[arg(long, value_name = "M", default_value_t = 300)]
    metres: u32,
    /// 最多显示多少户 / at most so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
}

impl Near {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let near = phone.near(self.position.0, self.position.1, self.metres, self.limit)?;
        screen.answer(&json!(near), |s| {
            if near.is_empty() {
                return s.text("附近没有住户 / no household nearby", Tone::Dim);
            }
            let mut table = s.table(&["距离 Metres", "住址 Address", "编号 Id"]);
            for n in &near {
                table.add_row([number(words::distance(n.metres)), cell(&n.address), toned(n.household, Tone::Dim)]);
            }
            table.to_string()
        })
    }
}

/// 一户的资料：居民和最近的走访；或任何一份资料 / A household: its residents and recent visits; or any record by its id
#[derive(Debug, Args)]
pub struct Show {
    /// 资料编号，或只找到一户的词 / a record's id, or words that find only one household
    #[arg(required = true, value_name = "HOUSEHOLD")]
    household: Vec<String>,
    /// 最多显示多少次走访 / at most so many visits
    #[arg(long, value_name = "N", default_value_t = 10)]
    visits: u32,
    /// 每一项由谁在什么时候填写 / who wrote each fact, and when
    #[arg(long)]
    facts: bool,
    /// 按数据字典逐项列出 / field by field, as the dictionary has them
    #[arg(long, conflicts_with = "facts")]
    fields: bool,
}

impl Show {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let id = household(phone, &self.household.join(" "))?;
        if self.facts {
            let facts = phone.facts(id)?;
            return screen.answer(&json!(facts), |s| facts_table(s, &facts));
        }
        if let Ok(record) = phone.record(id)
            && (self.fields || record.kind != "household")
        {
            let story = phone.story(id).ok().filter(|_| !self.fields);
            let Some(story) = story else { return screen.answer(&json!(record), |s| record_text(s, &record)) };
            let record = RecordView { entries: Vec::new(), ..record };
            return screen.answer(&json!({"record": record, "story": story}), |s| format!("{}\n{}", record_text(s, &record), story_text(s, &story)));
        }
        let view = phone.household(id)?;
        let reports = phone.reports_of(id, self.visits)?;
        let visits = phone.visits_of(id, self.visits)?;
        let care = phone.care(id)?;
        screen.answer(&json!({"household": view, "visits": visits, "care": care, "reports": reports}), |s| {
            // A micro-grid's lead does not have the grid's own document.
            let places = [&view.place, &view.micro_grid].map(|place| Some(name_of(phone, place)).filter(|name| name != place));
            let raised = if reports.is_empty() { String::new() } else { super::reports::table(s, &reports) };
            let all = [household_text(s, &view, places), residents_text(s, &view.residents), care_text(s, &view, &care), visits_text(s, &visits), raised];
            all.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
        })
    }
}

fn facts_table(s: Style, facts: &[FactView]) -> String {
    let mut table = s.table(&["项目 Field", "内容 Value", "填写人 By", "时间 When"]);
    for fact in facts {
        let value = fact.value.as_str().map_or_else(|| fact.value.to_string(), str::to_owned);
        let tone = if fact.shown { Tone::Plain } else { Tone::Warn };
        let by = if fact.by_name.is_empty() { &fact.by } else { &fact.by_name };
        let by = if fact.confirmed { format!("{by}\n核对 / confirmed") } else { by.clone() };
        table.add_row([cell(&fact.zh), toned(value, tone), cell(by), cell(words::time(fact.at))]);
    }
    table.to_string()
}

fn household_text(s: Style, h: &HouseholdView, [grid, micro_grid]: [Option<String>; 2]) -> String {
    let position = h.position.map(|(lat, lon)| format!("{lat:.6},{lon:.6}"));
    let rhythm = h.visit_every_days.map(|days| format!("每 {days} 天走访 / every {days} days"));
    let facts = [grid, micro_grid, Some(h.tenure.clone()), position, rhythm];
    let facts: Vec<String> =
        facts.into_iter().flatten().filter(|f| !f.is_empty()).chain(further(&h.fields)).chain(words::flags(h.unsent, h.conflict)).collect();
    let state = s.text(words::choice(STATES, &h.state), if h.state == "lived_in" { Tone::Good } else { Tone::Warn });
    format!("{} {state} {}\n{}", s.text(&h.address, Tone::Bold), s.text(h.id, Tone::Dim), s.text(facts.join(" · "), Tone::Plain))
}

/// Fields that have no place of their own on a card.
fn further(fields: &[FieldValue]) -> impl Iterator<Item = String> {
    fields.iter().map(|f| format!("{}：{}", f.zh, f.text))
}

fn residents_text(s: Style, residents: &[ResidentView]) -> String {
    if residents.is_empty() {
        return s.text("没有登记居民 / no residents recorded", Tone::Dim);
    }
    let mut table = s.table(&["姓名 Name", "情况 About", "电话 Phone", "标签 Tags", "编号 Id"]);
    for r in residents {
        let state = if r.state == "living" { "" } else { words::choice(RESIDENT_STATES, &r.state) };
        let about = [r.sex.as_str(), &r.birth, &r.relation, state].into_iter().filter(|part| !part.is_empty()).map(str::to_owned);
        let about: Vec<String> = about.chain(further(&r.fields)).chain(words::flags(r.unsent, r.conflict)).collect();
        table.add_row([cell(&r.name), cell(about.join(" ")), cell(&r.phone), cell(r.tags.join("、")), toned(r.id, Tone::Dim)]);
    }
    table.to_string()
}

/// What only members of a circle see.
fn care_text(s: Style, household: &HouseholdView, care: &[CareView]) -> String {
    if care.is_empty() {
        return String::new();
    }
    let mut table = s.table(&["居民 Resident", "保密资料 Confidential", "编号 Id"]);
    for c in care {
        let name = household.residents.iter().find(|r| r.id == c.resident).map_or("", |r| &r.name);
        let facts: Vec<String> = c.facts.iter().map(|f| format!("{}：{}", f.zh, f.text)).collect();
        table.add_row([cell(name), cell(facts.join("\n")), toned(c.id, Tone::Dim)]);
    }
    table.to_string()
}

fn visits_text(s: Style, visits: &[VisitView]) -> String {
    if visits.is_empty() {
        return s.text("没有走访记录 / no visits recorded", Tone::Dim);
    }
    let mut table = s.table(&["走访时间 Visited", "结果 Result", "走访人 By", "目的与备注 Purpose, note"]);
    for v in visits {
        let by = if v.by_name.is_empty() { &v.by } else { &v.by_name };
        let said = [v.purpose.as_str(), &v.note].into_iter().filter(|part| !part.is_empty()).map(str::to_owned);
        let said: Vec<String> = said.chain(further(&v.fields)).chain(words::flags(v.unsent, v.conflict)).collect();
        let said = said.join("\n");
        let when = words::proven_time(v.at, v.unanchored, v.unknowable)
            + &if v.entered_later { format!("\n补录于 {}", words::time(v.recorded_at)) } else { String::new() };
        let tone = if matches!(v.result.as_str(), "met" | "phone") { Tone::Good } else { Tone::Warn };
        table.add_row([cell(when), toned(words::result(&v.result), tone), cell(by), cell(said)]);
    }
    let text = table.to_string();
    let legend = words::time_legend(&text);
    text + &s.text(legend, Tone::Dim)
}
