//! The fixed first changes. A genesis change makes the containers of one schema version of one kind and nothing else: its
//! actor names kind and version, its time is 0, it depends on nothing. It is never sent; both sides make it.

use std::collections::HashMap;
use std::sync::OnceLock;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, Change, ChangeHash, ObjType, ROOT};

use super::{Kind, Schema};
use crate::kinds::KINDS;
use crate::versions::dictionary;

struct Known {
    kind: &'static Kind,
    change: Change,
}

fn make(kind: &Kind, version: usize, schema: &Schema) -> Change {
    let mut doc = Automerge::new().with_actor(ActorId::from(format!("{} v{}", kind.name, version + 1).into_bytes()));
    let mut tx = doc.transaction();
    for container in schema.containers {
        tx.put_object(ROOT, *container, ObjType::Map).unwrap_or_else(|e| unreachable!("a map is put at the root: {e}"));
    }
    tx.commit_with(CommitOptions::default().with_time(0));
    if schema.containers.is_empty() {
        doc.empty_commit(CommitOptions::default().with_time(0));
    }
    doc.get_changes(&[]).pop().unwrap_or_else(|| unreachable!("the genesis was just committed"))
}

fn known() -> &'static HashMap<u16, Known> {
    static KNOWN: OnceLock<HashMap<u16, Known>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let versions = KINDS.iter().flat_map(|kind| kind.versions.iter().enumerate().map(move |(v, schema)| (*kind, v, schema)));
        versions.map(|(kind, v, schema)| (schema.number, Known { kind, change: make(kind, v, schema) })).collect()
    })
}

/// The kind and the change of genesis `number`; `None` if a newer gridwalk made it.
pub fn genesis(number: u16) -> Option<(&'static Kind, &'static Change)> {
    known().get(&number).filter(|k| dictionary().knows(k.kind.name, "")).map(|k| (k.kind, &k.change))
}

/// Whether `hash` is one of the genesis changes known here.
pub fn is_genesis(hash: &ChangeHash) -> bool {
    static HASHES: OnceLock<std::collections::HashSet<ChangeHash>> = OnceLock::new();
    HASHES.get_or_init(|| known().values().map(|k| k.change.hash()).collect()).contains(hash)
}
