//! Confidential circles (保密圈): who is in them. They are added and renamed as every record is.

use clap::{Args, Subcommand};
use gridwalk_core::circles::{ApproveMember, CircleView, PURPOSES, SetMember};
use gridwalk_core::{Id, Phone};
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
    Enter(Enter),
    Remove(Remove),
    Approve(Approve),
}

impl Circle {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::List(c) => c.run(phone, screen),
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
        table.add_row([cell(words::choice(PURPOSES, &c.purpose)), cell(&c.name), cell(members.join("、")), toned(c.id, Tone::Dim)]);
    }
    table.to_string()
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
