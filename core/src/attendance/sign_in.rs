use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::document;
use super::open::open_attendances;
use crate::commands::{Action, Edit, Meant};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;

/// Signs the person in to an activity, now. Returns the attendance's id: that of the open one if they are signed in to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignIn {
    /// The activity.
    pub activity: Id,
}

impl Action for SignIn {
    fn meant(&self, store: &Connection, person: Id, now: i64) -> Result<Meant> {
        let activity = self.activity.to_string();
        let open = open_attendances(store, person, now)?.into_iter().find(|o| o.activity == activity && !o.forgotten);
        Ok(open.map_or(Meant::AsGiven, |o| Meant::Done(o.attendance)))
    }

    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.activity, "activity", "这项活动", "activity")?;
        let id = edit.new_id();
        let person = edit.by();
        edit.create(id, document::ATTENDANCE.name, |w| {
            let root = w.at_path(&[])?;
            w.put(&root, "activity", Value::from(self.activity))?;
            w.put(&root, "person", Value::from(person))?;
            w.stamp(&root)
        })?;
        Ok(id)
    }
}
