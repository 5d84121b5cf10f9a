use serde::{Deserialize, Serialize};

use super::document;
use crate::commands::{Action, Edit};
use crate::error::Result;
use crate::ids::Id;
use crate::records::{Json, JsonMap, fields, read_new_fields};

/// Raises a demand: the hub makes a case of it. Returns the demand's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RaiseDemand {
    /// Values by field: `title`, `detail`, `category`, `urgency`, `place`, `address`, `position`, `reporter`, `phone`.
    pub fields: JsonMap,
}

impl RaiseDemand {
    /// A demand with these fields.
    pub fn of(given: Json) -> Self {
        Self { fields: fields(given) }
    }
}

impl Action for RaiseDemand {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let written = read_new_fields(document::FIELDS, &self.fields, edit)?;
        let id = edit.new_id();
        edit.create(id, document::DEMAND.name, |w| {
            let root = w.at_path(&[])?;
            w.stamp(&root)?;
            written.into_iter().try_for_each(|(key, value)| w.put(&root, &key, value))
        })?;
        Ok(id)
    }
}
