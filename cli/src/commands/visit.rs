//! Recording a visit.

use clap::Args;
use gridwalk_core::visits::document;
use gridwalk_core::visits::{RecordVisit, VisitResult};
use gridwalk_core::{Id, Phone};
use serde_json::json;

use super::drafts::run_from;
use super::lookup::household;
use super::records::pairs;
use crate::failure::Result;
use crate::screen::Screen;
use crate::values::{Position, id, moment};

/// 记录一次走访 / Record a visit
#[derive(Debug, Args)]
pub struct Visit {
    /// 住户编号，或只找到一户的词 / the household's id, or words that find only it
    #[arg(required = true, value_name = "HOUSEHOLD")]
    household: Vec<String>,
    /// 结果：已见面、无人应答、电话联系、拒访、改日再访 / met, nobody_home, phone, refused, later
    #[arg(long, value_parser = VisitResult::parse)]
    result: VisitResult,
    /// 目的 / what for
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    purpose: String,
    /// 备注 / what was seen and done
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
    /// 用时（分钟） / how long it took
    #[arg(long, value_name = "N")]
    minutes: Option<u32>,
    /// 位置，自愿填写 / where, if you choose to record it
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    position: Option<Position>,
    /// 补录：走访的时间（最多7天前），不写即现在 / entered later: when it was, at most 7 days ago [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<i64>,
    /// 其他项目，可重复 / further fields of a visit; may be repeated
    #[arg(long, value_name = "FIELD=VALUE")]
    field: Vec<String>,
    /// 由这份草稿而来：草稿的编号，它的照片随走访保存 / the draft that it comes of, by its id: its photos go with the visit
    #[arg(long, value_name = "ID", value_parser = id)]
    draft: Option<Id>,
}

impl Visit {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let household = household(phone, &self.household.join(" "))?;
        let mut fields = pairs(phone, document::VISIT.name, document::FIELDS, &[], &self.field)?;
        let named = [
            ("result", Some(json!(self.result.code()))),
            ("purpose", (!self.purpose.is_empty()).then(|| json!(self.purpose))),
            ("note", (!self.note.is_empty()).then(|| json!(self.note))),
            ("minutes", self.minutes.map(|n| json!(n))),
            ("position", self.position.map(|p| json!({"lat": p.0, "lon": p.1}))),
        ];
        fields.extend(named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        let visit = RecordVisit { household, visited_at: self.at, fields };
        screen.recorded(&run_from(phone, self.draft, visit)?, "已记录走访", "visit recorded")
    }
}
