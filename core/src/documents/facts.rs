//! Every fact of a document with the change that wrote it: what an audit asks. Snapshots keep the changes' hashes, so it is
//! found after folding too.

use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, Value as AmValue};

use super::tree::scalar;
use super::{Doc, Value};
use crate::ids::Actor;

/// Keys that say who wrote what stands beside them, and when.
const STAMP: [&str; 4] = ["by", "at", "boot", "since_boot"];

/// One value at one place of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Keys from the root, joined by `/`; `/` and `~` within a key are `~1` and `~0`.
    pub path: String,
    /// The value.
    pub value: Value,
    /// Whether it is the one that screens show; the others were set at the same time.
    pub shown: bool,
    /// The person's id that the fact names, empty if none.
    pub by: String,
    /// When it was written, as the fact says, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// The hash of the change that wrote it.
    pub change: [u8; 32],
    /// The actor that made this change.
    pub actor: Option<Actor>,
}

impl Doc {
    /// All facts, sorted by path, the shown value of each first. Who and when are told with each and are none themselves.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        Reading { am: self.automerge(), facts: &mut facts }.map(&ROOT, "", (String::new(), 0), true, 0);
        facts.sort_by(|a, b| a.path.cmp(&b.path).then(b.shown.cmp(&a.shown)));
        facts
    }
}

struct Reading<'a> {
    am: &'a Automerge,
    facts: &'a mut Vec<Fact>,
}

impl Reading<'_> {
    fn map(&mut self, obj: &ObjId, prefix: &str, stamp: (String, i64), shown: bool, depth: usize) {
        // As in the tree: nothing that gridwalk writes is deeper.
        if depth > 4 {
            return;
        }
        let own = self.stamp(obj).unwrap_or(stamp);
        let keys: Vec<(String, ObjId)> = self.am.map_range(obj, ..).map(|item| (item.key.to_string(), item.id())).collect();
        for (key, winner) in keys.iter().filter(|(key, _)| !STAMP.contains(&key.as_str())) {
            let escaped = key.replace('~', "~0").replace('/', "~1");
            let path = if prefix.is_empty() { escaped } else { format!("{prefix}/{escaped}") };
            for (value, id) in self.am.get_all(obj, key.as_str()).unwrap_or_default() {
                let shown = shown && id == *winner;
                match value {
                    AmValue::Scalar(s) => self.fact(&path, scalar(&s), own.clone(), shown, &id),
                    AmValue::Object(ObjType::Map) => match self.am.get(&id, "value") {
                        // An edited field: the value within it, and who wrote that.
                        Ok(Some((AmValue::Scalar(s), value_id))) => {
                            let stamp = self.stamp(&id).unwrap_or(own.clone());
                            self.fact(&path, scalar(&s), stamp, shown, &value_id);
                        }
                        _ => self.map(&id, &path, own.clone(), shown, depth + 1),
                    },
                    AmValue::Object(_) => {}
                }
            }
        }
    }

    fn stamp(&self, obj: &ObjId) -> Option<(String, i64)> {
        let read = |key: &str| match self.am.get(obj, key) {
            Ok(Some((AmValue::Scalar(s), _))) => Some(scalar(&s)),
            _ => None,
        };
        let Some(Value::Text(by)) = read("by") else { return None };
        let at = if let Some(Value::Int(at)) = read("at") { at } else { 0 };
        Some((by, at))
    }

    fn fact(&mut self, path: &str, value: Value, (by, at): (String, i64), shown: bool, op: &ObjId) {
        let actor = match op {
            ObjId::Id(_, actor, _) => actor.to_bytes().try_into().ok().map(Actor),
            ObjId::Root => None,
        };
        // Every operation of a document belongs to a change of it.
        let Some(change) = self.am.hash_for_opid(op) else { return };
        self.facts.push(Fact { path: path.to_owned(), value, shown, by, at, change: change.0, actor });
    }
}
