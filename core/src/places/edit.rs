use serde::{Deserialize, Serialize};

use super::document;
use crate::commands::{Action, Edit, check_name};
use crate::error::Result;
use crate::ids::Id;

/// Renames a place. Returns the place's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditPlace {
    /// The place.
    pub place: Id,
    /// What people call it now.
    pub name: String,
}

impl Action for EditPlace {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let name = check_name(&self.name, "名称", "the name")?;
        edit.state(self.place, document::PLACE.name, "这个网格", "grid")?;
        edit.write(self.place, |w| {
            let root = w.at_path(&[])?;
            w.update(&root, "name", &name.as_str().into()).map(drop)
        })?;
        Ok(self.place)
    }
}
