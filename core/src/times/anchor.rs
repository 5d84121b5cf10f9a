use serde::{Deserialize, Serialize};

use crate::commands::{Action, Edit};
use crate::documents::{Value, start_key};
use crate::error::{Error, Result};
use crate::ids::Id;

/// Gives all stamps that one boot of this phone left in a document the time that an anchor of that boot, found later, implies; or
/// says that none will be found. Returns the document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnchorTimes {
    /// The document.
    pub document: Id,
    /// The boot, as the stamps name it.
    pub boot: String,
    /// When it began, in seconds since the Unix epoch (UTC); `None` if it is over and had no anchor.
    pub start: Option<i64>,
}

impl Action for AnchorTimes {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let by = edit.by().to_string();
        let (state, key) = (edit.state_of_any(self.document, &[], "这条记录", "record")?, start_key(&self.boot));
        if !state.bears_boot(&self.boot, Some(&by)) {
            return Err(Error::invalid("这条记录没有待核对的时间", "no time in this record is of that boot"));
        }
        edit.write(self.document, |w| {
            let root = w.at_path(&[])?;
            // What stands there already was found by the same anchor.
            if state.get(&key).is_some() { Ok(()) } else { w.put(&root, &key, self.start.map_or(Value::from(false), Value::from)) }
        })?;
        Ok(self.document)
    }
}
