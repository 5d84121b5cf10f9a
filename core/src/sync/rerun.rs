//! Taking back and running again. What the hub refused is taken back to the hub's state together with later unsent commands
//! that share a document, and those run again with the same ids and times as a fresh actor. Only what is refused itself, or
//! no longer applies, goes to quarantine.

use std::collections::{BTreeSet, HashMap, VecDeque};

use automerge::ChangeHash;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::copies::given_twice;
use super::intake::{Failed, Superseded};
use super::older::redact_command;
use crate::clock::{Reading, Stamp};
use crate::commands::Command;
use crate::documents::RawChange;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{Actor, Id, ids_in};
use crate::kinds::Input;
use crate::phone::{
    CHANGES_OF, HELD, Membership, Phone, Row, UNSENT, WAITING, anchor, keep_change, membership, membership_for, perform, state, unsent_docs_of,
};
use crate::rules::OTHER_PERSON;
use crate::store::{StoredDoc, Touched, from_json};
use crate::versions::dictionary;

/// What there is to say of a command that is to run again.
pub(super) struct RerunReason<'a> {
    /// The rules' code, if the rules refused it.
    pub refused: Option<&'a str>,
    /// Whether it waits, as it was, if it does not apply now.
    pub waits: bool,
    /// Whether a document of it was begun again.
    pub older: Option<Superseded>,
    /// Whether it gets new ids: a copy of this store may have given its ids to something else.
    pub new_ids: bool,
}

/// Takes back the failed commands and what hangs on them. Returns how many were refused and how many ran again.
pub(super) fn rerun(phone: &Phone, tx: &Transaction<'_>, failed: &[Failed], touched: &mut Touched) -> Result<(u64, u64)> {
    let new_ids = failed.iter().any(|f| f.new_ids);
    let mut docs: BTreeSet<Id> = BTreeSet::new();
    let mut affected: Vec<i64> = Vec::new();
    // Documents that only this phone has, or had before a restore lost them: what names one of them (a visit to a household that
    // was refused) goes with it.
    let mut made: BTreeSet<String> = BTreeSet::new();
    // What the hub holds rests on what it takes.
    let mut unsent = unsent(tx)?;
    let held = held_among(tx, &unsent)?;
    unsent.sort_by_key(|n| (held.contains(n), *n));
    for command in unsent {
        let own = unsent_docs_of(tx, command)?;
        let names_made = || -> Result<bool> {
            let body: String = tx.prepare_cached("SELECT body FROM commands WHERE n = ?1")?.query_row([command], |r| r.get(0))?;
            Ok(made.iter().any(|id| body.contains(&format!("\"{id}\""))))
        };
        if new_ids || failed.iter().any(|f| f.command == command) || own.iter().any(|d| docs.contains(d)) || names_made()? {
            for id in &own {
                if let Some(stored) = StoredDoc::find(tx, *id)?
                    && (stored.base.is_empty() || is_stale(tx, &stored)?)
                {
                    made.insert(id.to_string());
                }
            }
            docs.extend(own);
            affected.push(command);
        }
    }
    let why = |n: i64| {
        let of = failed.iter().find(|f| f.command == n);
        RerunReason { refused: of.and_then(|f| f.refused.as_deref()), waits: of.is_some_and(|f| f.missing), older: of.and_then(|f| f.older), new_ids }
    };
    take_back_and_run(phone, tx, &affected, &docs, why, touched)
}

