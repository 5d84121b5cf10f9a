//! Taking back and running again. What the hub refused is taken back to the hub's state together with later unsent commands
//! that share a document, and those run again with the same ids and times as a fresh actor. Only what is refused itself, or
//! no longer applies, goes to quarantine.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::clock::{Reading, Stamp};
use crate::commands::Command;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{Actor, Id};
use crate::kinds::Input;
use crate::phone::{Phone, anchor, membership, perform, state};
use crate::store::{StoredDoc, Touched, from_json};

/// A command of which the hub did not take a change.
#[derive(Debug)]
pub(super) struct Failed {
    /// Its row.
    pub command: i64,
    /// The rules' code, if the rules refused it; else it runs again.
    pub refused: Option<String>,
    /// Whether the store was copied: all unsent commands get new ids.
    pub new_ids: bool,
}

/// Takes back the failed commands and what hangs on them; answers with how many were refused and how many ran again.
pub(super) fn rerun(phone: &Phone, tx: &Transaction<'_>, failed: &[Failed], touched: &mut Touched) -> Result<(u64, u64)> {
    let new_ids = failed.iter().any(|f| f.new_ids);
    let mut docs: BTreeSet<Id> = BTreeSet::new();
    let mut affected: Vec<i64> = Vec::new();
    for command in unsent(tx)? {
        let own = docs_of(tx, command)?;
        if new_ids || failed.iter().any(|f| f.command == command) || own.iter().any(|d| docs.contains(d)) {
            docs.extend(own);
            affected.push(command);
        }
    }
    let refused = |n: i64| failed.iter().find(|f| f.command == n).and_then(|f| f.refused.as_deref());
    take_back_and_run(phone, tx, &affected, &docs, new_ids, refused, touched)
}

/// Runs everything kept of one community again: the phone was enrolled again and its old bundles count no more.
pub(super) fn rerun_all(phone: &Phone, tx: &Transaction<'_>, tenant: &str, touched: &mut Touched) -> Result<u64> {
    tx.execute("UPDATE changes SET taken = 0, bundle = NULL WHERE doc IN (SELECT id FROM documents WHERE tenant = ?1)", [tenant])?;
    tx.execute("UPDATE commands SET state = 'unsent' WHERE n IN (SELECT command FROM changes WHERE taken = 0)", [])?;
    tx.execute("DELETE FROM bundles WHERE tenant = ?1", [tenant])?;
    let affected = unsent(tx)?;
    let mut docs = BTreeSet::new();
    for command in &affected {
        docs.extend(docs_of(tx, *command)?);
    }
    Ok(take_back_and_run(phone, tx, &affected, &docs, false, |_| None, touched)?.1)
}

