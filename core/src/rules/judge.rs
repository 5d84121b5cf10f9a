//! Judging one change: every operation of it, by path.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{Key, ObjectId, OpId, OpType, SortedVec};
use automerge::{Automerge, Change, ExpandedChange, ObjId, ObjType, Prop, ROOT, ReadDoc, ScalarValue};

use super::{Allow, Attempt, Author, Refusal, Role};
use crate::documents::{Audience, Doc, ERASED, FoundTime, is_genesis};
use crate::ids::{Actor, Id};
use crate::versions::dictionary;

/// The longest text that a change may carry, in bytes.
const MAX_TEXT_BYTES: usize = 100_000;

/// Who and when.
const STAMP: [&str; 4] = ["by", "at", "boot", "since_boot"];

/// Judges a change with everything the rules say: its operations, and the state with it by the kind's own check. `before` is
/// the document without it, `None` if the change makes the document; `audiences` are those of the document before it, or
/// those it will have if it is new.
pub fn judge(id: Id, before: Option<&Doc>, after: &Doc, change: &Change, audiences: &[Audience], author: &Author) -> Result<(), Refusal> {
    judge_recorded(id, before, after, change, audiences, author, dictionary().number)
}

/// The same of a change that was recorded under the dictionary's number `recorded`: a demand of its kind that is younger is a mark on
/// the record and refuses nothing. Nor does one that was not met before.
pub fn judge_recorded(
    id: Id,
    before: Option<&Doc>,
    after: &Doc,
    change: &Change,
    audiences: &[Audience],
    author: &Author,
    recorded: u32,
) -> Result<(), Refusal> {
    match before {
        Some(doc) => judge_change(doc, change, audiences, author)?,
        None => {
            if !author.devices.contains(&id.actor.device()) {
                return Err(Refusal::Actor);
            }
            judge_change(Doc::empty(after.schema()).map_err(|_| Refusal::Operation)?, change, audiences, author)?;
        }
    }
    let attempt = Attempt { id, before: before.map(|d| &**d.tree()), after: after.tree(), audiences, author };
    let mut demands = after.kind().demands.iter().filter(|demand| demand.since <= recorded);
    let meets = demands.all(|demand| demand.is_met(after.tree()) || attempt.before.is_some_and(|tree| !demand.is_met(tree)));
    if meets && (after.kind().check)(&attempt) { Ok(()) } else { Err(Refusal::Check) }
}