/// Runs again what one community's hub does not have: the phone was enrolled again and its old bundles count no more.
pub(super) fn rerun_all(phone: &Phone, tx: &Transaction<'_>, tenant: &str, touched: &mut Touched) -> Result<u64> {
    let epoch: u64 = tx.query_row("SELECT epoch FROM tenants WHERE tenant = ?1", [tenant], |r| r.get(0))?;
    let own = "command IN (SELECT n FROM commands WHERE json_extract(body, '$.tenant') = ?1)";
    tx.execute(&format!("UPDATE changes SET bundle = NULL WHERE {own}"), [tenant])?;
    tx.execute("DELETE FROM bundles WHERE tenant = ?1", [tenant])?;
    let kept: Vec<(i64, Id, [u8; 32])> = tx
        .prepare(&format!("SELECT n, doc, hash FROM changes WHERE {own} ORDER BY doc"))?
        .query_map([tenant], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for changes in kept.chunk_by(|a, b| a.1 == b.1) {
        // What has left this phone was taken then.
        let Some(stored) = StoredDoc::find(tx, changes[0].1)? else { continue };
        let here = if stored.epoch == epoch { stored.hub_state(tx)? } else { None };
        for (n, _, hash) in changes {
            let taken = here.as_ref().is_some_and(|doc| doc.has(&ChangeHash(*hash)));
            tx.prepare_cached("UPDATE changes SET taken = ?2 WHERE n = ?1")?.execute(params![n, taken])?;
        }
    }
    let state = "UPDATE commands SET state = CASE WHEN n IN (SELECT command FROM changes WHERE taken = 0) THEN 'unsent' ELSE 'taken' END
                 WHERE state <> 'quarantined' AND json_extract(body, '$.tenant') = ?1";
    tx.execute(state, [tenant])?;
    let affected: Vec<i64> = tx
        .prepare("SELECT n FROM commands WHERE state = 'unsent' AND json_extract(body, '$.tenant') = ?1 ORDER BY n")?
        .query_map([tenant], |r| r.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut docs = BTreeSet::new();
    for command in &affected {
        docs.extend(unsent_docs_of(tx, *command)?);
    }
    let clashing = given_twice(tx, &affected)?;
    let why = |n: i64| RerunReason { refused: None, waits: false, older: None, new_ids: clashing.contains(&n) };
    Ok(take_back_and_run(phone, tx, &affected, &docs, why, touched)?.1)
}

/// Those of these commands that the hub holds.
fn held_among(tx: &Connection, commands: &[i64]) -> Result<BTreeSet<i64>> {
    let mut held = tx.prepare_cached("SELECT n FROM commands WHERE n = ?1 AND state = 'unsent' AND reason = ?2")?;
    let mut found = BTreeSet::new();
    for n in commands {
        found.extend(held.query_row(params![n, HELD], |r| r.get::<_, i64>(0)).optional()?);
    }
    Ok(found)
}

fn unsent(tx: &Connection) -> Result<Vec<i64>> {
    Ok(tx.prepare_cached(&format!("{UNSENT} ORDER BY n"))?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Takes the changes of these commands back, whose documents are among `docs`, and runs them again, each as `why` says. Returns how many
/// were refused and how many ran again.
pub(super) fn take_back_and_run<'a>(
    phone: &Phone,
    tx: &Transaction<'_>,
    affected: &[i64],
    docs: &BTreeSet<Id>,
    why: impl Fn(i64) -> RerunReason<'a>,
    touched: &mut Touched,
) -> Result<(u64, u64)> {
    let state = state(tx)?;
    // A number that a replaced change had is never used again: the bundles it was in may still be under way somewhere.
    let actor = phone.new_actor(state.actor.device());
    tx.execute("UPDATE state SET actor = ?1", [actor.0])?;
    let mut old_changes: HashMap<i64, Vec<OldChange>> = HashMap::new();
    for command in affected {
        let mut statement =
            tx.prepare_cached(&format!("SELECT doc, schema, generation, dictionary, hash, body FROM changes WHERE {CHANGES_OF} AND taken = 0 ORDER BY n"))?;
        let rows = statement.query_map([command], |r| {
            let change = RawChange { hash: r.get(4)?, body: r.get(5)? };
            Ok(OldChange { doc: r.get(0)?, schema: r.get(1)?, generation: r.get(2)?, dictionary: r.get(3)?, change })
        })?;
        old_changes.insert(*command, rows.collect::<rusqlite::Result<_>>()?);
        // What else these bundles have is closed anew; what the hub was asked about and holds still waits for the next sync.
        tx.prepare_cached(&format!(
            "UPDATE commands SET reason = ?2 WHERE state = 'unsent' AND reason IS NOT '{HELD}' AND n IN (SELECT c.command FROM changes c JOIN bundles b ON b.n = c.bundle
             WHERE c.taken = 0 AND b.asked IS NOT NULL AND b.n IN (SELECT bundle FROM changes WHERE {CHANGES_OF}))"
        ))?
        .execute(params![command, WAITING])?;
        tx.prepare_cached(&format!("UPDATE changes SET bundle = NULL WHERE taken = 0 AND bundle IN (SELECT bundle FROM changes WHERE {CHANGES_OF})"))?
            .execute([command])?;
        tx.prepare_cached(&format!("DELETE FROM changes WHERE {CHANGES_OF} AND taken = 0"))?.execute([command])?;
    }
    tx.execute("DELETE FROM bundles WHERE taken = 0 AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.bundle = bundles.n AND c.taken = 0)", [])?;
    for id in docs {
        to_hub_state(tx, *id, touched)?;
    }
    let mut renamed = Renamed::default();
    let mut waiting: BTreeSet<Id> = BTreeSet::new();
    let (mut out, mut again) = (0, 0);
    // What the hub holds goes behind what it may take, and so does what does not apply before it: nothing else rests on either.
    let held = held_among(tx, affected)?;
    let early = affected.iter().filter(|n| !held.contains(n)).map(|n| (n, false));
    let mut queue: VecDeque<(&i64, bool)> = early.chain(held.iter().map(|n| (n, true))).collect();
    while let Some((n, behind)) = queue.pop_front() {
        let body: String = tx.query_row("SELECT body FROM commands WHERE n = ?1", [n], |r| r.get(0))?;
        let old: Command = from_json(&body)?;
        let why = why(*n);
        let new_ids = why.new_ids || renamed.concerns(&body)?;
        if why.older == Some(Superseded::Erased) {
            redact_command(tx, *n, &body, Some(old.stamp.at))?;
            renamed.add(&old, u64::MAX, new_ids);
            out += 1;
            continue;
        }
        if let Some(reason) = why.refused {
            quarantine(tx, *n, reason, old.stamp.at)?;
            renamed.add(&old, u64::MAX, new_ids);
            out += 1;
            continue;
        }
        let member = membership(tx, Some(&old.tenant))?;
        if member.person != old.by {
            quarantine(tx, *n, OTHER_PERSON, old.stamp.at)?;
            renamed.add(&old, u64::MAX, new_ids);
            out += 1;
            continue;
        }
        let command = if new_ids { renamed.rename(&body, &old, actor)? } else { old.clone() };
        tx.execute_batch("SAVEPOINT again")?;
        match perform(tx, &command, &member, actor, Row::Old(*n), touched) {
            Ok((_, next)) => {
                tx.execute_batch("RELEASE again")?;
                if behind {
                    tx.execute("UPDATE commands SET reason = ?2 WHERE n = ?1 AND state = 'unsent'", params![n, HELD])?;
                }
                renamed.add(&old, next, new_ids);
                again += 1;
            }
            Err(e) if matches!(e.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::InConflict | ErrorKind::NotAllowed) => {
                tx.execute_batch("ROLLBACK TO again; RELEASE again")?;
                if !behind && !held.is_empty() {
                    queue.push_back((n, true));
                    continue;
                }
                let changes = old_changes.remove(n).unwrap_or_default();
                let fresh = state.hub_time.is_none_or(|now| now - command.stamp.at < super::KEEP_SECONDS);
                if !new_ids && fresh && (why.waits || changes.iter().any(|c| waiting.contains(&c.doc))) {
                    waiting.extend(changes.iter().map(|c| c.doc));
                    wait(tx, *n, if behind { HELD } else { WAITING }, &changes, touched)?;
                    continue;
                }
                if why.older.is_some() {
                    redact_command(tx, *n, &body, Some(command.stamp.at))?;
                } else {
                    quarantine(tx, *n, if e.kind() == ErrorKind::NotAllowed { "not_allowed" } else { "gone" }, command.stamp.at)?;
                }
                renamed.add(&old, u64::MAX, new_ids);
                out += 1;
            }
            Err(e) => return Err(e),
        }
    }
    Ok((out, again))
}

/// Runs a command of the phone's own: what follows from a reply. It completes a record made at `cursor`, and is judged as that
/// was: what it is about may be leaving this phone with the same reply.
pub(super) fn follow_up(tx: &Transaction<'_>, input: Input, reading: &Reading, cursor: Option<u64>, touched: &mut Touched) -> Result<()> {
    let state = state(tx)?;
    let member = membership_for(tx, &input)?;
    let member = Membership { cursor: cursor.unwrap_or(member.cursor), ..member };
    let stamp = Stamp::new(reading.clone(), anchor(tx, reading)?.as_ref(), state.hub_time);
    let id = Id { actor: state.actor, counter: state.next_counter };
    let command = Command {
        id,
        first: state.next_counter + 1,
        tenant: member.tenant.clone(),
        by: member.person,
        stamp,
        dictionary: dictionary().number,
        hub_time: state.hub_time,
        input,
    };
    tx.execute_batch("SAVEPOINT follow")?;
    match perform(tx, &command, &member, state.actor, Row::New { form: false }, touched) {
        Ok(_) => Ok(tx.execute_batch("RELEASE follow")?),
        // The event has gone meanwhile (refused, withdrawn): there is nothing to follow up.
        Err(e) if matches!(e.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::NotAllowed) => {
            Ok(tx.execute_batch("ROLLBACK TO follow; RELEASE follow")?)
        }
        Err(e) => Err(e),
    }
}

/// A change that was taken back.
struct OldChange {
    doc: Id,
    schema: u16,
    generation: u32,
    dictionary: u32,
    change: RawChange,
}

/// Keeps a command with its changes as they were, to be tried again with the next sync; what of them fits is shown.
fn wait(tx: &Connection, n: i64, reason: &str, changes: &[OldChange], touched: &mut Touched) -> Result<()> {
    tx.execute("UPDATE commands SET state = 'unsent', reason = ?2 WHERE n = ?1", params![n, reason])?;
    changes.iter().try_for_each(|c| keep_change(tx, n, c.doc, c.schema, c.generation, c.dictionary, &c.change))?;
    changes.iter().try_for_each(|c| to_hub_state(tx, c.doc, touched))
}

fn quarantine(tx: &Connection, n: i64, reason: &str, at: i64) -> Result<()> {
    tx.execute("UPDATE commands SET state = 'quarantined', reason = ?2, at = ?3 WHERE n = ?1", params![n, reason, at])?;
    Ok(())
}

/// Whether what is here of the hub's state is of an older epoch.
fn is_stale(tx: &Connection, stored: &StoredDoc) -> Result<bool> {
    Ok(tx.prepare_cached("SELECT epoch <> ?2 FROM tenants WHERE tenant = ?1")?.query_row(params![stored.tenant, stored.epoch], |r| r.get(0))?)
}

/// The document as the hub has it, with what is still unsent of commands that stay; one that only this phone had goes.
fn to_hub_state(tx: &Connection, id: Id, touched: &mut Touched) -> Result<()> {
    let Some(stored) = StoredDoc::find(tx, id)? else { return Ok(()) };
    let waiting: Option<i64> = tx.prepare_cached("SELECT n FROM changes WHERE doc = ?1 AND taken = 0 LIMIT 1")?.query_row([id], |r| r.get(0)).optional()?;
    // What only an older epoch had, the hub has not.
    if (stored.base.is_empty() || is_stale(tx, &stored)?) && waiting.is_none() {
        return touched.forget(tx, id);
    }
    match stored.state(tx, id)? {
        Some(doc) => touched.project(tx, id, stored.n, &doc, false),
        None => Ok(()),
    }
}

/// The ids that each command made, by the actor they were made under, its first counter and the one after its last; and whether it
/// made new ones now, because its store was copied. References to those are renamed.
#[derive(Default)]
struct Renamed(Vec<(Actor, u64, u64, bool)>);

impl Renamed {
    fn add(&mut self, command: &Command, end: u64, is_new: bool) {
        self.0.push((command.id.actor, command.first, end, is_new));
    }

    fn is_new(&self, id: Id) -> bool {
        // What a command made that did not run again has no end here: it reaches to the next one's first id.
        let made = self.0.iter().filter(|(old, first, ..)| *old == id.actor && *first <= id.counter).max_by_key(|(_, first, ..)| *first);
        made.is_some_and(|(_, _, end, is_new)| *is_new && id.counter < *end)
    }

    /// Whether this command names something that has a new id.
    fn concerns(&self, body: &str) -> Result<bool> {
        let mut named = Vec::new();
        ids_in(&from_json::<serde_json::Value>(body)?["input"], &mut named);
        Ok(named.into_iter().any(|id| self.is_new(id)))
    }

    fn rename(&self, body: &str, command: &Command, actor: Actor) -> Result<Command> {
        let mut next = from_json::<serde_json::Value>(body)?;
        next["id"] = Id { actor, counter: command.id.counter }.to_string().into();
        rename_in(&mut next["input"], &|id| self.is_new(id).then_some(Id { actor, counter: id.counter }));
        serde_json::from_value(next).map_err(|e| Error::internal("renamed command").with_source(e))
    }
}

fn rename_in(value: &mut serde_json::Value, new: &impl Fn(Id) -> Option<Id>) {
    match value {
        serde_json::Value::String(text) => {
            if let Some(id) = text.parse::<Id>().ok().and_then(new) {
                *text = id.to_string();
            }
        }
        serde_json::Value::Array(all) => all.iter_mut().for_each(|v| rename_in(v, new)),
        serde_json::Value::Object(all) => all.values_mut().for_each(|v| rename_in(v, new)),
        _ => {}
    }
}
