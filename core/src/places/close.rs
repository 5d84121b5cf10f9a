use serde::{Deserialize, Serialize};

use super::{document, lies_in};
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Closes a place that is merged into another; what is recorded in it from now on lies in its successor. The hub's own, which
/// moves what lies there. Returns the place's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClosePlace {
    /// The place.
    pub place: Id,
    /// Where everything in it goes.
    pub successor: Id,
}

impl Action for ClosePlace {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.place, document::PLACE.name, "这个网格", "grid")?;
        if self.place == self.successor || lies_in(edit, self.successor)? != self.successor {
            return Err(Error::invalid("并入的网格须是另一个未撤销的网格", "the successor is another grid that is not closed"));
        }
        let at = edit.stamp().at;
        edit.write(self.place, |w| {
            let root = w.at_path(&[])?;
            w.update(&root, "state", &document::CLOSED.into())?;
            w.update(&root, "successor", &self.successor.into())?;
            w.update(&root, "closed_at", &at.into()).map(drop)
        })?;
        Ok(self.place)
    }
}

/// Opens a closed place again: a merge is undone. The hub's own. Returns the place's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReopenPlace {
    /// The place.
    pub place: Id,
}

impl Action for ReopenPlace {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.place, document::PLACE.name, "这个网格", "grid")?;
        edit.write(self.place, |w| {
            let root = w.at_path(&[])?;
            w.update(&root, "state", &document::OPEN.into())?;
            w.update(&root, "successor", &Value::Null)?;
            w.update(&root, "closed_at", &Value::Null).map(drop)
        })?;
        Ok(self.place)
    }
}
