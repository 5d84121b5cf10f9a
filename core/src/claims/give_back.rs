use serde::{Deserialize, Serialize};

use super::document::is_given_back;
use crate::commands::{Action, Edit, check_note};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Gives a claimed place back: whoever waits next moves up. Returns the claim's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GiveBack {
    /// The claim.
    pub claim: Id,
    /// Why; asked for where it is another's claim.
    #[serde(default)]
    pub reason: String,
}

impl GiveBack {
    /// Gives one's own claim back.
    pub fn of(claim: Id) -> Self {
        Self { claim, reason: String::new() }
    }
}

impl Action for GiveBack {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let state = edit.state(self.claim, "claim", "这次认领", "claim")?;
        let reason = check_note(&self.reason, "退回原因", "the reason")?;
        if reason.is_empty() && state.id("person") != Some(edit.by()) {
            return Err(Error::invalid("请说明退回原因", "say why another's place is given back").in_field("reason"));
        }
        if is_given_back(&state) {
            return Ok(self.claim);
        }
        edit.write(self.claim, |w| {
            let root = w.at_path(&[])?;
            if !reason.is_empty() {
                w.update(&root, "reason", &Value::from(reason.as_str()))?;
            }
            w.update(&root, "given_back", &Value::from(true)).map(drop)
        })?;
        Ok(self.claim)
    }
}
