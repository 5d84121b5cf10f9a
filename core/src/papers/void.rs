use serde::{Deserialize, Serialize};

use crate::commands::{Action, Edit, check_text};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;

/// Makes a paper void (作废): its number stays in the series. Returns its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoidPaper {
    /// The paper.
    pub paper: Id,
    /// Why.
    pub reason: String,
}

impl Action for VoidPaper {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let state = edit.state(self.paper, "paper", "这份证明", "paper")?;
        let reason = check_text(&self.reason, "作废原因", "the reason").map_err(|e| e.in_field("reason"))?;
        if state.flag("void") {
            return Ok(self.paper);
        }
        edit.write(self.paper, |w| {
            let root = w.at_path(&[])?;
            w.update(&root, "void_reason", &Value::from(reason.as_str()))?;
            w.update(&root, "void", &Value::from(true)).map(drop)
        })?;
        Ok(self.paper)
    }
}
