use serde::{Deserialize, Serialize};

use super::document::UNIT;
use crate::commands::{Action, Edit, check_name};
use crate::documents::Value;
use crate::error::Result;
use crate::households::check_phone;
use crate::ids::Id;

/// Edits a department or unit; what is `None` stays. Returns its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditUnit {
    /// The unit.
    pub unit: Id,
    /// A new name.
    #[serde(default)]
    pub name: Option<String>,
    /// A new telephone number; empty for none.
    #[serde(default)]
    pub phone: Option<String>,
}

impl Action for EditUnit {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let mut fields: Vec<(&str, Value)> = Vec::new();
        if let Some(name) = &self.name {
            fields.push(("name", check_name(name, "单位名称", "the unit's name")?.as_str().into()));
        }
        if let Some(phone) = &self.phone {
            fields.push(("phone", check_phone(phone)?.as_str().into()));
        }
        edit.state(self.unit, UNIT.name, "这个单位", "unit")?;
        edit.write(self.unit, |w| {
            let root = w.at_path(&[])?;
            fields.iter().try_for_each(|(key, value)| w.update(&root, key, value).map(drop))
        })?;
        Ok(self.unit)
    }
}