/// Judges the operations of `change` against the document as it is before it. `audiences` are the document's, those it will have if it is new.
/// Only the kind's own check is left to the caller, who has the state with the change in it.
pub fn judge_change(doc: &Doc, change: &Change, audiences: &[Audience], author: &Author) -> Result<(), Refusal> {
    if Actor::of(change).map(Actor::device) != Some(author.device) {
        return Err(Refusal::Actor);
    }
    let roles = author.roles_for(audiences);
    let rows = doc.kind().rows();
    if roles.is_empty() {
        return Err(Refusal::OutsideScope);
    }
    let person = author.person.to_string();
    let is_hub = roles.contains(&Role::Hub);
    let exists = doc.heads().iter().any(|h| !is_genesis(h));
    // Paths of the maps that this change makes, by operation number; all others are in the document already.
    let mut made: HashMap<u64, Vec<String>> = HashMap::new();
    let expanded = decode(change).ok_or(Refusal::Operation)?;
    let dictionary = dictionary();
    let actor = change.actor_id().to_bytes();
    let is_own_number = |id: &OpId| id.actor().to_bytes() == actor;
    // What this change itself wrote last, by object and key.
    let mut written: HashMap<(Option<&OpId>, &str), u64> = HashMap::new();
    let is_newest = doc.heads().iter().all(|h| change.deps().contains(h));
    for (number, op) in (change.start_op().get()..).zip(&expanded.operations) {
        let Key::Map(key) = &op.key else { return Err(Refusal::Operation) };
        if op.insert {
            return Err(Refusal::Operation);
        }
        let object_id = match &op.obj {
            ObjectId::Root => None,
            ObjectId::Id(id) => Some(id),
        };
        let new_object = object_id.filter(|id| is_own_number(id)).and_then(|id| made.get(&id.counter()));
        let mut object = ROOT;
        let mut path = match (object_id, new_object) {
            (None, _) => Vec::new(),
            (_, Some(path)) => path.clone(),
            (Some(id), None) => {
                object = doc.automerge().import(&format!("{}@{}", id.counter(), id.actor())).map_err(|_| Refusal::Operation)?.0;
                path_of(doc.automerge(), &object).ok_or(Refusal::Operation)?
            }
        };
        path.push(key.to_string());
        // What was erased is not filled again.
        if path.len() > 2 && doc.tree().map(&path[0]).map(&path[1]).get(ERASED).is_some() {
            return Err(Refusal::Path);
        }
        // Most operations fill a new map, or a key of the root that never was: nothing to look up there.
        let untouched = new_object.is_some() || object == ROOT && doc.tree().get(key).is_none();
        // An operation replaces exactly what its author saw there: other claims are applied too, and brick snapshots as well.
        let replaces = match written.insert((object_id, key.as_str()), number) {
            Some(earlier) => op.pred.iter().map(|id| (id.counter(), is_own_number(id))).eq([(earlier, true)]),
            None if new_object.is_some() || untouched && is_newest => op.pred.is_empty(),
            None if is_newest => same_operations(&op.pred, doc.automerge().get_all(&object, key.as_str())),
            None => same_operations(&op.pred, doc.automerge().get_all_at(&object, key.as_str(), change.deps())),
        };
        if !replaces {
            return Err(Refusal::Operation);
        }
        // In every kind: what was found out about times, once.
        if object_id.is_none()
            && let Some(found) = FoundTime::of(key)
        {
            let is_new = op.pred.is_empty() && doc.tree().get(key).is_none();
            let may = match (found, &op.action) {
                (FoundTime::Late(_), OpType::Put(ScalarValue::Int(_))) => is_hub,
                // The time of whoever recorded something in that boot.
                (FoundTime::Start(boot), OpType::Put(ScalarValue::Int(_) | ScalarValue::Boolean(false))) => {
                    is_hub || doc.tree().bears_boot(boot, Some(&person))
                }
                _ => false,
            };
            if is_new && may {
                continue;
            }
            return Err(Refusal::Path);
        }
        let new_here = new_object.is_some();
        match &op.action {
            // Who and when are plain: in a map of their own the value would stand under another key and be judged by no one.
            OpType::Make(_) if ["by", "at", "boot", "since_boot"].contains(&key.as_str()) => return Err(Refusal::Operation),
            OpType::Make(ObjType::Map) => {
                made.insert(number, path.clone());
            }
            OpType::Put(value) => check_value(value)?,
            OpType::Delete => return Err(Refusal::Delete),
            _ => return Err(Refusal::Operation),
        }
        let fresh = new_here || op.pred.is_empty() && (untouched || doc.automerge().get(&object, key.as_str()).ok().flatten().is_none());
        let allowed = rows.iter().find(|rule| allows(rule, &path, &roles));
        let allowed = allowed.filter(|_| dictionary.knows(doc.kind().name, &path[0])).ok_or(Refusal::Path)?;
        let depth = allowed.path.split('/').count();
        if allowed.once && !fresh {
            return Err(Refusal::Path);
        }
        let is_entry = path.len() == depth && allowed.path.ends_with("/*");
        // An entry's map is made once, under an id of the author's own.
        if is_entry && !(fresh && is_own(&path[depth - 1], author)) {
            return Err(Refusal::Actor);
        }
        // What is written once is part of what its author recorded: nobody else completes it in their name.
        if allowed.once && !is_entry && !is_hub {
            let others_entry = depth > 1 && !is_own(&path[1], author);
            let others_document = depth == 1 && exists && text_at(doc.automerge(), "by").as_deref() != Some(&*person);
            if others_entry || others_document {
                return Err(Refusal::By);
            }
        }
        // Parts of an edited value, and who and when: plain values, and nobody writes in another's name.
        let is_part = path.len() > depth || !is_entry && !allowed.path.ends_with("{name}") && STAMP.contains(&key.as_str());
        // A value and who set it are one thing: nobody puts another value under a name that stands there already.
        if path.len() > depth && !new_here {
            return Err(Refusal::By);
        }
        // What stands there without a name of its own is its entry's author's: whoever else sets it says who they are.
        let theirs = match depth {
            1 => exists && text_at(doc.automerge(), "by").as_deref() != Some(&*person),
            2 => exists,
            _ => !is_own(&path[1], author),
        };
        let is_plain = path.len() == depth && matches!(op.action, OpType::Put(_));
        if is_plain && !allowed.once && !new_here && theirs && !is_hub {
            return Err(Refusal::By);
        }
        if is_part {
            match &op.action {
                OpType::Make(_) => return Err(Refusal::Operation),
                OpType::Put(ScalarValue::Str(by)) if key == "by" && *by != *person && !is_hub => return Err(Refusal::By),
                _ => {}
            }
        }
    }
    Ok(())
}

