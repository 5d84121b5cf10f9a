use serde::{Deserialize, Serialize};

use super::document;
use crate::commands::{Action, Edit, check_name};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;

/// Makes a new place of the same level out of a part of another; what goes there is moved after. The hub's own. Answers with
/// the new place's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitPlace {
    /// The place that it was a part of.
    pub origin: Id,
    /// What people call the new one.
    pub name: String,
}

impl Action for SplitPlace {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let name = check_name(&self.name, "名称", "the name")?;
        let level = edit.state(self.origin, document::PLACE.name, "这个网格", "grid")?.text("level").to_owned();
        let id = edit.new_id();
        edit.create(id, document::PLACE.name, |w| {
            let root = w.at_path(&[])?;
            w.stamp(&root)?;
            w.put(&root, "level", Value::from(level.as_str()))?;
            w.put(&root, "name", Value::from(name.as_str()))?;
            w.put(&root, "origin", Value::from(self.origin))
        })?;
        Ok(id)
    }
}
