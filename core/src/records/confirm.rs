use std::collections::BTreeSet;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{Json, JsonMap};
use crate::commands::{Action, Edit, Meant};
use crate::dictionary::{Field, Type};
use crate::documents::{Entry, Kind, Map, Value};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::Id;
use crate::kinds::Input;
use crate::store::load;

/// Says that what stands in a record is still so (都没变，核对). Nothing of it changes but who and when: a mark beside each field names
/// the value that was confirmed, and holds for as long as that value stands. Returns the record's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confirm {
    /// The record.
    pub record: Id,
    /// Which fields: `phone`, of an entry `residents/<id>/phone`, or `residents/<id>` for all of it. Empty for everything.
    #[serde(default)]
    pub paths: Vec<String>,
    /// The values that were on the screen, by path as [`crate::Phone::facts`] names it. Left empty it is what stands when the command is
    /// first run: what comes in later is not confirmed unseen.
    #[serde(default)]
    pub seen: JsonMap,
}

impl Confirm {
    /// These fields of a record; all of it if none is named.
    pub fn of(record: Id, paths: &[&str]) -> Self {
        Self { record, paths: paths.iter().map(|path| (*path).to_owned()).collect(), seen: JsonMap::new() }
    }
}

/// A value of a field where it stands.
struct Standing<'a> {
    /// Keys from the root, of the record or of an entry in it.
    object: Vec<&'a str>,
    field: &'a Field,
    entry: &'a Entry,
}

impl Standing<'_> {
    fn value(&self) -> &Value {
        self.entry.node.value()
    }

    fn in_conflict(&self) -> bool {
        self.entry.rivals.iter().any(|rival| rival.value() != self.value())
    }

    /// As [`crate::Phone::facts`] spells it.
    fn path(&self) -> String {
        let key = self.entry.key.replace('~', "~0").replace('/', "~1");
        self.object.iter().copied().chain([key.as_str()]).collect::<Vec<_>>().join("/")
    }

    /// Whether `path` names it: itself, its field, or the entry that it is in.
    fn is_in(&self, path: &str) -> bool {
        let object = self.object.join("/");
        let field = if object.is_empty() { self.field.key.to_owned() } else { format!("{object}/{}", self.field.key) };
        path == field || path == self.path() || !object.is_empty() && path == object
    }
}

/// All that stands in a record under the fields that people write, and write again.
fn standing<'a>(kind: &'a Kind, tree: &'a Map) -> Vec<Standing<'a>> {
    let mut found = Vec::new();
    if !kind.is_confirmed() {
        return found;
    }
    let mut look = |object: Vec<&'a str>, fields: &'a [Field], map: &'a Map| {
        for field in fields.iter().filter(|field| field.is_written() && !field.is_once()) {
            let given = |value: &Value| !matches!(value, Value::Null) && (field.ty != Type::Tags || *value == Value::Bool(true));
            let entries = map.iter().filter(|entry| field.holds(&entry.key) && given(entry.node.value()));
            found.extend(entries.map(|entry| Standing { object: object.clone(), field, entry }));
        }
    };
    look(Vec::new(), kind.fields, tree);
    for declared in kind.entries {
        for (id, map) in tree.entries(declared.key).filter(|(_, map)| !map.flag("removed")) {
            look(vec![declared.key, id], declared.fields, map);
        }
    }
    found
}

impl Action for Confirm {
    fn meant(&self, store: &Connection, _: Id, _: i64) -> Result<Meant> {
        if !self.seen.is_empty() {
            return Ok(Meant::AsGiven);
        }
        let doc = load(store, self.record)?.ok_or_else(missing)?;
        let all = standing(doc.kind(), doc.tree());
        for path in &self.paths {
            let mut named = all.iter().filter(|one| one.is_in(path)).peekable();
            if named.peek().is_none() {
                return Err(Error::invalid(format!("“{path}”没有内容，无从核对"), format!("nothing stands at {path}")).in_field(path.clone()));
            }
            if named.any(Standing::in_conflict) {
                let (zh, en) =
                    ("这一项有两人同时填写的不同内容，请先在“冲突”中选定", "two people set this field differently at the same time; settle the conflict first");
                return Err(Error::new(ErrorKind::InConflict, zh, en).in_field(path.clone()));
            }
        }
        let wanted = all.iter().filter(|one| !one.in_conflict() && (self.paths.is_empty() || self.paths.iter().any(|path| one.is_in(path))));
        let seen = wanted.map(|one| (one.path(), one.value().to_json())).collect();
        Ok(Meant::Instead(Box::new(Input::Confirm(Self { seen, ..self.clone() }))))
    }

    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        if self.seen.is_empty() {
            return Err(Error::invalid("这份资料没有可核对的内容", "there is nothing to confirm in this record"));
        }
        let kind = edit.kind_of(self.record)?;
        let state = edit.state(self.record, kind.name, kind.rules.zh, kind.name)?;
        let all = standing(kind, &state);
        let known: BTreeSet<String> = all.iter().map(Standing::path).collect();
        // What somebody cleared or took away since is not so any more; what was never there is a mistake.
        if !self.seen.keys().any(|path| known.contains(path)) {
            return Err(missing());
        }
        let still = all.iter().filter(|one| !one.in_conflict() && self.seen.get(&one.path()).is_some_and(|seen: &Json| *seen == one.value().to_json()));
        edit.write(self.record, |w| {
            still.into_iter().try_for_each(|one| {
                let object = w.at_path(&one.object)?;
                w.confirm(&object, &one.entry.key, one.value())
            })
        })?;
        Ok(self.record)
    }
}

fn missing() -> Error {
    Error::not_found("没有找到这份资料，可能尚未同步", "no such record on this device; it may not have been synced yet")
}
