use serde::{Deserialize, Serialize};

use super::{document, lies_in};
use crate::commands::{Action, Edit, check_name, check_text};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Adds a place (a grid) to the community. Returns the place's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddPlace {
    /// Its level: `grid`.
    pub level: String,
    /// What people call it.
    pub name: String,
}

impl Action for AddPlace {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let name = check_name(&self.name, "名称", "the name")?;
        let level = check_text(&self.level, "层级", "the level")?;
        if level == document::MICRO_GRID {
            return Err(Error::invalid("微网格须属于一个网格，请用“新增微网格”", "a micro-grid lies in a grid: add it with places.add_micro_grid"));
        }
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

/// Adds a micro-grid (a building or stairway) to a grid. Returns its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddMicroGrid {
    /// The grid it lies in.
    pub grid: Id,
    /// What people call it.
    pub name: String,
}

impl Action for AddMicroGrid {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let name = check_name(&self.name, "名称", "the name")?;
        let grid = lies_in(edit, self.grid)?;
        let id = edit.new_id();
        edit.create(id, document::PLACE.name, |w| {
            let root = w.at_path(&[])?;
            w.stamp(&root)?;
            w.put(&root, "level", Value::from(document::MICRO_GRID))?;
            w.put(&root, "name", Value::from(name.as_str()))?;
            w.put(&root, "place", Value::from(grid))
        })?;
        Ok(id)
    }
}
