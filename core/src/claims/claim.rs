use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::document::{CLAIM, THINGS};
use super::queries::my_claim;
use crate::commands::{Action, Edit, Meant};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;

/// Claims a place of something for the person signed in, or for another at the desk. Whether there is one, the hub says. Returns the
/// claim's id: that of the standing one if they have claimed already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimPlace {
    /// The activity.
    pub thing: Id,
    /// Whose claim it is; `None` for the person signed in.
    #[serde(default)]
    pub person: Option<Id>,
}

impl ClaimPlace {
    /// A place of `thing` for the person signed in.
    pub fn of(thing: Id) -> Self {
        Self { thing, person: None }
    }
}

impl Action for ClaimPlace {
    fn meant(&self, store: &Connection, person: Id, _now: i64) -> Result<Meant> {
        let standing = my_claim(store, self.thing, self.person.unwrap_or(person))?;
        Ok(standing.map_or(Meant::AsGiven, |claim| Meant::Done(claim.id)))
    }

    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state_of_any(self.thing, THINGS, "这项活动", "activity")?;
        let person = self.person.unwrap_or(edit.by());
        let id = edit.new_id();
        edit.create(id, CLAIM.name, |w| {
            let root = w.at_path(&[])?;
            w.put(&root, "thing", Value::from(self.thing))?;
            w.put(&root, "person", Value::from(person))?;
            w.stamp(&root)
        })?;
        Ok(id)
    }
}