fn unsent(tx: &Connection) -> Result<Vec<i64>> {
    Ok(tx.prepare_cached("SELECT n FROM commands WHERE state = 'unsent' ORDER BY n")?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
}

fn docs_of(tx: &Connection, command: i64) -> Result<Vec<Id>> {
    Ok(tx.prepare_cached("SELECT doc FROM changes WHERE command = ?1 AND taken = 0")?.query_map([command], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
}

fn take_back_and_run<'a>(
    phone: &Phone,
    tx: &Transaction<'_>,
    affected: &[i64],
    docs: &BTreeSet<Id>,
    new_ids: bool,
    refused: impl Fn(i64) -> Option<&'a str>,
    touched: &mut Touched,
) -> Result<(u64, u64)> {
    let state = state(tx)?;
    // A number that a replaced change had is never used again: the bundles it was in may still be under way somewhere.
    let actor = phone.new_actor(&state.key);
    tx.execute("UPDATE state SET actor = ?1", [actor.0])?;
    for command in affected {
        // Bundles keep what others of them are still waiting for; they are closed anew around it.
        tx.prepare_cached("UPDATE changes SET bundle = NULL WHERE taken = 0 AND bundle IN (SELECT bundle FROM changes WHERE command = ?1)")?
            .execute([command])?;
        tx.prepare_cached("DELETE FROM changes WHERE command = ?1 AND taken = 0")?.execute([command])?;
    }
    tx.execute("DELETE FROM bundles WHERE taken = 0 AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.bundle = bundles.n AND c.taken = 0)", [])?;
    for id in docs {
        to_hub_state(tx, *id, touched)?;
    }
    let mut renamed = Renamed::default();
    let (mut out, mut again) = (0, 0);
    for n in affected {
        let body: String = tx.query_row("SELECT body FROM commands WHERE n = ?1", [n], |r| r.get(0))?;
        let mut command: Command = from_json(&body)?;
        if let Some(reason) = refused(*n) {
            quarantine(tx, *n, reason, command.stamp.at)?;
            out += 1;
            continue;
        }
        if new_ids {
            command = renamed.rename(&body, &command, actor)?;
        }
        tx.execute_batch("SAVEPOINT again")?;
        let member = membership(tx, Some(&command.tenant))?;
        match perform(tx, &command, &member, &state.key, actor, Some(*n), touched) {
            Ok(_) => {
                tx.execute_batch("RELEASE again")?;
                again += 1;
            }
            Err(e) if matches!(e.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::InConflict | ErrorKind::NotAllowed) => {
                tx.execute_batch("ROLLBACK TO again; RELEASE again")?;
                quarantine(tx, *n, "gone", command.stamp.at)?;
                out += 1;
            }
            Err(e) => return Err(e),
        }
    }
    Ok((out, again))
}

/// Runs a command of the phone's own: what follows from a reply.
pub(super) fn follow_up(tx: &Transaction<'_>, input: Input, reading: &Reading, touched: &mut Touched) -> Result<()> {
    let state = state(tx)?;
    let member = membership(tx, None)?;
    let stamp = Stamp::new(reading.clone(), anchor(tx, reading)?.as_ref());
    let id = Id { actor: state.actor, counter: state.next_counter };
    let command = Command { id, first: state.next_counter + 1, tenant: member.tenant.clone(), by: member.person, stamp, hub_time: state.hub_time, input };
    tx.execute_batch("SAVEPOINT follow")?;
    match perform(tx, &command, &member, &state.key, state.actor, None, touched) {
        Ok(_) => Ok(tx.execute_batch("RELEASE follow")?),
        // The happening has gone meanwhile (refused, withdrawn): there is nothing to follow up.
        Err(e) if matches!(e.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::NotAllowed) => {
            Ok(tx.execute_batch("ROLLBACK TO follow; RELEASE follow")?)
        }
        Err(e) => Err(e),
    }
}

fn quarantine(tx: &Connection, n: i64, reason: &str, at: i64) -> Result<()> {
    tx.execute("UPDATE commands SET state = 'quarantined', reason = ?2, at = ?3 WHERE n = ?1", params![n, reason, at])?;
    Ok(())
}

/// The document as the hub has it, with what is still unsent of commands that stay; one that only this phone had goes.
fn to_hub_state(tx: &Connection, id: Id, touched: &mut Touched) -> Result<()> {
    let Some(stored) = StoredDoc::find(tx, id)? else { return Ok(()) };
    let waiting: Option<i64> = tx.prepare_cached("SELECT n FROM changes WHERE doc = ?1 AND taken = 0 LIMIT 1")?.query_row([id], |r| r.get(0)).optional()?;
    if stored.base.is_empty() && waiting.is_none() {
        return touched.forget(tx, id);
    }
    match stored.state(tx, id)? {
        Some(doc) => touched.project(tx, id, stored.n, &doc, false),
        None => Ok(()),
    }
}

/// New ids for the commands of a copied store, references among them included.
#[derive(Default)]
struct Renamed(Vec<(Id, Id)>);

impl Renamed {
    fn rename(&mut self, body: &str, command: &Command, actor: Actor) -> Result<Command> {
        let mut next = crate::store::from_json::<serde_json::Value>(body)?;
        let old = command.id.actor;
        // Ids that this command makes begin at `first`; how many it makes is not known before it runs, so all of its actor
        // from there on are renamed wherever they are named.
        self.0.push((Id { actor: old, counter: command.first }, Id { actor, counter: command.first }));
        next["id"] = Id { actor, counter: command.id.counter }.to_string().into();
        let from = self.0.iter().filter(|(o, _)| o.actor == old).map(|(o, _)| o.counter).min().unwrap_or(command.first);
        rename_in(&mut next["input"], old, from, actor);
        serde_json::from_value(next).map_err(|e| Error::internal("renamed command").with_source(e))
    }
}

fn rename_in(value: &mut serde_json::Value, old: Actor, from: u64, new: Actor) {
    match value {
        serde_json::Value::String(text) => {
            if let Ok(id) = text.parse::<Id>()
                && id.actor == old
                && id.counter >= from
            {
                *text = Id { actor: new, counter: id.counter }.to_string();
            }
        }
        serde_json::Value::Array(all) => all.iter_mut().for_each(|v| rename_in(v, old, from, new)),
        serde_json::Value::Object(all) => all.values_mut().for_each(|v| rename_in(v, old, from, new)),
        _ => {}
    }
}
