use serde::{Deserialize, Serialize};

use super::fold::StepKind;
use super::step::add_step;
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// The kinds of a whistle, with what people call them, Chinese and English.
pub const WHISTLES: [(i64, &str, &str); 3] = [(1, "超出社区能力", "beyond the community"), (2, "联合执法", "joint enforcement"), (3, "突发应急", "emergency")];

/// Whistles (吹哨): what the community cannot solve goes to the street, with its history. Returns the step's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhistleReport {
    /// The report.
    pub report: Id,
    /// 1 beyond the community, 2 joint enforcement, 3 emergency.
    pub kind: i64,
    /// Why.
    #[serde(default)]
    pub note: String,
}

impl Action for WhistleReport {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        if !WHISTLES.iter().any(|(kind, ..)| *kind == self.kind) {
            return Err(Error::invalid("吹哨类型是1（超出社区能力）、2（联合执法）或3（突发应急）", "a whistle is of kind 1, 2 or 3"));
        }
        add_step(edit, self.report, StepKind::Whistle, &self.note, &[("whistle", Value::from(self.kind))])
    }
}
