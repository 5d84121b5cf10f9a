use serde::{Deserialize, Serialize};

use super::document::COMPLAINT;
use crate::cases::rows::HANDLERS;
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;

/// The hub says who handles a complaint: these persons, or the street if there are none. Returns the complaint's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChooseHandlers {
    /// The complaint.
    pub complaint: Id,
    /// Who handles it.
    pub handlers: Vec<Id>,
}

impl Action for ChooseHandlers {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.complaint, COMPLAINT.name, "这件投诉", "complaint")?;
        edit.write(self.complaint, |w| {
            if self.handlers.is_empty() {
                let root = w.at_path(&[])?;
                return w.put(&root, "to_street", Value::from(true));
            }
            let handlers = w.at_path(&[HANDLERS])?;
            self.handlers.iter().try_for_each(|person| w.update(&handlers, &person.to_string(), &true.into()).map(drop))
        })?;
        Ok(self.complaint)
    }
}
