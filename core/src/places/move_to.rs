use serde::{Deserialize, Serialize};

use super::document;
use crate::commands::{Action, Edit};
use crate::error::{Error, Result};
use crate::ids::Id;

/// Moves what lies in a place (a household, a report, a person) to another. The hub's own, where a grid is split or merged: it
/// decides over moves that were made at the same time. Answers with the document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoveTo {
    /// What moves.
    pub document: Id,
    /// Where to.
    pub place: Id,
}

impl Action for MoveTo {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.place, document::PLACE.name, "这个网格", "grid")?;
        let state = edit.state_of_any(self.document, &[], "这份资料", "document")?;
        match state.id("place") {
            None => return Err(Error::invalid("这份资料不属于任何网格", "the document lies in no grid")),
            Some(place) if place == self.place => return Ok(self.document),
            Some(_) => {}
        }
        edit.write(self.document, |w| {
            let root = w.at_path(&[])?;
            w.settle(&root, "place", &self.place.into())
        })?;
        Ok(self.document)
    }
}
