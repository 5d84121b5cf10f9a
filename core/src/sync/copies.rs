//! Copies of this store on other phones: they make ids under the same actor and device key, and so give one id to two things. While the
//! device stands the hub tells (`actor_reused`); here is what only a phone can tell.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::intake::Intake;
use super::protocol::{DocumentNews, TenantReply, resolve};
use crate::commands::Command;
use crate::documents::{Doc, Entry, Node, change_from_body};
use crate::error::Result;
use crate::ids::{Actor, Id};
use crate::phone::{state, unsent_docs_of};
use crate::store::{StoredDoc, from_json, kind_name};

impl Intake<'_> {
    /// Another copy of this store makes ids under the same actor, and they have come here: what this phone makes from now on has an actor
    /// of its own, or it would be taken for theirs.
    pub(super) fn part_from_copies(&self, news: &TenantReply) -> Result<()> {
        let actor = state(self.tx)?.actor;
        for document in &news.documents {
            if self.has_others_under(actor, resolve(&news.actors, document.doc)?, document)? {
                self.tx.execute("UPDATE state SET actor = ?1", [self.phone.new_actor(actor.device()).0])?;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether these news of a document have changes under `actor` that this phone did not make, or not lately.
    fn has_others_under(&self, actor: Actor, id: Id, news: &DocumentNews) -> Result<bool> {
        let mut own = self.tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM changes WHERE doc = ?1 AND hash = ?2)")?;
        for chunk in &news.chunks {
            // Both a change and a snapshot name their actors in plain bytes.
            if !chunk.windows(actor.0.len()).any(|bytes| bytes == actor.0) {
                continue;
            }
            let hashes: Vec<[u8; 32]> = match change_from_body(chunk) {
                Ok(change) => (Actor::of(&change) == Some(actor)).then(|| change.hash().0).into_iter().collect(),
                Err(_) => {
                    // What cannot be read, or not by this version, is dealt with where the document is taken in.
                    let Ok(mut doc) = Doc::with_schema(news.schema, news.generation) else { continue };
                    if doc.take_chunk(chunk).is_err() {
                        continue;
                    }
                    doc.automerge().get_changes_meta(&[]).iter().filter(|m| m.actor.to_bytes() == actor.0).map(|m| m.hash.0).collect()
                }
            };
            for hash in hashes {
                if !own.query_row(params![id, hash], |r| r.get::<_, bool>(0))? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// Which of these unsent commands have ids that stand for something else at the hub, because a copy of this store joined again, under a
/// device key of its own, before this one did.
pub(super) fn given_twice(tx: &Connection, commands: &[i64]) -> Result<BTreeSet<i64>> {
    let mut given = Vec::new();
    for n in commands {
        let body: String = tx.query_row("SELECT body FROM commands WHERE n = ?1", [n], |r| r.get(0))?;
        let command: Command = from_json(&body)?;
        given.push((command.id.actor, command.first));
    }
    let mut clashing = BTreeSet::new();
    for (n, (actor, first)) in commands.iter().zip(&given) {
        let end = given.iter().filter(|(a, f)| a == actor && f > first).map(|(_, f)| *f).min().unwrap_or(u64::MAX);
        let own = |id: Id| id.actor == *actor && (*first..end).contains(&id.counter);
        for doc in unsent_docs_of(tx, *n)? {
            if is_given_twice(tx, doc, &own)? {
                clashing.insert(*n);
            }
        }
    }
    Ok(clashing)
}

/// Whether one of a command's `own` ids stands for something else in this document: what is written once (a note, a time) would stand
/// there twice, theirs and ours.
fn is_given_twice(tx: &Connection, doc: Id, own: &impl Fn(Id) -> bool) -> Result<bool> {
    let Some(stored) = StoredDoc::find(tx, doc)? else { return Ok(false) };
    let schema: u16 = tx.prepare_cached("SELECT max(schema) FROM changes WHERE doc = ?1 AND taken = 0")?.query_row([doc], |r| r.get(0))?;
    if kind_name(schema) != kind_name(stored.schema) {
        return Ok(own(doc));
    }
    let Some(both) = stored.state(tx, doc)? else { return Ok(false) };
    let differ = |a: &Node, b: &Node| matches!((a, b), (Node::Value(a), Node::Value(b)) if a != b);
    let others_entry = |entry: &Entry| match &entry.node {
        Node::Map(shown) if entry.key.parse().is_ok_and(own) => {
            entry.rivals.iter().filter_map(Node::as_map).any(|rival| shown.iter().any(|e| rival.get(&e.key).is_some_and(|r| differ(&e.node, &r.node))))
        }
        _ => false,
    };
    Ok(both.tree().iter().any(|entry| match &entry.node {
        Node::Value(_) => own(doc) && entry.rivals.iter().any(|rival| differ(&entry.node, rival)),
        Node::Map(container) => container.iter().any(others_entry),
    }))
}
