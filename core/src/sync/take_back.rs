//! Taking back (收回) what never left this phone, and keeping fresh records back from a sync in the background, so that there is
//! time to. What went into a bundle, an envelope or a file may be under way somewhere: it is corrected instead.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::Serialize;
use serde_json::Value;

use super::rerun::{RerunReason, take_back_and_run};
use crate::clock::Reading;
use crate::commands::Command;
use crate::documents::change_from_body;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{Id, ids_in};
use crate::phone::{CHANGES_OF, Phone, UNSENT, UnsentView, membership, unsent_docs_of, unsent_view, why_not_taken_back};
use crate::rules::{OTHER_PERSON, Refusal};
use crate::store::{Touched, from_json, load};

/// How long a record is kept back from a sync in the background, in seconds.
pub const FRESH_SECONDS: i64 = 60;

/// Who asked for a sync.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Asked {
    /// A person: everything goes.
    #[default]
    Person,
    /// The phone by itself: what is younger than [`FRESH_SECONDS`], and what builds on it, stays, to be taken back.
    Background,
}

/// What was taken back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TakenBack {
    /// The command's id. Nothing is recorded under it any more.
    pub command: Id,
    /// What was entered, as JSON, for the form to be opened again.
    pub input: Value,
    /// The commands that rested on it and went with it.
    pub along: Vec<Id>,
}

impl Phone {
    /// What would go with an unsent command if it were taken back: records that do not apply without it, oldest first. Nothing is
    /// changed.
    ///
    /// # Errors
    /// As [`Phone::take_back`].
    pub fn rests_on(&self, command: Id) -> Result<Vec<UnsentView>> {
        self.store.write(|tx| {
            let (n, _) = takeable(tx, command)?;
            tx.execute_batch("SAVEPOINT tried")?;
            let gone = undo(self, tx, n, &mut Touched::default());
            tx.execute_batch("ROLLBACK TO tried; RELEASE tried")?;
            gone?.into_iter().map(|n| unsent_view(tx, n)).collect()
        })
    }

    /// Takes an unsent command back: the phone is as if it had never been run, and what was recorded since runs again. `along` names
    /// what rests on it ([`Phone::rests_on`]) and goes with it; ask the person first.
    ///
    /// # Errors
    /// `not_found` if no such command waits to be sent; `invalid` if it may have left this phone, or if something rests on it that
    /// `along` does not name; `not_allowed` for another person's. Then nothing was changed.
    pub fn take_back(&self, command: Id, along: &[Id]) -> Result<TakenBack> {
        let mut touched = Touched::default();
        let taken = self.store.write(|tx| {
            let (n, kept) = takeable(tx, command)?;
            let mut went = Vec::new();
            for row in undo(self, tx, n, &mut touched)? {
                went.push(tx.query_row("SELECT id FROM commands WHERE n = ?1", [row], |r| r.get::<_, Id>(0))?);
                remove(tx, row)?;
            }
            if went.iter().any(|id| !along.contains(id)) {
                return Err(Error::invalid(
                    format!("有{}条后来的记录以它为准，会一并收回，请先确认", went.len()),
                    format!("{} later records rest on it and would go with it; confirm them first", went.len()),
                ));
            }
            touched.finish(tx)?;
            let input = serde_json::to_value(&kept.input).map_err(|e| Error::internal("JSON").with_source(e))?;
            Ok(TakenBack { command, input: input.get("input").cloned().unwrap_or_default(), along: went })
        })?;
        touched.tables.insert("commands");
        self.notify(&touched.tables.into_iter().collect::<Vec<_>>());
        Ok(taken)
    }
}

/// The row of an unsent command of the person signed in that never left this phone, and the command.
fn takeable(tx: &Connection, command: Id) -> Result<(i64, Command)> {
    let sql = format!("SELECT n, body FROM commands WHERE id = ?1 AND n IN ({UNSENT})");
    let found = tx.query_row(&sql, [command], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?))).optional()?;
    let (n, body) = found.ok_or_else(|| Error::not_found("没有这条未发送的记录，可能已经送达", "no such unsent record; it may have arrived"))?;
    let kept: Command = from_json(&body)?;
    if membership(tx, Some(&kept.tenant))?.person != kept.by {
        let (zh, en) = Refusal::message(OTHER_PERSON);
        return Err(Error::new(ErrorKind::NotAllowed, zh, en));
    }
    why_not_taken_back(tx, n, &kept)?.map_or(Ok((n, kept)), Err)
}

