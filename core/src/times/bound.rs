use serde::{Deserialize, Serialize};

use crate::commands::{Action, Edit};
use crate::documents::{Value, late_key};
use crate::error::Result;
use crate::ids::Id;

/// The hub notes that times which a document claims are later than when it came in. Nobody believes them to be later. Returns the
/// document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoundTimes {
    /// The document.
    pub document: Id,
    /// What is claimed: seconds since the Unix epoch (UTC), or hybrid times.
    pub claimed: Vec<i64>,
    /// When it came in, in seconds since the Unix epoch (UTC).
    pub received_at: i64,
}

impl Action for BoundTimes {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let state = edit.state_of_any(self.document, &[], "这条记录", "record")?;
        edit.write(self.document, |w| {
            let root = w.at_path(&[])?;
            let new = self.claimed.iter().map(|time| late_key(*time)).filter(|key| state.get(key).is_none());
            new.into_iter().try_for_each(|key| w.put(&root, &key, Value::from(self.received_at)))
        })?;
        Ok(self.document)
    }
}
