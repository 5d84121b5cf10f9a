use serde::{Deserialize, Serialize};

use super::document::{PAPER, SORTS};
use crate::commands::{Action, Edit, check_text};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Issues a paper for a resident. The hub numbers it. Returns its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IssuePaper {
    /// What it certifies: `residence`, `hardship`, `service`.
    pub sort: String,
    /// The resident's household.
    pub household: Id,
    /// The resident's entry in it.
    pub resident: Id,
    /// What it is for.
    pub purpose: String,
}

impl Action for IssuePaper {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        if !SORTS.iter().any(|code| code.code == self.sort) {
            return Err(Error::invalid("没有这种证明", "there is no such paper").in_field("sort"));
        }
        let purpose = check_text(&self.purpose, "用途", "the purpose").map_err(|e| e.in_field("purpose"))?;
        let home = edit.state(self.household, "household", "这一户", "household")?;
        if !home.present("residents", &self.resident.to_string()) {
            return Err(Error::not_found("这一户没有这位居民", "there is no such resident in this household"));
        }
        let id = edit.new_id();
        edit.create(id, PAPER.name, |w| {
            let root = w.at_path(&[])?;
            w.put(&root, "sort", Value::from(self.sort.as_str()))?;
            w.put(&root, "household", Value::from(self.household))?;
            w.put(&root, "resident", Value::from(self.resident))?;
            w.put(&root, "purpose", Value::from(purpose.as_str()))?;
            w.stamp(&root)
        })?;
        Ok(id)
    }
}
