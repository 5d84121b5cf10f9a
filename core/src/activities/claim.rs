use serde::{Deserialize, Serialize};

use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Claims a place in an activity for the person signed in, or gives it back. Returns the activity's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimActivity {
    /// The activity.
    pub activity: Id,
    /// `true` to claim, `false` to give back.
    pub claim: bool,
}

impl Action for ClaimActivity {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let state = edit.state(self.activity, "activity", "这项活动", "activity")?;
        let person = edit.by().to_string();
        let claimed = |key: &str| *state.map("claims").value(key) == Value::Bool(true);
        let taken = state.map("claims").iter().filter(|e| claimed(&e.key)).count();
        let places = state.int("places").and_then(|p| usize::try_from(p).ok()).unwrap_or(usize::MAX);
        if self.claim && !claimed(&person) && taken >= places {
            return Err(Error::invalid("名额已满", "all places are taken"));
        }
        if !self.claim && !claimed(&person) {
            return Err(Error::invalid("您没有认领这项活动", "you have not claimed a place in this activity"));
        }
        edit.write(self.activity, |w| {
            let claims = w.at_path(&["claims"])?;
            w.update(&claims, &person, &Value::from(self.claim)).map(drop)
        })?;
        Ok(self.activity)
    }
}
