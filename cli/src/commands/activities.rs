//! Activities, and claiming a place in one.

use clap::Args;
use gridwalk_core::activities::ClaimActivity;
use gridwalk_core::{Id, Phone};
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
                let full = if a.places.is_none_or(|places| a.claimed < places) { Tone::Plain } else { Tone::Warn };
                let places = a.places.map_or_else(|| format!("{} · 不限", a.claimed), |places| format!("{}/{places}", a.claimed));
                let places = places + if a.mine { "\n已认领" } else { "" };
                let called = [a.title.clone(), a.task.clone()].into_iter().chain(words::flags(a.unsent, a.conflict));
                table.add_row([
                    cell(words::span(a.starts_at, Some(a.ends_at))),
                    cell(called.collect::<Vec<_>>().join("\n")),
                    toned(places, if a.mine { Tone::Good } else { full }),
                    toned(a.id, Tone::Dim),
                ]);
            }
            table.to_string()
        })
    }
}

/// 认领活动名额，或退回 / Claim a place in an activity, or give it back
#[derive(Debug, Args)]
pub struct Claim {
    /// 活动编号 / the activity's id
    #[arg(value_parser = id)]
    activity: Id,
    /// 退回名额 / give the place back
    #[arg(long)]
    give_back: bool,
}

impl Claim {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let outcome = phone.run(ClaimActivity { activity: self.activity, claim: !self.give_back })?;
        if self.give_back { screen.recorded(&outcome, "已退回名额", "place given back") } else { screen.recorded(&outcome, "已认领", "place claimed") }
    }
}
