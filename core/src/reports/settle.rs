use serde::{Deserialize, Serialize};

use super::fold::{StepKind, fold};
use crate::clock::Hybrid;
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;

/// The hub names the steps that a report's closing rests on: what is not among them sorts after it, whatever its time, so
/// that a published status does not flip. Returns the report's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettleReport {
    /// The report.
    pub report: Id,
}

impl Action for SettleReport {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let state = edit.state(self.report, "report", "这件上报", "report")?;
        let folded = fold(&state);
        if !folded.unsettled {
            return Ok(self.report);
        }
        // What was closed before and taken up again is settled once for each time: only what is new is named.
        let named = |id: &str| state.entries("steps").any(|(_, s)| s.text("covers").split(' ').any(|covered| covered == id));
        let order = edit.hybrid(state.entries("steps").filter_map(|(_, s)| s.int("order").map(Hybrid)));
        let covers = folded.steps.iter().map(|s| s.id.as_str()).filter(|id| !named(id)).collect::<Vec<_>>().join(" ");
        let id = edit.new_id();
        edit.write(self.report, |w| {
            let container = w.at_path(&["steps"])?;
            let map = w.new_map(&container, &id.to_string())?;
            w.stamp(&map)?;
            w.put(&map, "kind", Value::from(StepKind::Settled.code()))?;
            w.put(&map, "covers", Value::from(covers.as_str()))?;
            w.put(&map, "order", Value::from(order.0))
        })?;
        Ok(self.report)
    }
}
