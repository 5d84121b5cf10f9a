use serde::{Deserialize, Serialize};

use super::read::{Against, Written, read_new};
use super::{Json, JsonMap, first};
use crate::commands::{Action, Edit};
use crate::dictionary::Entries;
use crate::documents::Kind;
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::kinds;

/// Adds a record of a kind that the dictionary makes. Returns its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddRecord {
    /// The kind's stable name.
    pub kind: String,
    /// Values by field, and lists of such for its entries: `{"address": …, "residents": [{"name": …}]}`.
    pub fields: JsonMap,
}

impl AddRecord {
    /// A record of `kind` with these fields.
    pub fn new(kind: &str, fields: Json) -> Self {
        Self { kind: kind.to_owned(), fields: super::fields(fields) }
    }
}

impl Action for AddRecord {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let kind = kinds::by_name(&self.kind).filter(|kind| kind.is_added);
        let kind = kind.ok_or_else(|| Error::invalid("这类资料不能这样新增", format!("records of kind {} are not added this way", self.kind)))?;
        let (root, entries) = read_record(kind, &self.fields, &mut Against::command(edit)).map_err(first)?;
        let id = edit.new_id();
        let ids: Vec<Id> = entries.iter().map(|_| edit.new_id()).collect();
        edit.create(id, kind.name, |w| {
            let object = w.at_path(&[])?;
            w.stamp(&object)?;
            for (key, value) in root {
                w.put(&object, &key, value)?;
            }
            for ((declared, written), entry) in entries.into_iter().zip(ids) {
                let container = w.at_path(&[declared.key])?;
                let map = w.new_map(&container, &entry.to_string())?;
                for (key, value) in written {
                    w.put(&map, &key, value)?;
                }
            }
            Ok(())
        })?;
        Ok(id)
    }
}

/// Adds an entry to a record: a resident to a household. Returns the entry's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddEntry {
    /// The record.
    pub record: Id,
    /// The key of its entries: `residents`.
    pub entries: String,
    /// Values by field.
    pub fields: JsonMap,
}

impl AddEntry {
    /// An entry of these fields, to a record.
    pub fn to(record: Id, entries: &str, fields: Json) -> Self {
        Self { record, entries: entries.to_owned(), fields: super::fields(fields) }
    }
}

impl Action for AddEntry {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let kind = edit.kind_of(self.record)?;
        let declared = kind.entries.iter().find(|e| e.key == self.entries);
        let declared = declared.ok_or_else(|| Error::invalid("这份资料没有这样的条目", format!("a {} has no {}", kind.name, self.entries)))?;
        let written = read_new(declared.fields, &self.fields, &[], &mut Against::command(edit)).map_err(first)?;
        let entry = edit.new_id();
        edit.write(self.record, |w| {
            let container = w.at_path(&[declared.key])?;
            let map = w.new_map(&container, &entry.to_string())?;
            w.stamp(&map)?;
            written.into_iter().try_for_each(|(key, value)| w.put(&map, &key, value))
        })?;
        Ok(entry)
    }
}

/// The values of a new record, and those of its entries.
type Read = (Written, Vec<(&'static Entries, Written)>);

/// The values of a new record, and of its entries.
///
/// # Errors
/// All that is wrong, each naming its field (`address`, `residents[1].phone`).
pub(super) fn read_record(kind: &'static Kind, given: &JsonMap, against: &mut Against<'_, '_>) -> std::result::Result<Read, Vec<Error>> {
    let containers: Vec<&str> = kind.entries.iter().map(|e| e.key).collect();
    let mut flaws = Vec::new();
    let root = read_new(kind.fields, given, &containers, against).unwrap_or_else(|wrong| {
        flaws.extend(wrong);
        Written::new()
    });
    let mut entries = Vec::new();
    for declared in kind.entries {
        let listed = given_entries(declared, given).unwrap_or_else(|wrong| {
            flaws.push(wrong);
            Vec::new()
        });
        for (at, fields) in listed.into_iter().enumerate() {
            match read_new(declared.fields, fields, &[], against) {
                Ok(written) => entries.push((declared, written)),
                Err(wrong) => flaws.extend(wrong.into_iter().map(|flaw| {
                    let field = format!("{}[{at}].{}", declared.key, flaw.field().unwrap_or_default());
                    flaw.in_field(field)
                })),
            }
        }
    }
    if flaws.is_empty() { Ok((root, entries)) } else { Err(flaws) }
}

fn given_entries<'a>(declared: &Entries, given: &'a JsonMap) -> Result<Vec<&'a JsonMap>> {
    let wrong = || Error::invalid(format!("{}须是列表", declared.label.zh), format!("{} must be a list", declared.key)).in_field(declared.key);
    match given.get(declared.key) {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Array(all)) => all.iter().map(|entry| entry.as_object().ok_or_else(wrong)).collect(),
        Some(_) => Err(wrong()),
    }
}
