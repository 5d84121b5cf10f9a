use serde::{Deserialize, Serialize};

use super::document::THINGS;
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;

/// The hub says in a thing's document how many places are granted and which ranks wait; no person. Returns the thing's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TallyClaims {
    /// The thing.
    pub thing: Id,
    /// How many places are granted.
    pub granted: i64,
    /// How many wait.
    pub waiting: i64,
    /// The ranks that wait, as [`super::Line`] writes them.
    pub line: String,
}

impl Action for TallyClaims {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state_of_any(self.thing, THINGS, "这项活动", "activity")?;
        edit.write(self.thing, |w| {
            let root = w.at_path(&[])?;
            w.put(&root, "granted", Value::from(self.granted))?;
            w.put(&root, "waiting", Value::from(self.waiting))?;
            w.put(&root, "line", Value::from(self.line.as_str()))
        })?;
        Ok(self.thing)
    }
}
