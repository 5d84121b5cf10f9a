use serde::{Deserialize, Serialize};

use super::read::{Against, named_key, read_all, read_named};
use super::{Json, JsonMap, first};
use crate::commands::{Action, Edit};
use crate::dictionary::{Label, Named};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Edits fields of a record, or of an entry within one; what is not given stays, an empty value takes one away, of tags each
/// word is given (`+低保`) or taken away (`-低保`) by itself. Returns the id of what was edited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditRecord {
    /// The record.
    pub record: Id,
    /// The entry within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Id>,
    /// New values by field.
    pub fields: JsonMap,
}

impl EditRecord {
    /// New values of a record's fields.
    pub fn of(record: Id, fields: Json) -> Self {
        Self { record, entry: None, fields: super::fields(fields) }
    }

    /// New values of the fields of an entry.
    pub fn of_entry(record: Id, entry: Id, fields: Json) -> Self {
        Self { record, entry: Some(entry), fields: super::fields(fields) }
    }
}

impl Action for EditRecord {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let kind = edit.kind_of(self.record)?;
        let state = edit.state(self.record, kind.name, kind.rules.zh, kind.name)?;
        let entry = self.entry.map(|entry| entry.to_string());
        let (fields, named, path, before) = match &entry {
            None => (kind.fields, kind.named, vec![], &*state),
            Some(entry) => {
                let declared = kind.entries.iter().find(|declared| state.present(declared.key, entry));
                let declared = declared
                    .ok_or_else(|| Error::not_found("没有找到这一项，可能尚未同步", "no such entry on this device; it may not have been synced yet"))?;
                (declared.fields, &[][..], vec![declared.key, entry], state.map(declared.key).map(entry))
            }
        };
        if self.fields.is_empty() {
            return Err(Error::invalid("请给出要修改的内容", "say what to change"));
        }
        let edited: Vec<&Named> = named.iter().filter(|named| named.is_edited).collect();
        let containers: Vec<&str> = edited.iter().map(|named| named.key).collect();
        let mut written = read_all(fields, &self.fields, &containers, &mut Against::command(edit)).map_err(first)?;
        for named in edited {
            if let Some(json) = self.fields.get(named.key) {
                written.extend(read_named(named, json, &mut Against::command(edit))?);
            }
        }
        // A tag that was never given is not taken away.
        written.retain(|(key, value)| *value != Value::Bool(false) || !key.contains(':') || before.get(key).is_some());
        for field in fields.iter().filter(|field| field.is_once()) {
            let changes = |(key, value): &(String, Value)| *key == field.key && *before.value(key) != Value::Null && before.value(key) != value;
            if written.iter().any(changes) {
                let Label { zh, en } = field.label;
                return Err(Error::invalid(format!("{zh}登记后不能再改"), format!("the {en} stays as it was recorded")).in_field(field.key));
            }
        }
        if entry.is_none() {
            (kind.complete)(edit, before, &mut written)?;
        }
        edit.write(self.record, |w| {
            let object = w.at_path(&path)?;
            written.iter().try_for_each(|(key, value)| match named_key(kind, key).filter(|_| path.is_empty()) {
                Some((container, name)) => {
                    let container = w.at_path(&[container])?;
                    w.update(&container, name, value).map(drop)
                }
                None => w.update(&object, key, value).map(drop),
            })
        })?;
        Ok(self.entry.unwrap_or(self.record))
    }
}
