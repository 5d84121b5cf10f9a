use serde::{Deserialize, Serialize};

use super::add::{NewResident, check_birth, check_phone, check_tag, optional};
use crate::commands::{Action, Edit, Flaws, check_name};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::text::day::china_day;

/// Adds a resident to a household. Answers with the resident's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddResident {
    /// The household.
    pub household: Id,
    /// The person.
    pub resident: NewResident,
}

impl Action for AddResident {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let resident = self.resident.checked(china_day(edit.stamp().at))?;
        edit.state(self.household, "household", "这一户", "household")?;
        let entry = edit.new_id();
        edit.write(self.household, |w| {
            let container = w.at_path(&["residents"])?;
            let map = w.new_map(&container, &entry.to_string())?;
            w.stamp(&map)?;
            resident.put(w, &map)
        })?;
        Ok(entry)
    }
}

/// A field of a resident that can be edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResidentField {
    /// The name.
    Name,
    /// 男 or 女.
    Sex,
    /// Date of birth, `YYYY-MM-DD`.
    Birth,
    /// Relation to the household's head.
    Relation,
    /// Telephone number.
    Phone,
    /// `living`, `moved` or `deceased`.
    State,
}

/// Edits fields and tags of a resident. Answers with the resident's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditResident {
    /// The household.
    pub household: Id,
    /// The resident.
    pub resident: Id,
    /// New values of fields.
    #[serde(default)]
    pub set: Vec<(ResidentField, String)>,
    /// Tags to give.
    #[serde(default)]
    pub add_tags: Vec<String>,
    /// Tags to take away.
    #[serde(default)]
    pub remove_tags: Vec<String>,
}

impl Action for EditResident {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let today = china_day(edit.stamp().at);
        let mut flaws = Flaws::default();
        let mut fields: Vec<(String, Value)> = Vec::new();
        for (field, text) in &self.set {
            let (key, checked) = match field {
                ResidentField::Name => ("name", check_name(text, "姓名", "the name")),
                ResidentField::Sex => ("sex", optional(text, "性别", "the sex")),
                ResidentField::Birth => ("birth", check_birth(text, today)),
                ResidentField::Relation => ("relation", optional(text, "与户主关系", "the relation")),
                ResidentField::Phone => ("phone", check_phone(text)),
                ResidentField::State if ["living", "moved", "deceased"].contains(&text.as_str()) => ("state", Ok(text.clone())),
                ResidentField::State => ("state", Err(Error::invalid("居民状态只能是在住、搬离或去世", "the state is living, moved or deceased"))),
            };
            let value = flaws.take(key, checked);
            // An empty value and no value are the same thing.
            fields.push((key.into(), if value.is_empty() { Value::Null } else { value.as_str().into() }));
        }
        for tag in &self.add_tags {
            fields.push((format!("tag:{}", flaws.take("tags", check_tag(tag))), true.into()));
        }
        for tag in &self.remove_tags {
            fields.push((format!("tag:{}", flaws.take("tags", check_tag(tag))), false.into()));
        }
        let mut fields = flaws.first(fields)?;
        let entry = self.resident.to_string();
        let state = edit.state(self.household, "household", "这一户", "household")?;
        if !state.present("residents", &entry) {
            return Err(Error::not_found("没有找到这位居民，可能尚未同步", "no such resident on this device; it may not have been synced yet"));
        }
        let has = |key: &str| state.map("residents").map(&entry).get(key).is_some();
        fields.retain(|(key, value)| *value != Value::Bool(false) || has(key));
        edit.write(self.household, |w| {
            let map = w.at_path(&["residents", &entry])?;
            fields.iter().try_for_each(|(key, value)| w.update(&map, key, value).map(drop))
        })?;
        Ok(self.resident)
    }
}