fn check_value(value: &ScalarValue) -> Result<(), Refusal> {
    match value {
        ScalarValue::Str(text) if text.len() > MAX_TEXT_BYTES => Err(Refusal::Operation),
        ScalarValue::Str(_) | ScalarValue::Int(_) | ScalarValue::Boolean(_) | ScalarValue::Null => Ok(()),
        _ => Err(Refusal::Operation),
    }
}

/// The operations of a change. One change has one spelling: Automerge applies others, but a snapshot with them cannot be
/// loaded again; and it panics over an operation of an actor that the change does not name.
fn decode(change: &Change) -> Option<ExpandedChange> {
    let expanded = catch_unwind(AssertUnwindSafe(|| {
        let expanded = change.decode();
        (Change::from(expanded.clone()).hash() == change.hash()).then_some(expanded)
    }));
    expanded.ok().flatten()
}

/// Whether a change's claim of what it replaces is what stands there.
fn same_operations(claimed: &SortedVec<OpId>, found: Result<Vec<(automerge::Value<'_>, ObjId)>, automerge::AutomergeError>) -> bool {
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    let found = found.unwrap_or_default().iter().map(|(_, id)| id.to_string()).collect();
    sorted(claimed.iter().map(|id| format!("{}@{}", id.counter(), id.actor())).collect()) == sorted(found)
}

fn text_at(doc: &Automerge, key: &str) -> Option<String> {
    match doc.get(ROOT, key).ok()? {
        Some((automerge::Value::Scalar(value), _)) => value.as_str().map(str::to_owned),
        _ => None,
    }
}

fn is_own(key: &str, author: &Author) -> bool {
    key.parse::<Id>().is_ok_and(|id| author.devices.contains(&id.actor.device()))
}

fn allows(rule: &Allow, path: &[String], roles: &[Role]) -> bool {
    if !rule.roles.iter().any(|r| roles.contains(r)) {
        return false;
    }
    let mut keys = path.iter();
    for part in rule.path.split('/') {
        match keys.next() {
            Some(key) if matches(part, key) => {}
            _ => return false,
        }
    }
    let rest: Vec<&str> = keys.map(String::as_str).collect();
    rest.is_empty() || !rule.path.ends_with("/*") && matches!(rest[..], ["value" | "by" | "at" | "boot" | "since_boot"])
}

/// Whether `path`, keys from the root, leads to something that a row of these names.
pub(crate) fn names(rows: &[Allow], path: &[&str]) -> bool {
    rows.iter().any(|row| {
        let parts: Vec<&str> = row.path.split('/').collect();
        let below = path.get(parts.len()..).unwrap_or_default();
        parts.iter().zip(path).all(|(part, key)| matches(part, key)) && (below.is_empty() || matches!(below, ["value" | "by" | "at" | "boot" | "since_boot"]))
    })
}

/// Whether a part of a path of the rules stands for this key.
pub(crate) fn matches(part: &str, key: &str) -> bool {
    part == "*"
        || part == "{name}"
        || part.split('|').any(|p| p.strip_suffix('*').map_or(p == key, |prefix| key.len() > prefix.len() && key.starts_with(prefix)))
}

fn path_of(doc: &Automerge, object: &ObjId) -> Option<Vec<String>> {
    let parents = doc.parents(object).ok()?;
    let mut path: Vec<String> = parents
        .map(|p| match p.prop {
            Prop::Map(key) => Some(key),
            Prop::Seq(_) => None,
        })
        .collect::<Option<_>>()?;
    path.reverse();
    Some(path)
}
