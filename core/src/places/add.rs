use serde::{Deserialize, Serialize};

use super::document;
use crate::commands::{Action, Edit, check_text};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;

/// Adds a place (a grid) to the community. Answers with the place's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddPlace {
    /// Its level: `grid`.
    pub level: String,
    /// What people call it.
    pub name: String,
}

impl Action for AddPlace {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let name = check_text(&self.name, "名称", "the name")?;
        let level = check_text(&self.level, "层级", "the level")?;
        let id = edit.new_id();
        edit.create(id, document::PLACE.name, |w| {
            let root = w.at_path(&[])?;
            w.stamp(&root)?;
            w.put(&root, "level", Value::from(level.as_str()))?;
            w.put(&root, "name", Value::from(name.as_str()))
        })?;
        Ok(id)
    }
}
