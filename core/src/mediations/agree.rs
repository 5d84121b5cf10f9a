use serde::{Deserialize, Serialize};

use super::document::MEDIATION;
use crate::commands::{Action, Edit, check_note, check_past, check_time};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Writes down what the parties agreed on. Returns the mediation's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgreeMediation {
    /// The mediation.
    pub mediation: Id,
    /// What they agreed on.
    pub agreement: String,
    /// When, in seconds since the Unix epoch (UTC); `None` for now.
    #[serde(default)]
    pub agreed_at: Option<i64>,
    /// Until when it is to be kept, in seconds since the Unix epoch (UTC).
    #[serde(default)]
    pub due_at: Option<i64>,
}

impl Action for AgreeMediation {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let agreement = check_note(&self.agreement, "协议", "the agreement")?;
        if agreement.is_empty() {
            return Err(Error::invalid("请填写协议内容", "say what they agreed on"));
        }
        let now = edit.stamp().at;
        let agreed_at = check_past(self.agreed_at.unwrap_or(now), now, "达成时间", "the time of the agreement")?;
        let due_at = self.due_at.map(|at| check_time(at, "履行期限", "the time limit")).transpose()?;
        edit.state(self.mediation, MEDIATION.name, "这件调解", "mediation")?;
        edit.write(self.mediation, |w| {
            let root = w.at_path(&[])?;
            w.update(&root, "agreement", &Value::from(agreement.as_str()))?;
            w.update(&root, "agreed_at", &Value::from(agreed_at))?;
            due_at.map_or(Ok(()), |at| w.update(&root, "due_at", &Value::from(at)).map(drop))
        })?;
        Ok(self.mediation)
    }
}
