use serde::{Deserialize, Serialize};

use super::document::{self, EARLIEST_SECONDS};
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::records::{JsonMap, read_new_fields};

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitResult {
    /// 已见面
    Met,
    /// 无人应答
    NobodyHome,
    /// 电话联系
    Phone,
    /// 拒访
    Refused,
    /// 改日再访
    Later,
}

impl VisitResult {
    /// All results, in the order of [`document::RESULTS`].
    pub const ALL: [Self; 5] = [Self::Met, Self::NobodyHome, Self::Phone, Self::Refused, Self::Later];

    /// The stable code.
    pub fn code(self) -> &'static str {
        document::RESULTS[self as usize].code
    }

    /// The result of a code or of what people call it.
    pub fn parse(text: &str) -> Result<Self> {
        let found =
            Self::ALL.into_iter().find(|r| *r as usize == document::RESULTS.iter().position(|c| c.code == text || c.label.zh == text).unwrap_or(usize::MAX));
        found.ok_or_else(|| {
            Error::invalid("走访结果只能是：已见面、无人应答、电话联系、拒访、改日再访", "the result is one of met, nobody_home, phone, refused, later")
        })
    }
}

/// Records a visit to a household. Returns the visit's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordVisit {
    /// The household.
    pub household: Id,
    /// When it was, in seconds since the Unix epoch (UTC), if it is entered later (补录): at most 7 days ago. `None` for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visited_at: Option<i64>,
    /// Its further fields by key, as the dictionary has them: `result` is one of them, and required.
    #[serde(flatten)]
    pub fields: JsonMap,
}

impl RecordVisit {
    /// How many seconds before `now` it was, if it was earlier.
    fn earlier_by(&self, now: i64) -> Result<Option<i64>> {
        let Some(visited_at) = self.visited_at else { return Ok(None) };
        match now.saturating_sub(visited_at) {
            0 => Ok(None),
            earlier if earlier < 0 => Err(Error::invalid("走访时间不能晚于现在", "a visit cannot have been later than now")),
            earlier if earlier > EARLIEST_SECONDS => Err(Error::invalid(
                "只能补录最近7天内的走访；请核对走访时间和手机时钟",
                "a visit is entered within 7 days; check its time and the phone's clock",
            )),
            earlier => Ok(Some(earlier)),
        }
    }
}

impl Action for RecordVisit {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let earlier_by = self.earlier_by(edit.stamp().at)?;
        edit.state(self.household, "household", "这一户", "household")?;
        let mut given = self.fields.clone();
        given.insert("household".to_owned(), self.household.to_string().into());
        let written = read_new_fields(document::FIELDS, &given, edit)?;
        let id = edit.new_id();
        edit.create(id, document::VISIT.name, |w| {
            let root = w.at_path(&[])?;
            w.stamp(&root)?;
            // Counted from its record, whose own time may be found later: it is never later than that.
            w.put(&root, "earlier_by", earlier_by.map(Value::from))?;
            written.into_iter().try_for_each(|(key, value)| w.put(&root, &key, value))
        })?;
        Ok(id)
    }
}
