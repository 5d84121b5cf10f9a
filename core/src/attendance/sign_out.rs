use serde::{Deserialize, Serialize};

use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Signs the person out, now. Answers with the attendance's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignOut {
    /// The attendance that the sign-in made.
    pub attendance: Id,
}

impl Action for SignOut {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let state = edit.state(self.attendance, "attendance", "这次签到", "attendance")?;
        let stamp = edit.stamp();
        let (at, out) = (stamp.at, state.map("signed_out_at"));
        // The same sign-out again, whose time was found meanwhile, is no second one.
        let same = out.text("boot") == stamp.reading.boot && out.int("since_boot") == Some(stamp.reading.since_boot);
        if state.int("signed_out_at").is_some_and(|before| before != at) && !same {
            return Err(Error::invalid("已经签退", "already signed out"));
        }
        edit.write(self.attendance, |w| {
            let root = w.at_path(&[])?;
            w.update(&root, "signed_out_at", &Value::from(at)).map(drop)
        })?;
        Ok(self.attendance)
    }
}
