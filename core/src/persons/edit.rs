use serde::{Deserialize, Serialize};

use crate::commands::{Action, Edit, check_note};
use crate::documents::Value;
use crate::error::Result;
use crate::households::check_phone;
use crate::ids::Id;

/// Edits what a person says of themselves: telephone, employer unit, skills. What is `None` stays. Returns their id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditPerson {
    /// The person.
    pub person: Id,
    /// Telephone number.
    #[serde(default)]
    pub phone: Option<String>,
    /// The employer unit (所在单位).
    #[serde(default)]
    pub unit: Option<String>,
    /// Skills, as the person puts them.
    #[serde(default)]
    pub skills: Option<String>,
}

impl Action for EditPerson {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let mut fields = Vec::new();
        if let Some(phone) = &self.phone {
            fields.push(("phone", Value::from(check_phone(phone)?.as_str())));
        }
        for (key, value, zh, en) in [("unit", &self.unit, "单位", "the unit"), ("skills", &self.skills, "特长", "the skills")] {
            if let Some(text) = value {
                fields.push((key, Value::from(check_note(text, zh, en)?.as_str())));
            }
        }
        edit.state(self.person, "person", "这个人", "person")?;
        edit.write(self.person, |w| {
            let root = w.at_path(&[])?;
            fields.iter().try_for_each(|(key, value)| w.update(&root, key, value).map(drop))
        })?;
        Ok(self.person)
    }
}
