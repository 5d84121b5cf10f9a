use serde::{Deserialize, Serialize};

use super::document::{SORTS, UNIT};
use crate::commands::{Action, Edit, check_name};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::households::check_phone;
use crate::ids::Id;

/// Adds a department or unit. Returns its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddUnit {
    /// What it is to the community: `department`, `area_unit`, `employer_unit` or `property`.
    pub sort: String,
    /// Its name.
    pub name: String,
    /// Telephone number; may be empty.
    #[serde(default)]
    pub phone: String,
}

impl Action for AddUnit {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let name = check_name(&self.name, "单位名称", "the unit's name")?;
        if !SORTS.iter().any(|(code, _)| *code == self.sort) {
            return Err(Error::invalid("单位类型不正确", "the sort is one of department, area_unit, employer_unit, property"));
        }
        let phone = check_phone(&self.phone)?;
        let id = edit.new_id();
        edit.create(id, UNIT.name, |w| {
            let root = w.at_path(&[])?;
            w.stamp(&root)?;
            w.put(&root, "sort", Value::from(self.sort.as_str()))?;
            w.put(&root, "name", Value::from(name.as_str()))?;
            w.put(&root, "phone", Value::from(phone.as_str()))
        })?;
        Ok(id)
    }
}
