use serde::{Deserialize, Serialize};

use crate::clock::Anchor;
use crate::commands::{Action, Edit};
use crate::documents::{Map, Value};
use crate::error::{Error, Result};
use crate::ids::Id;

/// Gives a happening (a visit, an attendance, a photo) that was recorded without a trusted time the one that an anchor of the same
/// boot, found later, implies. It serves due dates and hours, never order. Answers with the happening's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnchorTimes {
    /// The visit, attendance or photo.
    pub happening: Id,
    /// The anchor.
    pub anchor: Anchor,
}

impl Action for AnchorTimes {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let state = edit.state_of_any(self.happening, &["visit", "attendance", "photo"], "这条记录", "record")?;
        let time_of = |map: &Map| map.int("since_boot").and_then(|since| self.anchor.time_of(map.text("boot"), since));
        let times = [("anchored_at", time_of(&state)), ("signed_out_anchored_at", time_of(state.map("signed_out_at")))];
        if times.iter().all(|(_, time)| time.is_none()) {
            return Err(Error::invalid("时间无法校准", "this anchor is of another boot"));
        }
        edit.write(self.happening, |w| {
            let root = w.at_path(&[])?;
            times.iter().try_for_each(|(key, time)| w.put(&root, key, time.map(Value::from)))
        })?;
        Ok(self.happening)
    }
}
