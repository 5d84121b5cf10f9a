//! Beginning again: a document's next generation holds the facts that stay and no history. What was erased is in no byte of
//! it; changes of an older generation do not fit it and are never merged.

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{ActorId, ObjId, ObjType, ROOT, ReadDoc, Value as AmValue};

use super::doc::{Doc, RawChange, change_body};
use super::tree::{ERASED, Map, Node, Value};
use super::writer::scalar;
use crate::error::Result;
use crate::ids::Actor;

/// What a document's next generation is made of.
pub struct Again<'a> {
    /// Its number.
    pub generation: u32,
    /// Whether the fact at these keys from the root stays, with who and when.
    pub stays: &'a (dyn Fn(&[&str]) -> bool + Sync),
    /// What is put beside, by keys from the root.
    pub marks: &'a [(Vec<&'a str>, Value)],
}

/// A field that people set differently at the same time: where it stands, and the values, the shown one first.
type Disputed<'a> = (Vec<&'a str>, Vec<&'a Node>);

impl Doc {
    /// Whether all of the document was erased.
    pub fn is_erased(&self) -> bool {
        self.tree().get(ERASED).is_some()
    }

    /// The next generation of this document, with its changes: one over the genesis, and one for each value of a conflict
    /// that stands. `fresh` gives a new actor of the writer's each time.
    pub fn begin_again(&self, again: &Again<'_>, mut fresh: impl FnMut() -> Actor) -> Result<(Self, Vec<RawChange>)> {
        // As it was written: what was found out about times is among it.
        let tree = Map::of(self.automerge());
        let mut next = Self::with_schema(self.schema(), again.generation)?;
        let mut disputed = Vec::new();
        let mut changes = vec![next.commit(fresh(), |tx| {
            copy(tx, &ROOT, &tree, &mut Vec::new(), again, &mut disputed)?;
            again.marks.iter().try_for_each(|(path, value)| mark(tx, path, value))
        })?];
        let common = next.clone();
        for (path, values) in disputed {
            // Equal operation numbers: the greatest actor is shown, as before.
            let mut actors: Vec<Actor> = values.iter().map(|_| fresh()).collect();
            actors.sort_unstable_by(|a, b| b.cmp(a));
            for (node, actor) in values.into_iter().zip(actors) {
                let mut rival = common.clone();
                let change = rival.commit(actor, |tx| {
                    let (key, parents) = path.split_last().unwrap_or((&"", &[]));
                    let obj = parents.iter().try_fold(ROOT, |obj, key| child(tx, &obj, key))?;
                    put_node(tx, &obj, key, node)
                })?;
                next.take_chunk(&change.body)?;
                changes.push(change);
            }
        }
        Ok((next, changes))
    }

    fn commit(&mut self, actor: Actor, f: impl FnOnce(&mut Transaction<'_>) -> Result<()>) -> Result<RawChange> {
        let before = self.heads();
        let am = self.automerge_mut();
        am.set_actor(ActorId::from(&actor.0[..]));
        let mut tx = am.transaction();
        f(&mut tx)?;
        tx.commit_with(CommitOptions::default().with_time(0));
        let change = am.get_changes(&before).pop().ok_or_else(|| crate::error::Error::internal("a generation without facts"))?;
        Ok(RawChange { hash: change.hash().0, body: change_body(&change).to_vec() })
    }
}

fn copy<'a>(tx: &mut Transaction<'_>, obj: &ObjId, from: &'a Map, path: &mut Vec<&'a str>, again: &Again<'_>, disputed: &mut Vec<Disputed<'a>>) -> Result<()> {
    for entry in from.iter() {
        path.push(&entry.key);
        if (again.stays)(path) {
            if entry.rivals.iter().any(|rival| rival.value() != entry.node.value()) {
                disputed.push((path.clone(), std::iter::once(&entry.node).chain(&entry.rivals).collect()));
            } else {
                match &entry.node {
                    Node::Value(value) => tx.put(obj, entry.key.as_str(), scalar(value))?,
                    Node::Map(map) => {
                        let inner = child(tx, obj, &entry.key)?;
                        copy(tx, &inner, map, path, again, disputed)?;
                    }
                }
            }
        }
        path.pop();
    }
    Ok(())
}

/// The map at `key`, made where there is none yet.
fn child(tx: &mut Transaction<'_>, obj: &ObjId, key: &str) -> Result<ObjId> {
    match tx.get(obj, key)? {
        Some((AmValue::Object(ObjType::Map), id)) => Ok(id),
        _ => Ok(tx.put_object(obj, key, ObjType::Map)?),
    }
}

fn put_node(tx: &mut Transaction<'_>, obj: &ObjId, key: &str, node: &Node) -> Result<()> {
    match node {
        Node::Value(value) => Ok(tx.put(obj, key, scalar(value))?),
        Node::Map(map) => {
            let inner = tx.put_object(obj, key, ObjType::Map)?;
            map.iter().try_for_each(|e| put_node(tx, &inner, &e.key, &e.node))
        }
    }
}

fn mark(tx: &mut Transaction<'_>, path: &[&str], value: &Value) -> Result<()> {
    let (key, parents) = path.split_last().unwrap_or((&"", &[]));
    let obj = parents.iter().try_fold(ROOT, |obj, key| child(tx, &obj, key))?;
    Ok(tx.put(&obj, *key, scalar(value))?)
}
