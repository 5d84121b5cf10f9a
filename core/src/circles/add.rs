use serde::{Deserialize, Serialize};

use super::document::{CIRCLE, Purpose};
use crate::commands::{Action, Edit, check_name};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Makes a confidential circle with its first members. Returns the circle's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddCircle {
    /// What it is for: `health`, `minors` or `mediation`.
    pub purpose: String,
    /// Its name, which says nothing of what it holds.
    pub name: String,
    /// Its first members; of a circle for minors each has to be approved before they read.
    #[serde(default)]
    pub members: Vec<Id>,
}

impl Action for AddCircle {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let name = check_name(&self.name, "圈的名称", "the circle's name")?;
        if Purpose::parse(&self.purpose).is_none() {
            return Err(Error::invalid("用途只能是健康、未成年人或矛盾调解", "the purpose is one of health, minors, mediation"));
        }
        for person in &self.members {
            edit.state(*person, "person", "这个人", "person")?;
        }
        not_oneself(edit, &self.members)?;
        let id = edit.new_id();
        edit.create(id, CIRCLE.name, |w| {
            let root = w.at_path(&[])?;
            w.stamp(&root)?;
            w.put(&root, "purpose", Value::from(self.purpose.as_str()))?;
            w.put(&root, "name", Value::from(name.as_str()))?;
            let members = w.at_path(&["members"])?;
            self.members.iter().try_for_each(|person| w.update(&members, &person.to_string(), &true.into()).map(drop))
        })?;
        Ok(id)
    }
}

/// Nobody enters or approves themselves.
pub(super) fn not_oneself(edit: &Edit<'_>, persons: &[Id]) -> Result<()> {
    if persons.contains(&edit.by()) {
        return Err(Error::invalid("不能把自己加入圈或批准自己，请由另一位干部办理", "nobody enters or approves themselves; ask another cadre"));
    }
    Ok(())
}
