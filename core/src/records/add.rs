use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::own::{own_fields, own_fields_for, settled};
use super::read::{Against, named_key, read_named, read_new};
use super::{Json, JsonMap, first};
use crate::cases::begun;
use crate::commands::{Action, Edit, Meant};
use crate::dictionary::{Entries, Label};
use crate::documents::{Added, Kind, Map, Written};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::kinds;
use crate::store::{load, tenant_of};

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
    fn meant(&self, store: &Connection, person: Id, _now: i64) -> Result<Meant> {
        let Some(kind) = kinds::by_name(&self.kind) else { return Ok(Meant::AsGiven) };
        let own = own_fields_for(store, person)?;
        let beside: Vec<&str> = kind.entries.iter().map(|e| e.key).chain(kind.named.iter().map(|n| n.key)).collect();
        let mut fields = settled(&own, kind.name, kind.fields, &beside, &self.fields)?;
        for declared in kind.entries {
            let Some(Json::Array(all)) = fields.get_mut(declared.key) else { continue };
            for (at, entry) in all.iter_mut().enumerate() {
                let Json::Object(given) = entry else { continue };
                let in_entry = |flaw: Error| {
                    let field = format!("{}[{at}].{}", declared.key, flaw.field().unwrap_or_default());
                    flaw.in_field(field)
                };
                *given = settled(&own, declared.key, declared.fields, &[], given).map_err(in_entry)?;
            }
        }
        Ok(if fields == self.fields { Meant::AsGiven } else { Meant::Instead(Box::new(Self { fields, ..self.clone() }.into())) })
    }

    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let kind = kinds::by_name(&self.kind);
        let kind = kind.ok_or_else(|| Error::invalid("没有这类资料", format!("there is no kind {}", self.kind)))?;
        is_added(kind.rules.zh, kind.name, kind.added)?;
        let new = read_record(kind, &self.fields, &mut Against::command(edit)).map_err(first)?;
        let mut root = new.root;
        (kind.complete)(edit, &Map::default(), &mut root)?;
        let mut entries = Vec::new();
        for (declared, mut written) in new.entries {
            (declared.complete)(edit, &Map::default(), &mut written).map_err(|flaw| flaw.in_field(declared.key))?;
            entries.push((declared, written));
        }
        let clocks = match kind.process {
            Some(process) => begun(process, edit.settings()?.as_deref(), edit.stamp().at),
            None => Vec::new(),
        };
        let id = edit.new_id();
        let ids: Vec<Id> = entries.iter().map(|_| edit.new_id()).collect();
        edit.create(id, kind.name, |w| {
            let object = w.at_path(&[])?;
            // What there is one of in a community is nobody's.
            if kind.added != Added::Hub {
                w.stamp(&object)?;
            }
            for (key, value) in root {
                match named_key(kind, &key) {
                    Some((container, name)) => {
                        let container = w.at_path(&[container])?;
                        w.put(&container, name, value)?;
                    }
                    None => w.put(&object, &key, value)?,
                }
            }
            clocks.into_iter().try_for_each(|(key, end)| w.put(&object, &key, end))?;
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

/// Whether `add` makes it; what has a command of its own is made by that.
fn is_added(zh: &str, en: &str, added: Added) -> Result<()> {
    match added {
        Added::Add | Added::Hub => Ok(()),
        Added::Command(command) => {
            let Label { zh: zh_command, en: en_command } = kinds::COMMANDS.iter().find(|c| c.code == command).map_or(Label { zh: "", en: "" }, |c| c.label);
            Err(Error::invalid(format!("{zh}请用“{zh_command}”登记"), format!("a {en} is not added this way: {en_command}")))
        }
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
    fn meant(&self, store: &Connection, _person: Id, _now: i64) -> Result<Meant> {
        let Some(doc) = load(store, self.record)? else { return Ok(Meant::AsGiven) };
        let Some(declared) = doc.kind().entries.iter().find(|e| e.key == self.entries) else { return Ok(Meant::AsGiven) };
        let own = own_fields(store, tenant_of(store, self.record)?.as_deref())?;
        let fields = settled(&own, declared.key, declared.fields, &[], &self.fields)?;
        Ok(if fields == self.fields { Meant::AsGiven } else { Meant::Instead(Box::new(Self { fields, ..self.clone() }.into())) })
    }

    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let kind = edit.kind_of(self.record)?;
        let declared = kind.entries.iter().find(|e| e.key == self.entries);
        let declared = declared.ok_or_else(|| Error::invalid("这份资料没有这样的条目", format!("a {} has no {}", kind.name, self.entries)))?;
        is_added(declared.label.zh, declared.label.en, declared.added)?;
        let mut written = read_new(declared.fields, &self.fields, &[], &mut Against::command(edit)).map_err(first)?;
        let record = edit.state(self.record, kind.name, kind.rules.zh, kind.name)?;
        (declared.complete)(edit, &record, &mut written)?;
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

/// The values of a new record, and those of each of its entries.
pub(super) struct NewRecord {
    /// Its fields and named values.
    pub(super) root: Written,
    /// Its entries.
    pub(super) entries: Vec<(&'static Entries, Written)>,
}

/// Reads a new record with its entries and named values.
///
/// # Errors
/// All that is wrong, each naming its field (`address`, `residents[1].phone`).
pub(super) fn read_record(kind: &'static Kind, given: &JsonMap, against: &mut Against<'_, '_>) -> std::result::Result<NewRecord, Vec<Error>> {
    let containers: Vec<&str> = kind.entries.iter().map(|e| e.key).chain(kind.named.iter().map(|n| n.key)).collect();
    let mut flaws = Vec::new();
    let mut root = read_new(kind.fields, given, &containers, against).unwrap_or_else(|wrong| {
        flaws.extend(wrong);
        Written::new()
    });
    for named in kind.named {
        match given.get(named.key).map_or(Ok(Written::new()), |json| read_named(named, json, against)) {
            Ok(written) => root.extend(written),
            Err(wrong) => flaws.push(wrong),
        }
    }
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
    if flaws.is_empty() { Ok(NewRecord { root, entries }) } else { Err(flaws) }
}

fn given_entries<'a>(declared: &Entries, given: &'a JsonMap) -> Result<Vec<&'a JsonMap>> {
    let wrong = || Error::invalid(format!("{}须是列表", declared.label.zh), format!("{} must be a list", declared.key)).in_field(declared.key);
    match given.get(declared.key) {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Array(all)) => all.iter().map(|entry| entry.as_object().ok_or_else(wrong)).collect(),
        Some(_) => Err(wrong()),
    }
}
