//! Which edits of single fields a document's history has, whatever stands there now: a command that runs again takes nothing back.

use std::collections::{HashMap, HashSet};

use automerge::legacy::{Key, ObjectId, OpType};
use automerge::{Automerge, ObjType};

use super::Value;
use super::tree::scalar;

/// An edit of a field: where, what, and its stamp, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FieldEdit {
    /// Keys from the root.
    pub path: Vec<String>,
    /// The value that was set.
    pub value: String,
    /// The person's id.
    pub by: String,
    /// When, in seconds since the Unix epoch (UTC), by the author's clock.
    pub at: i64,
    /// The boot that this time is of, where no hub had confirmed it, and the seconds since.
    pub unconfirmed: Option<(String, i64)>,
}

impl FieldEdit {
    /// The same value in one spelling.
    pub fn spelled(value: &Value) -> String {
        value.to_json().to_string()
    }
}

/// Every edit of a field that the history of `am` has. Folding keeps the history; beginning again, after an erasure, does not.
pub(super) fn edits(am: &Automerge) -> HashSet<FieldEdit> {
    // Where each map of the document stands. Changes come after what they rest on.
    let mut maps: HashMap<String, Vec<String>> = HashMap::new();
    let mut edits = HashSet::new();
    for change in am.get_changes(&[]) {
        let mut fields: HashMap<String, HashMap<String, Value>> = HashMap::new();
        let actor = change.actor_id().to_string();
        let expanded = change.decode();
        for (number, op) in (change.start_op().get()..).zip(&expanded.operations) {
            let Key::Map(key) = &op.key else { continue };
            let object = match &op.obj {
                ObjectId::Root => None,
                ObjectId::Id(id) => Some(format!("{}@{}", id.counter(), id.actor())),
            };
            match (&op.action, object) {
                (OpType::Make(ObjType::Map), object) => {
                    let parent = object.and_then(|object| maps.get(&object).cloned()).unwrap_or_default();
                    maps.insert(format!("{number}@{actor}"), parent.into_iter().chain([key.to_string()]).collect());
                }
                (OpType::Put(value), Some(object)) => drop(fields.entry(object).or_default().insert(key.to_string(), scalar(value))),
                _ => {}
            }
        }
        for (object, parts) in fields {
            let (Some(path), Some(value), Some(Value::Text(by)), Some(Value::Int(at))) =
                (maps.get(&object), parts.get("value"), parts.get("by"), parts.get("at"))
            else {
                continue;
            };
            let unconfirmed = match (parts.get("boot"), parts.get("since_boot")) {
                (Some(Value::Text(boot)), Some(Value::Int(since))) => Some((boot.clone(), *since)),
                _ => None,
            };
            edits.insert(FieldEdit { path: path.clone(), value: FieldEdit::spelled(value), by: by.clone(), at: *at, unconfirmed });
        }
    }
    edits
}
