//! One way in: a command is checked, makes its changes, and in one transaction they are appended, the rows replaced and the
//! command kept.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{Membership, Phone, anchor, membership, state};
use crate::clock::Stamp;
use crate::commands::{Command, Edit, Made};
use crate::documents::{audiences_of, change_from_body};
use crate::error::Result;
use crate::identity::DeviceKey;
use crate::ids::{Actor, Id};
use crate::kinds::Input;
use crate::rules::judge;
use crate::store::{Stored, StoredDoc, Touched, to_json};

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The command's id.
    pub command: Id,
    /// What it is about or made: the visit, the report, the resident.
    pub value: Id,
    /// Read-model tables whose rows changed; none if the same command was recorded before.
    pub changed: Vec<&'static str>,
}

impl Phone {
    /// A new command id, to be made when a form is opened: whatever happens to the form, it is recorded once.
    pub fn new_command_id(&self) -> Result<Id> {
        self.store.write(|tx| {
            let state = state(tx)?;
            tx.prepare_cached("UPDATE state SET next_counter = next_counter + 1")?.execute([])?;
            Ok(Id { actor: state.actor, counter: state.next_counter })
        })
    }

    /// Runs a command now, as a record of its own.
    ///
    /// # Errors
    /// What is wrong with the input, in words for a person; then nothing was recorded.
    pub fn run(&self, input: impl Into<Input>) -> Result<Outcome> {
        self.record(None, &input.into())
    }

    /// Runs a command under an id from [`Phone::new_command_id`]. The same id again answers as the first time did.
    pub fn run_as(&self, id: Id, input: impl Into<Input>) -> Result<Outcome> {
        self.record(Some(id), &input.into())
    }

    fn record(&self, id: Option<Id>, input: &Input) -> Result<Outcome> {
        let reading = self.clock.read();
        let outcome = self.store.write(|tx| {
            if let Some(id) = id
                && let Some(value) = tx.prepare_cached("SELECT value FROM commands WHERE id = ?1")?.query_row([id], |r| r.get(0)).optional()?
            {
                return Ok(Outcome { command: id, value, changed: Vec::new() });
            }
            let state = state(tx)?;
            let member = membership(tx, None)?;
            let stamp = Stamp::new(reading.clone(), anchor(tx, &reading)?.as_ref());
            let (id, first) = match id {
                Some(id) => (id, state.next_counter),
                None => (Id { actor: state.actor, counter: state.next_counter }, state.next_counter + 1),
            };
            let command = Command { id, first, tenant: member.tenant.clone(), by: member.person, stamp, hub_time: state.hub_time, input: input.clone() };
            let mut touched = Touched::default();
            let (value, _) = perform(tx, &command, &member, &state.key, state.actor, None, &mut touched)?;
            touched.finish(tx)?;
            touched.tables.insert("commands");
            Ok(Outcome { command: id, value, changed: touched.tables.into_iter().collect() })
        })?;
        self.notify(&outcome.changed);
        Ok(outcome)
    }
}

/// Runs `command` within `tx`: its changes are judged, appended and projected, the command is kept. `n` is its row when it is
/// run again. Answers with its value and the counter after its last id.
pub(crate) fn perform(
    tx: &Transaction<'_>,
    command: &Command,
    member: &Membership,
    key: &DeviceKey,
    actor: Actor,
    n: Option<i64>,
    touched: &mut Touched,
) -> Result<(Id, u64)> {
    let (value, made, next) = Edit::run(&mut Stored(tx), command, actor)?;
    let author = member.author(key, command.id.actor);
    for change in &made {
        check(tx, change, &author)?;
    }
    let kept = if made.is_empty() { "taken" } else { "unsent" };
    let n = match n {
        Some(n) => {
            tx.prepare_cached("UPDATE commands SET id = ?2, body = ?3, value = ?4, state = ?5, reason = NULL WHERE n = ?1")?.execute(params![
                n,
                command.id,
                to_json(command)?,
                value,
                kept
            ])?;
            n
        }
        None => {
            tx.prepare_cached("INSERT INTO commands (id, body, value, state, at) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
                command.id,
                to_json(command)?,
                value,
                kept,
                command.stamp.at
            ])?;
            tx.last_insert_rowid()
        }
    };
    for change in &made {
        append(tx, n, command, change, touched)?;
    }
    tx.prepare_cached("UPDATE state SET next_counter = max(next_counter, ?1)")?.execute([next])?;
    Ok((value, next))
}

fn check(tx: &Connection, made: &Made, author: &crate::rules::Author) -> Result<()> {
    let change = change_from_body(&made.change.body)?;
    let decided_on = made.before.as_ref().unwrap_or(&made.doc);
    let audiences = audiences_of(&mut Stored(tx), made.id, decided_on.kind(), decided_on.tree())?;
    Ok(judge(made.id, made.before.as_ref(), &made.doc, &change, &audiences, author)?)
}

fn append(tx: &Connection, n: i64, command: &Command, made: &Made, touched: &mut Touched) -> Result<()> {
    let fresh = made.before.is_none();
    let row = match StoredDoc::find(tx, made.id)? {
        Some(stored) => {
            if stored.schema < made.doc.schema() {
                tx.execute("UPDATE documents SET schema = ?2 WHERE n = ?1", params![stored.n, made.doc.schema()])?;
            }
            stored.n
        }
        None => {
            tx.prepare_cached(
                "INSERT INTO documents (id, tenant, schema, generation, epoch, base, audiences, withdrawn) VALUES (?1, ?2, ?3, ?4, 0, x'', '[]', 0)",
            )?
            .execute(params![made.id, command.tenant, made.doc.schema(), made.doc.generation])?;
            tx.last_insert_rowid()
        }
    };
    tx.prepare_cached("INSERT INTO changes (command, doc, schema, generation, hash, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
        n,
        made.id,
        made.doc.schema(),
        made.doc.generation,
        made.change.hash,
        made.change.body
    ])?;
    if !command.stamp.anchored && ["visit", "attendance"].contains(&made.doc.kind().name) {
        tx.execute("INSERT OR REPLACE INTO unanchored VALUES (?1, ?2)", params![made.id, command.stamp.reading.boot])?;
    }
    touched.project(tx, made.id, row, &made.doc, fresh)
}
