//! Confidential circles (保密圈): who is in them, and what they hold of health and minors.

use clap::{Args, Subcommand};
use gridwalk_core::care::{AddHealth, AddMinor, EditHealth, EditMinor, Fact};
use gridwalk_core::circles::{AddCircle, ApproveMember, CircleView, EditCircle, Purpose, SetMember};
use gridwalk_core::{Error, Id, Phone};
use serde_json::json;

use crate::failure::Result;
use crate::screen::{Screen, Style, Tone, cell, toned};
use crate::values::id;
use crate::words;

/// 保密圈：谁能看健康、未成年人、调解资料 / Confidential circles: who may read what
#[derive(Debug, Args)]
pub struct Circle {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(List),
    Add(Add),
    Rename(Rename),
    Enter(Enter),
    Remove(Remove),
    Approve(Approve),
}

impl Circle {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::List(c) => c.run(phone, screen),
            What::Add(c) => screen.recorded(&phone.run(AddCircle { purpose: c.purpose, name: c.name, members: c.members })?, "已建立", "circle made"),
            What::Rename(c) => screen.recorded(&phone.run(EditCircle { circle: c.circle, name: c.name })?, "已改名", "renamed"),
            What::Enter(c) => screen.recorded(&phone.run(SetMember { circle: c.circle, person: c.person, member: true })?, "已加入", "entered"),
            What::Remove(c) => screen.recorded(&phone.run(SetMember { circle: c.circle, person: c.person, member: false })?, "已移出", "removed"),
            What::Approve(c) => {
                let approved = !c.withdraw;
                let said = if approved { ("已批准", "approved") } else { ("已撤回批准", "approval withdrawn") };
                screen.recorded(&phone.run(ApproveMember { circle: c.circle, person: c.person, approved })?, said.0, said.1)
            }
        }
    }
}

/// 本机知道的圈和成员 / The circles and their members
#[derive(Debug, Args)]
struct List {}

impl List {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let circles = phone.circles()?;
        screen.answer(&json!(circles), |s| if circles.is_empty() { s.text("没有保密圈 / no circles", Tone::Dim) } else { table(s, &circles) })
    }
}

fn table(s: Style, circles: &[CircleView]) -> String {
    let mut table = s.table(&["用途 Purpose", "名称 Name", "成员 Members", "编号 Id"]);
    for c in circles {
        let members: Vec<String> = c
            .members
            .iter()
            .map(|m| {
                let name = if m.name.is_empty() { m.person.to_string() } else { m.name.clone() };
                if m.reads { name } else { format!("{name}（待批准）") }
            })
            .collect();
        table.add_row([cell(words::purpose(&c.purpose)), cell(&c.name), cell(members.join("、")), toned(c.id, Tone::Dim)]);
    }
    table.to_string()
}

/// 建立一个圈 / Make a circle
#[derive(Debug, Args)]
struct Add {
    /// 用途：health 健康、minors 未成年人、mediation 调解 / what it is for
    #[arg(value_parser = purpose)]
    purpose: String,
    /// 名称，不要透露内容 / its name, which should say nothing of what it holds
    name: String,
    /// 成员的人员编号 / its first members' person ids
    #[arg(long = "member", value_name = "PERSON", value_parser = id)]
    members: Vec<Id>,
}

fn purpose(text: &str) -> std::result::Result<String, Error> {
    Ok(Purpose::ALL.iter().find(|(_, _, zh)| *zh == text).map_or(text, |(_, code, _)| code).to_owned())
}

/// 圈改名 / Rename a circle
#[derive(Debug, Args)]
struct Rename {
    /// 圈的编号 / the circle
    #[arg(value_parser = id)]
    circle: Id,
    /// 新名称，不要透露内容 / its new name, which should say nothing of what it holds
    name: String,
}

/// 把一个人加入圈 / Enter a person into a circle
#[derive(Debug, Args)]
struct Enter {
    /// 圈的编号 / the circle
    #[arg(value_parser = id)]
    circle: Id,
    /// 人员编号 / the person
    #[arg(value_parser = id)]
    person: Id,
}

/// 把一个人移出圈 / Remove a person from a circle
#[derive(Debug, Args)]
struct Remove {
    /// 圈的编号 / the circle
    #[arg(value_parser = id)]
    circle: Id,
    /// 人员编号 / the person
    #[arg(value_parser = id)]
    person: Id,
}

/// 批准成员查看未成年人圈（不能批准自己或自己加入的人） / Approve a member of a circle for minors, neither oneself nor whom one entered
#[derive(Debug, Args)]
struct Approve {
    /// 圈的编号 / the circle
    #[arg(value_parser = id)]
    circle: Id,
    /// 人员编号 / the person
    #[arg(value_parser = id)]
    person: Id,
    /// 撤回批准 / withdraw the approval
    #[arg(long)]
    withdraw: bool,
}

/// 居民的健康资料，只有圈内成员能看 / A resident's health, read by its circle alone
#[derive(Debug, Args)]
pub struct Health {
    #[command(subcommand)]
    what: Care,
}

/// 未成年人的资料，只有获批的圈内成员能看 / A minor, read by the approved members of its circle alone
#[derive(Debug, Args)]
pub struct Minor {
    #[command(subcommand)]
    what: Care,
}

#[derive(Debug, Subcommand)]
enum Care {
    Add(NewCare),
    Edit(EditCare),
}

/// 登记 / Record
#[derive(Debug, Args)]
struct NewCare {
    /// 圈的编号 / the circle
    #[arg(long, value_parser = id)]
    circle: Id,
    /// 住户编号 / the household
    #[arg(long, value_parser = id)]
    household: Id,
    /// 居民编号 / the resident
    #[arg(long, value_parser = id)]
    resident: Id,
    /// 项目=内容，如 medication=降压药 / FIELD=TEXT
    #[arg(required = true, value_name = "FIELD=TEXT", value_parser = fact)]
    facts: Vec<Fact>,
}

/// 修改 / Edit
#[derive(Debug, Args)]
struct EditCare {
    /// 资料编号，见 show / the record's id, as in show
    #[arg(value_parser = id)]
    document: Id,
    /// 项目=内容，内容为空即清除 / FIELD=TEXT, an empty text clears
    #[arg(required = true, value_name = "FIELD=TEXT", value_parser = fact)]
    facts: Vec<Fact>,
}

fn fact(text: &str) -> std::result::Result<Fact, Error> {
    let (field, text) = text.split_once('=').ok_or_else(|| Error::invalid("请写作“项目=内容”", "write FIELD=TEXT"))?;
    Ok(Fact { field: words::fact_code(field.trim()).to_owned(), text: text.to_owned() })
}

impl Health {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let outcome = match self.what {
            Care::Add(c) => phone.run(AddHealth { circle: c.circle, household: c.household, resident: c.resident, facts: c.facts })?,
            Care::Edit(c) => phone.run(EditHealth { health: c.document, facts: c.facts })?,
        };
        screen.recorded(&outcome, "已记录健康资料", "health recorded")
    }
}

impl Minor {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let outcome = match self.what {
            Care::Add(c) => phone.run(AddMinor { circle: c.circle, household: c.household, resident: c.resident, facts: c.facts })?,
            Care::Edit(c) => phone.run(EditMinor { minor: c.document, facts: c.facts })?,
        };
        screen.recorded(&outcome, "已记录未成年人资料", "minor recorded")
    }
}
