use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::open::open_twins;
use crate::commands::{Action, Edit, Meant};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Signs the person out, now. Returns the attendance's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignOut {
    /// The attendance that the sign-in made.
    pub attendance: Id,
    /// Others that are one with it, because the person signed in twice. The phone names them when this is done.
    #[serde(default)]
    pub twins: Vec<Id>,
}

impl SignOut {
    /// Signs out of this attendance.
    pub fn of(attendance: Id) -> Self {
        Self { attendance, twins: Vec::new() }
    }
}

impl Action for SignOut {
    fn meant(&self, store: &Connection, person: Id, _now: i64) -> Result<Meant> {
        let twins = open_twins(store, person, self.attendance)?;
        Ok(if twins.is_empty() { Meant::AsGiven } else { Meant::Instead(Box::new(Self { twins, ..self.clone() }.into())) })
    }

    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let state = |edit: &mut Edit<'_>, id: Id| edit.state(id, "attendance", "这次签到", "attendance");
        let own = state(edit, self.attendance)?;
        let stamp = edit.stamp();
        let (at, out) = (stamp.at, own.map("signed_out_at"));
        // The same sign-out again, whose time was found meanwhile, is no second one.
        let same = out.text("boot") == stamp.reading.boot && out.int("since_boot") == Some(stamp.reading.since_boot);
        if own.int("signed_out_at").is_some_and(|before| before != at) && !same {
            return Err(Error::invalid("已经签退", "already signed out"));
        }
        for attendance in self.twins.iter().chain([&self.attendance]) {
            // What was signed out of meanwhile stays as it was.
            if state(edit, *attendance)?.int("signed_out_at").is_none_or(|before| before == at || same && *attendance == self.attendance) {
                edit.write(*attendance, |w| {
                    let root = w.at_path(&[])?;
                    w.update(&root, "signed_out_at", &Value::from(at)).map(drop)
                })?;
            }
        }
        Ok(self.attendance)
    }
}
