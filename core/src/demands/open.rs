use serde::{Deserialize, Serialize};

use super::document;
use crate::cases::begun;
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;
use crate::reports;

/// What a case takes over from the demand that it is made of: what must be known to handle it, and nothing of who told it.
const TAKEN_OVER: &[&str] = &["title", "category", "urgency", "place", "micro_grid", "address", "lat", "lon"];

/// The hub makes a case of a demand. Returns the case's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenCase {
    /// The demand.
    pub demand: Id,
}

impl Action for OpenCase {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let demand = edit.state(self.demand, document::DEMAND.name, "这件诉求", "demand")?;
        if let Some(case) = demand.id("report") {
            return Ok(case);
        }
        // It counts from when it was told.
        let at = demand.int("at").unwrap_or_else(|| edit.stamp().at);
        let clocks = begun(&reports::PROCESS, edit.settings()?.as_deref(), at);
        let case = edit.new_id();
        let by = edit.by();
        edit.create(case, reports::document::REPORT.name, |w| {
            let root = w.at_path(&[])?;
            w.put(&root, "by", Value::from(by))?;
            w.put(&root, "at", Value::from(at))?;
            TAKEN_OVER.iter().try_for_each(|key| w.put(&root, key, demand.value(key).clone()))?;
            clocks.into_iter().try_for_each(|(key, end)| w.put(&root, &key, end))
        })?;
        edit.write(self.demand, |w| {
            let root = w.at_path(&[])?;
            w.put(&root, "origin", Value::from(case))?;
            w.update(&root, "report", &Value::from(case)).map(drop)
        })?;
        Ok(case)
    }
}