/// Takes the command in row `n` back and runs again what builds on it. Returns the rows of those that do not apply any more and never
/// left this phone either; what did is in quarantine.
fn undo(phone: &Phone, tx: &Transaction<'_>, n: i64, touched: &mut Touched) -> Result<Vec<i64>> {
    let mut again = built_on(tx, BTreeSet::from([n]))?;
    let mut docs = BTreeSet::new();
    for row in &again {
        docs.extend(unsent_docs_of(tx, *row)?);
    }
    again.remove(&n);
    remove(tx, n)?;
    let again: Vec<i64> = again.into_iter().collect();
    let why = |_| RerunReason { refused: None, waits: false, older: None, new_ids: false };
    take_back_and_run(phone, tx, &again, &docs, why, touched)?;
    let waiting =
        tx.prepare("SELECT doc, boot FROM unanchored")?.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<Vec<(Id, String)>>>()?;
    for (doc, boot) in waiting.into_iter().filter(|(doc, _)| docs.contains(doc)) {
        // No time of that boot is left in it to be verified.
        if load(tx, doc)?.is_none_or(|doc| !doc.tree().bears_boot(&boot, None)) {
            tx.execute("DELETE FROM unanchored WHERE doc = ?1 AND boot = ?2", params![doc, boot])?;
        }
    }
    let mut gone = Vec::new();
    for row in again {
        let sql = "SELECT state = 'quarantined' AND NOT closed FROM commands WHERE n = ?1";
        if tx.prepare_cached(sql)?.query_row([row], |r| r.get(0))? {
            gone.push(row);
        }
    }
    Ok(gone)
}

/// Removes a command with its changes; its id stays used.
fn remove(tx: &Connection, n: i64) -> Result<()> {
    tx.execute("INSERT INTO taken_back SELECT id FROM commands WHERE n = ?1", [n])?;
    tx.execute(&format!("DELETE FROM changes WHERE {CHANGES_OF}"), [n])?;
    Ok(tx.execute("DELETE FROM commands WHERE n = ?1", [n]).map(drop)?)
}

/// What an unsent command gives and needs.
#[derive(Default)]
struct Links {
    n: i64,
    /// Its changes.
    hashes: Vec<[u8; 32]>,
    /// The changes that they were written on.
    needs: Vec<[u8; 32]>,
    /// Documents that it made.
    made: Vec<Id>,
    /// Documents that it names.
    names: Vec<Id>,
}

/// These unsent commands with all others that build on them, directly or not: that wrote on a change of theirs, or name a document
/// that they made.
fn built_on(tx: &Connection, mut found: BTreeSet<i64>) -> Result<BTreeSet<i64>> {
    if found.is_empty() {
        return Ok(found);
    }
    let rows = tx
        .prepare_cached(&format!("SELECT n, body FROM commands WHERE n IN ({UNSENT}) ORDER BY n"))?
        .query_map([], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut all = Vec::with_capacity(rows.len());
    for (n, body) in rows {
        let command: Command = from_json(&body)?;
        let mut links = Links { n, ..Links::default() };
        ids_in(&from_json::<Value>(&body)?["input"], &mut links.names);
        let mut statement = tx.prepare_cached(&format!("SELECT doc, hash, body FROM changes WHERE {CHANGES_OF} AND taken = 0"))?;
        let changes = statement.query_map([n], |r| Ok((r.get::<_, Id>(0)?, r.get::<_, [u8; 32]>(1)?, r.get::<_, Vec<u8>>(2)?)))?;
        for change in changes {
            let (doc, hash, body) = change?;
            links.hashes.push(hash);
            links.needs.extend(change_from_body(&body)?.deps().iter().map(|hash| hash.0));
            if doc.actor == command.id.actor && doc.counter >= command.first {
                links.made.push(doc);
            }
        }
        all.push(links);
    }
    loop {
        let (hashes, made): (BTreeSet<_>, BTreeSet<_>) = {
            let of = || all.iter().filter(|c| found.contains(&c.n));
            (of().flat_map(|c| c.hashes.iter().copied()).collect(), of().flat_map(|c| c.made.iter().copied()).collect())
        };
        let builds = |c: &&Links| c.needs.iter().any(|hash| hashes.contains(hash)) || c.names.iter().any(|id| made.contains(id));
        let before = found.len();
        found.extend(all.iter().filter(builds).map(|c| c.n));
        if found.len() == before {
            return Ok(found);
        }
    }
}

/// The rows of commands that this sync closes no bundle around: those that are too young by the clock since boot, and what builds
/// on them. What is of another boot counts as older.
pub(super) fn kept_back(tx: &Connection, asked: Asked, now: &Reading) -> Result<BTreeSet<i64>> {
    if asked == Asked::Person {
        return Ok(BTreeSet::new());
    }
    let sql = format!(
        "SELECT n FROM commands WHERE NOT closed AND n IN ({UNSENT}) AND json_extract(body, '$.stamp.reading.boot') = ?1
         AND json_extract(body, '$.stamp.reading.since_boot') > ?2"
    );
    let young =
        tx.prepare_cached(&sql)?.query_map(params![now.boot, now.since_boot.saturating_sub(FRESH_SECONDS)], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    built_on(tx, young)
}
