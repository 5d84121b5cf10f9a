use serde::{Deserialize, Serialize};

use super::{document, is_in};
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Moves what lies in a grid (a household, a report, a person, a micro-grid) to another. The hub's own, where a grid is split or
/// merged: it decides over moves that were made at the same time. What lies in a micro-grid stays in it if that lies in the new
/// grid; else it lies in the grid alone. Returns the document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoveTo {
    /// What moves.
    pub document: Id,
    /// The grid it goes to.
    pub place: Id,
}

impl Action for MoveTo {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.place, document::PLACE.name, "这个网格", "grid")?;
        let state = edit.state_of_any(self.document, &[], "这份资料", "document")?;
        let Some(place) = state.id("place") else {
            return Err(Error::invalid("这份资料不属于任何网格", "the document lies in no grid"));
        };
        let leaves = match state.id("micro_grid") {
            Some(micro_grid) => !is_in(edit, micro_grid, self.place)?,
            None => false,
        };
        if place == self.place && !leaves {
            return Ok(self.document);
        }
        edit.write(self.document, |w| {
            let root = w.at_path(&[])?;
            if place != self.place {
                w.settle(&root, "place", &self.place.into())?;
            }
            if leaves { w.settle(&root, "micro_grid", &Value::Null) } else { Ok(()) }
        })?;
        Ok(self.document)
    }
}
