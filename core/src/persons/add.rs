use serde::{Deserialize, Serialize};

use super::document;
use crate::commands::{Action, Edit, check_name};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;
use crate::places::spot;
use crate::rules::Role;

/// Adds a person who acts in the community. Returns the person's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddPerson {
    /// What they are to the community: the code of a role.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The grid they serve, or the micro-grid that they lead.
    #[serde(default)]
    pub place: Option<Id>,
}

impl Action for AddPerson {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let name = check_name(&self.name, "姓名", "the name")?;
        let kind: Role = self.kind.parse()?;
        let spot = self.place.map(|place| spot(edit, place)).transpose()?;
        let id = edit.new_id();
        edit.create(id, document::PERSON.name, |w| {
            let root = w.at_path(&[])?;
            w.stamp(&root)?;
            w.put(&root, "kind", Value::from(kind.to_string().as_str()))?;
            w.put(&root, "name", Value::from(name.as_str()))?;
            w.put(&root, "place", spot.map(|s| s.grid.into()))?;
            w.put(&root, "micro_grid", spot.and_then(|s| s.micro_grid).map(Value::from))
        })?;
        Ok(id)
    }
}
