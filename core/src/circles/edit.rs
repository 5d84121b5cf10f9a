use serde::{Deserialize, Serialize};

use super::document::CIRCLE;
use crate::commands::{Action, Edit, check_name};
use crate::error::Result;
use crate::ids::Id;

/// Renames a circle. What it is for stays: its members were chosen, and approved, for that. Returns the circle's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditCircle {
    /// The circle.
    pub circle: Id,
    /// Its new name, which says nothing of what it holds.
    pub name: String,
}

impl Action for EditCircle {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let name = check_name(&self.name, "圈的名称", "the circle's name")?;
        edit.state(self.circle, CIRCLE.name, "这个圈", "circle")?;
        edit.write(self.circle, |w| {
            let root = w.at_path(&[])?;
            w.update(&root, "name", &name.as_str().into()).map(drop)
        })?;
        Ok(self.circle)
    }
}
