//! The state that a document's first change makes. Most documents of a large page have one change alone, and putting it into an
//! Automerge document only to read it is half the work of such a page.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{Key, ObjectId, OpId, OpType};
use automerge::{ActorId, Change, ObjType, ROOT, ReadDoc, Value as AmValue};

use super::tree::scalar;
use super::{Doc, Entry, Map, Node};

/// A map under construction: its keys with what stands there, a value or the place of another map.
type Open = Vec<(String, Slot)>;

enum Slot {
    Value(super::Value),
    Map(usize),
}

impl Map {
    /// What `change` makes of `empty`, a document with nothing but its containers: the same as [`Doc::tree`] of both, which a law
    /// proves. `None` where only Automerge can tell: the change does not fit, or does more than put values and maps where nothing stands.
    pub fn of_first(empty: &Doc, change: &Change) -> Option<Self> {
        if empty.obstacle(change).is_some() {
            return None;
        }
        let mut maps: Vec<Open> = vec![Vec::new()];
        let mut places: HashMap<ObjectId, usize> = HashMap::from([(ObjectId::Root, 0)]);
        let am = empty.automerge();
        for key in am.keys(ROOT) {
            let Ok(Some((AmValue::Object(ObjType::Map), automerge::ObjId::Id(counter, actor, _)))) = am.get(ROOT, &key) else { return None };
            let place = maps.len();
            places.insert(ObjectId::Id(OpId(counter, actor)), place);
            maps[0].push((key, Slot::Map(place)));
            maps.push(Vec::new());
        }
        // Automerge knows an actor by its changes, and panics over any other that the change names, whether it uses it or not.
        let is_known = |actor: &ActorId| places.keys().any(|object| matches!(object, ObjectId::Id(OpId(_, of)) if of == actor));
        if !change.other_actor_ids().iter().all(is_known) {
            return None;
        }
        let decoded = catch_unwind(AssertUnwindSafe(|| change.decode())).ok()?;
        for (id, op) in (change.start_op().get()..).zip(decoded.operations) {
            let Key::Map(key) = op.key else { return None };
            if op.insert || op.pred.iter().next().is_some() {
                return None;
            }
            let slot = match op.action {
                OpType::Make(ObjType::Map) => {
                    places.insert(ObjectId::Id(OpId(id, change.actor_id().clone())), maps.len());
                    maps.push(Vec::new());
                    Slot::Map(maps.len() - 1)
                }
                OpType::Put(value) => Slot::Value(scalar(&value)),
                _ => return None,
            };
            let into = *places.get(&op.obj)?;
            maps[into].push((key.to_string(), slot));
        }
        Some(close(&mut maps, 0, 0)?.with_found_times())
    }
}

/// The map at place `at`. `None` if a key of it stands twice, or it lies deeper than anything that gridwalk writes.
fn close(maps: &mut [Open], at: usize, depth: usize) -> Option<Map> {
    if depth > 4 {
        return None;
    }
    let mut open = std::mem::take(&mut maps[at]);
    open.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    if open.windows(2).any(|two| two[0].0 == two[1].0) {
        return None;
    }
    let entries = open.into_iter().map(|(key, slot)| {
        let node = match slot {
            Slot::Value(value) => Node::Value(value),
            Slot::Map(at) => Node::Map(close(maps, at, depth + 1)?),
        };
        Some(Entry { key, node, rivals: Vec::new() })
    });
    entries.collect::<Option<Vec<_>>>().map(Map::of_sorted)
}
