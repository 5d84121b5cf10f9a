use serde::{Deserialize, Serialize};

use super::document::{CIRCLE, Purpose, not_oneself, readers, setters};
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Enters a person into a circle, or removes them. Returns the circle's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetMember {
    /// The circle.
    pub circle: Id,
    /// The person.
    pub person: Id,
    /// `true` to enter, `false` to remove.
    pub member: bool,
}

impl Action for SetMember {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        if self.member {
            not_oneself(edit, &[self.person])?;
            edit.state(self.person, "person", "这个人", "person")?;
        }
        let state = edit.state(self.circle, CIRCLE.name, "这个圈", "circle")?;
        let person = self.person.to_string();
        if !self.member && !state.map("members").value(&person).eq(&Value::Bool(true)) {
            return Err(Error::invalid("此人不在圈内", "the person is not in the circle"));
        }
        // Who comes back is approved anew; a removed cadre withdraws nothing of their own, their removal suffices.
        let withdraw = !self.member && self.person != edit.by() && state.map("approvals").value(&person) == &Value::Bool(true);
        edit.write(self.circle, |w| {
            let members = w.at_path(&["members"])?;
            w.update(&members, &person, &self.member.into())?;
            if withdraw {
                let approvals = w.at_path(&["approvals"])?;
                w.update(&approvals, &person, &false.into())?;
            }
            Ok(())
        })?;
        Ok(self.circle)
    }
}

/// Approves that a member of a circle for minors reads it, or withdraws that. Who asks for it by entering them, who reads and who
/// approves are three people. Returns the circle's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApproveMember {
    /// The circle.
    pub circle: Id,
    /// The member, who neither is nor was entered by the one who approves.
    pub person: Id,
    /// `true` to approve, `false` to withdraw.
    pub approved: bool,
}

impl Action for ApproveMember {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        not_oneself(edit, &[self.person])?;
        let state = edit.state(self.circle, CIRCLE.name, "这个圈", "circle")?;
        if Purpose::parse(state.text("purpose")) != Some(Purpose::Minors) {
            return Err(Error::invalid("只有未成年人圈的成员需要批准", "only members of a circle for minors are approved"));
        }
        let person = self.person.to_string();
        if !state.map("members").value(&person).eq(&Value::Bool(true)) {
            return Err(Error::invalid("此人不在圈内", "the person is not in the circle"));
        }
        if self.approved && setters(&state, "members", &person).contains(&*edit.by().to_string()) {
            return Err(Error::invalid("此人由您加入圈，须由另一位干部批准", "you entered this person; another cadre approves"));
        }
        let reads = readers(&state).contains(&self.person);
        edit.write(self.circle, |w| {
            let approvals = w.at_path(&["approvals"])?;
            // A yes of someone who has entered them since does not count: it is said anew.
            if !w.update(&approvals, &person, &self.approved.into())? && self.approved && !reads {
                w.settle(&approvals, &person, &true.into())?;
            }
            Ok(())
        })?;
        Ok(self.circle)
    }
}
