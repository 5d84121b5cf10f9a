use serde::{Deserialize, Serialize};

use super::fold::StepKind;
use super::step::add_step;
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Dispatches a whistled report: the street names the unit that leads and those that assist, which read it from then on. Answers
/// with the step's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DispatchReport {
    /// The report.
    pub report: Id,
    /// The unit that leads.
    pub lead: Id,
    /// The units that assist.
    #[serde(default)]
    pub assisting: Vec<Id>,
    /// What is asked of them.
    #[serde(default)]
    pub note: String,
}

impl Action for DispatchReport {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        if self.assisting.len() > 20 {
            return Err(Error::invalid("协办单位最多20个", "at most 20 units assist"));
        }
        for unit in self.assisting.iter().chain([&self.lead]) {
            edit.state(*unit, "unit", "这个单位", "unit")?;
        }
        let assisting: Vec<String> = self.assisting.iter().map(ToString::to_string).collect();
        let beside = [("lead", Value::from(self.lead)), ("assisting", Value::from(assisting.join(" ").as_str()))];
        add_step(edit, self.report, StepKind::Dispatch, &self.note, &beside)
    }
}
