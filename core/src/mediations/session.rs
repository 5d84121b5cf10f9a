use serde::{Deserialize, Serialize};

use super::document::MEDIATION;
use crate::commands::{Action, Edit, check_note, check_past};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Records a session of a mediation, or a return visit after its agreement. Returns the entry's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddSession {
    /// The mediation.
    pub mediation: Id,
    /// Of a return visit: whether the agreement was kept. `None` for a session.
    #[serde(default)]
    pub kept: Option<bool>,
    /// When it was held, in seconds since the Unix epoch (UTC); `None` for now.
    #[serde(default)]
    pub held_at: Option<i64>,
    /// What was said.
    #[serde(default)]
    pub note: String,
}

impl Action for AddSession {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let note = check_note(&self.note, "情况", "the note")?;
        let now = edit.stamp().at;
        let held_at = check_past(self.held_at.unwrap_or(now), now, "时间", "the time")?;
        let state = edit.state(self.mediation, MEDIATION.name, "这件调解", "mediation")?;
        if self.kept.is_some() && state.text("agreement").is_empty() {
            return Err(Error::invalid("还没有达成协议，不能回访", "there is no agreement yet to visit about"));
        }
        let id = edit.new_id();
        let container = if self.kept.is_some() { "return_visits" } else { "sessions" };
        edit.write(self.mediation, |w| {
            let container = w.at_path(&[container])?;
            let map = w.new_map(&container, &id.to_string())?;
            w.stamp(&map)?;
            w.put(&map, "held_at", Value::from(held_at))?;
            w.put(&map, "kept", self.kept.map(Value::from))?;
            w.put(&map, "note", Value::from(note.as_str()))
        })?;
        Ok(id)
    }
}
