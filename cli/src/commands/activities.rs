//! Activities, and claims on their places.

use clap::Args;
use gridwalk_core::claims::{ClaimPlace, ClaimView, GiveBack};
use gridwalk_core::{Error, Id, Phone};
use serde_json::json;

use crate::failure::Result;
use crate::screen::{Screen, Tone, cell, toned};
use crate::values::id;
use crate::words;

/// 未结束的活动，最早的在前 / Activities that have not ended, soonest first
#[derive(Debug, Args)]
pub struct Activities {
    /// 最多显示多少项 / at most so many
    #[arg(long, value_name = "N", default_value_t = 30)]
    limit: u32,
}

impl Activities {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let activities = phone.activities(self.limit)?;
        screen.answer(&json!(activities), |s| {
            if activities.is_empty() {
                return s.text("没有活动 / no activities", Tone::Dim);
            }
            let mut table = s.table(&["时间 When", "活动 Activity", "名额 Places", "编号 Id"]);
            for a in &activities {
                let full = if a.places.is_none_or(|places| a.granted < places) { Tone::Plain } else { Tone::Warn };
                let places = a.places.map_or_else(|| format!("{} · 不限", a.granted), |places| format!("{}/{places}", a.granted));
                let waiting = if a.waiting > 0 { format!(" · 候补{}", a.waiting) } else { String::new() };
                let mine = a.mine.as_ref().map(|claim| format!("\n{}", outcome(claim))).unwrap_or_default();
                let places = format!("{places}{waiting}{mine}");
                let called = [a.title.clone(), a.task.clone()].into_iter().chain(words::flags(a.unsent, a.conflict));
                table.add_row([
                    cell(words::span(a.starts_at, Some(a.ends_at))),
                    cell(called.collect::<Vec<_>>().join("\n")),
                    toned(places, if a.mine.as_ref().is_some_and(|claim| claim.outcome == "granted") { Tone::Good } else { full }),
                    toned(a.id, Tone::Dim),
                ]);
            }
            table.to_string()
        })
    }
}

/// What came of a claim.
fn outcome(claim: &ClaimView) -> String {
    match claim.place_in_line {
        Some(place) => format!("{} 第{place}位", words::claim(&claim.outcome)),
        None => words::claim(&claim.outcome).to_owned(),
    }
}

/// 谁认领了名额，按先后 / Who claimed a place, in order
#[derive(Debug, Args)]
pub struct Claims {
    /// 活动编号 / the activity's id
    #[arg(value_parser = id)]
    activity: Id,
}

impl Claims {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let claims = phone.claims_on(self.activity)?;
        screen.answer(&json!(claims), |s| {
            if claims.is_empty() {
                return s.text("没有认领 / no claims", Tone::Dim);
            }
            let mut table = s.table(&["次序 Rank", "人员 Person", "结果 Outcome", "编号 Id"]);
            for claim in &claims {
                table.add_row([
                    cell(claim.rank.map(|rank| rank.to_string()).unwrap_or_default()),
                    cell(if claim.name.is_empty() { &claim.person } else { &claim.name }),
                    cell(outcome(claim)),
                    toned(claim.id, Tone::Dim),
                ]);
            }
            table.to_string()
        })
    }
}

/// 认领名额，或退回；有没有名额由服务器按先后确认 / Claim a place, or give it back; the hub says, in order, whether there is one
#[derive(Debug, Args)]
pub struct Claim {
    /// 活动编号 / the activity's id
    #[arg(value_parser = id)]
    activity: Id,
    /// 退回名额 / give the place back
    #[arg(long)]
    give_back: bool,
    /// 代谁认领、退回（社区）/ for whom, at the desk
    #[arg(long, value_name = "PERSON", value_parser = id)]
    person: Option<Id>,
    /// 代为退回的原因 / why another's place is given back
    #[arg(long, value_name = "REASON", default_value = "")]
    reason: String,
}

impl Claim {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        if !self.give_back {
            let outcome = phone.run(ClaimPlace { thing: self.activity, person: self.person })?;
            return screen.recorded(&outcome, "已认领，待确认", "place claimed; the hub confirms it");
        }
        let person = self.person.map_or_else(|| Ok(phone.me()?.person.id), Ok::<_, Error>)?.to_string();
        let standing = |claim: &ClaimView| claim.person == person && !["released", "double"].contains(&claim.outcome.as_str());
        let claim = phone.claims_on(self.activity)?.into_iter().find(standing);
        let claim = claim.ok_or_else(|| Error::not_found("没有认领这项活动", "there is no claim on a place of this activity"))?;
        let outcome = phone.run(GiveBack { claim: claim.id, reason: self.reason })?;
        screen.recorded(&outcome, "已退回名额", "place given back")
    }
}
