//! One way in: a command is checked, makes its changes, and in one transaction they are appended, the rows replaced and the
//! command kept.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::younger::is_younger;
use super::{Membership, Phone, anchor, membership_for, state};
use crate::clock::Stamp;
use crate::commands::{Command, Edit, Made, Meant};
use crate::documents::{Doc, Documents, RawChange, audiences_of, change_from_body};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{Actor, Id};
use crate::kinds::Input;
use crate::photos::{TakePhoto, send_files};
use crate::rules::judge_recorded;
use crate::store::{Stored, StoredDoc, Touched, from_json, tenant_of, to_json};
use crate::versions::dictionary;

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
        self.keep(None, &input.into(), |_, _| Ok(()))
    }

    /// Runs a command under an id from [`Phone::new_command_id`]. The same id again answers as the first time did.
    pub fn run_as(&self, id: Id, input: impl Into<Input>) -> Result<Outcome> {
        self.keep(Some(id), &input.into(), |_, _| Ok(()))
    }

    /// Runs a command; `beside` keeps what belongs to it in the same transaction, and gets the command's value.
    pub(super) fn keep(&self, id: Option<Id>, input: &Input, beside: impl FnOnce(&Transaction<'_>, Id) -> Result<()>) -> Result<Outcome> {
        let reading = self.read_clock()?;
        let outcome = self.store.write(|tx| {
            if let Some(id) = id
                && let Some(value) = tx
                    .prepare_cached("SELECT value FROM commands WHERE n = ?2 AND id = ?1 UNION ALL SELECT value FROM commands WHERE form AND id = ?1")?
                    .query_row(params![id, id.counter], |r| r.get(0))
                    .optional()?
            {
                return Ok(Outcome { command: id, value, changed: Vec::new() });
            }
            if let Some(id) = id
                && tx.prepare_cached("SELECT 1 FROM taken_back WHERE id = ?1")?.exists([id])?
            {
                return Err(Error::invalid("这条记录已收回，请重新填写", "this record was taken back; fill the form in again"));
            }
            let state = state(tx)?;
            let member = membership_for(tx, input)?;
            let stamp = Stamp::new(reading.clone(), anchor(tx, &reading)?.as_ref(), state.hub_time);
            let form = id.is_some();
            let (id, first) = match id {
                Some(id) => (id, state.next_counter),
                None => (Id { actor: state.actor, counter: state.next_counter }, state.next_counter + 1),
            };
            let meant = input.action().meant(tx, member.person, stamp.at)?;
            let input = if let Meant::Instead(other) = &meant { other.as_ref() } else { input };
            let (tenant, by, hub_time) = (member.tenant.clone(), member.person, state.hub_time);
            let command = Command { id, first, tenant, by, stamp, dictionary: dictionary().number, hub_time, input: input.clone() };
            let mut touched = Touched::default();
            let value = if let Meant::Done(value) = meant {
                let n = keep_command(tx, &command, value, &member, "taken", Row::New { form })?;
                tx.execute("UPDATE state SET next_counter = max(next_counter, ?1)", [n + 1])?;
                value
            } else {
                perform(tx, &command, &member, state.actor, Row::New { form }, &mut touched)?.0
            };
            if form {
                record_draft_photos(tx, &command, command.first, value, &member, &mut touched)?;
            }
            touched.finish(tx)?;
            beside(tx, value)?;
            if form && tx.prepare_cached("DELETE FROM drafts WHERE command = ?1")?.execute([id])? > 0 {
                touched.tables.insert("drafts");
            }
            touched.tables.insert("commands");
            Ok(Outcome { command: id, value, changed: touched.tables.into_iter().collect() })
        })?;
        self.notify(&outcome.changed);
        Ok(outcome)
    }
}

/// Makes the photos of the draft that became `command` photos of what it recorded, in the command's own transaction. `n` is the
/// command's row, `value` what it answered with. Each bears the time when it was taken.
///
/// # Errors
/// `invalid` if photos are not added to such a record.
fn record_draft_photos(tx: &Transaction<'_>, command: &Command, n: u64, value: Id, member: &Membership, touched: &mut Touched) -> Result<()> {
    let sql = "SELECT id, stamp, hash, bytes, width, height, thumb_hash, thumb_bytes FROM draft_photos WHERE command = ?1 ORDER BY rowid";
    let row = |r: &rusqlite::Row<'_>| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?, r.get(6)?, r.get(7)?));
    type Photo = (Id, String, String, u32, u32, u32, String, u32);
    let photos = tx.prepare_cached(sql)?.query_map([command.id], row)?.collect::<rusqlite::Result<Vec<Photo>>>()?;
    if photos.is_empty() {
        return Ok(());
    }
    let record = record_of(tx, n, value)?;
    for (id, stamp, hash, bytes, width, height, thumb_hash, thumb_bytes) in photos {
        let mut stamp: Stamp = from_json(&stamp)?;
        if !stamp.anchored
            && let Some(found) = anchor(tx, &stamp.reading)?
        {
            stamp = Stamp::new(stamp.reading, Some(&found), None);
        }
        let state = state(tx)?;
        let photo = TakePhoto { record, hash, bytes, width, height, thumb_hash, thumb_bytes };
        let take = Command { id, first: state.next_counter, stamp, input: photo.clone().into(), ..command.clone() };
        let (doc, _) = perform(tx, &take, member, state.actor, Row::New { form: true }, touched).map_err(|e| match e.kind() {
            ErrorKind::NotFound => {
                Error::invalid("这类记录不能附照片，请先移除草稿里的照片", "such a record takes no photos; remove them from the draft first")
            }
            _ => e,
        })?;
        send_files(tx, doc, &photo)?;
    }
    Ok(())
}

/// The document that the command in row `n` is about: what it answered with, or, where that is an entry, what it changed.
fn record_of(connection: &Connection, n: u64, value: Id) -> Result<Id> {
    if tenant_of(connection, value)?.is_some() {
        return Ok(value);
    }
    let sql = format!("SELECT doc FROM changes WHERE {CHANGES_OF} ORDER BY n LIMIT 1");
    Ok(connection.prepare_cached(&sql)?.query_row([n], |r| r.get(0)).optional()?.unwrap_or(value))
}

/// Where a command is kept.
pub(crate) enum Row {
    /// In a new row; `form` says that its id was made before it.
    New { form: bool },
    /// In this row, because it is run again.
    Old(i64),
}

/// The changes of the command in row `?1`: they stand in rows of its number, and so need no index.
pub(crate) const CHANGES_OF: &str = "n BETWEEN ?1 << 8 AND ?1 << 8 | 255";

/// The rows of commands that wait to be sent, found by their changes: those few are indexed.
pub(crate) const UNSENT: &str = "SELECT n FROM commands WHERE state = 'unsent' AND n IN (SELECT command FROM changes WHERE taken = 0)";

/// Keeps a change of the command in row `command`, after those it has.
pub(crate) fn keep_change(tx: &Connection, command: i64, doc: Id, schema: u16, generation: u32, dictionary: u32, change: &RawChange) -> Result<()> {
    let sql = format!(
        "INSERT INTO changes (n, doc, schema, generation, dictionary, hash, body)
         SELECT coalesce(max(n) + 1, ?1 << 8), ?2, ?3, ?4, ?5, ?6, ?7 FROM changes WHERE {CHANGES_OF}"
    );
    tx.prepare_cached(&sql)?.execute(params![command, doc, schema, generation, dictionary, change.hash, change.body])?;
    Ok(())
}

/// Runs `command` within `tx`: its changes are judged, appended and projected, the command is kept in `row`. Returns its
/// value and the counter after its last id.
pub(crate) fn perform(tx: &Transaction<'_>, command: &Command, member: &Membership, actor: Actor, row: Row, touched: &mut Touched) -> Result<(Id, u64)> {
    let mut stored = Stored::new(tx);
    let run = if matches!(row, Row::Old(_)) { Edit::run_again } else { Edit::run };
    let done = run(&mut stored, command, actor)?;
    keep_made(tx, command, member, actor, row, &mut stored, done, touched)
}

/// The same of a command about a document by someone who saw it in an older state: what it writes stands beside what came since.
pub(super) fn perform_beside(
    tx: &Transaction<'_>,
    command: &Command,
    member: &Membership,
    actor: Actor,
    seen: (Id, &Arc<Doc>),
    touched: &mut Touched,
) -> Result<(Id, u64)> {
    let mut stored = Stored::new(tx);
    let (value, mut made, next) = Edit::run(&mut Seen { stored: &mut stored, seen }, command, actor)?;
    for change in made.iter_mut().filter(|change| change.id == seen.0) {
        if let Some(here) = stored.load(change.id)? {
            change.doc = here.with(change_from_body(&change.change.body)?)?;
            change.before = Some(here);
        }
    }
    keep_made(tx, command, member, actor, Row::New { form: false }, &mut stored, (value, made, next), touched)
}

/// The documents of the store, one of them as someone saw it.
struct Seen<'s, 'c> {
    stored: &'s mut Stored<'c>,
    seen: (Id, &'s Arc<Doc>),
}

impl Documents for Seen<'_, '_> {
    fn load(&mut self, id: Id) -> Result<Option<Arc<Doc>>> {
        if id == self.seen.0 { Ok(Some(self.seen.1.clone())) } else { self.stored.load(id) }
    }
}

/// Judges, appends and projects what a command made, and keeps the command in `row`.
#[expect(clippy::too_many_arguments, reason = "what a command made, and where it is kept: all of it is needed once")]
fn keep_made(
    tx: &Transaction<'_>,
    command: &Command,
    member: &Membership,
    actor: Actor,
    row: Row,
    stored: &mut Stored<'_>,
    (value, made, next): (Id, Vec<Made>, u64),
    touched: &mut Touched,
) -> Result<(Id, u64)> {
    let author = member.author(actor.device(), command.id.actor);
    for change in &made {
        check(stored, change, &author, command.dictionary)?;
    }
    // What was recorded before the hub told how old it is runs again as it was, and waits there with the times found for it.
    if let (Row::New { .. }, Some(hub)) = (&row, member.older_hub())
        && !matches!(command.input, Input::AnchorTimes(_))
        && made.iter().any(|made| is_younger(&hub, made.doc.kind(), made.before.as_deref().map(|doc| &**doc.tree()), made.doc.tree()))
    {
        return Err(Error::new(ErrorKind::HubOutdated, "须先更新服务器，它还不认识这一项", "the hub must be updated first; it does not know this yet"));
    }
    let n = keep_command(tx, command, value, member, if made.is_empty() { "taken" } else { "unsent" }, row)?;
    if made.len() > 256 {
        return Err(Error::internal("a command of more than 256 changes"));
    }
    for change in &made {
        append(tx, n, command, change, touched)?;
    }
    tx.prepare_cached("UPDATE state SET next_counter = max(next_counter, ?1)")?.execute([next.max(n.cast_unsigned() + 1)])?;
    Ok((value, next))
}

/// Keeps a command in its row, in state `kept`. Returns the row's number.
fn keep_command(tx: &Connection, command: &Command, value: Id, member: &Membership, kept: &str, row: Row) -> Result<i64> {
    let n = match row {
        Row::Old(n) => {
            tx.prepare_cached("UPDATE commands SET id = ?2, body = ?3, value = ?4, state = ?5, reason = NULL WHERE n = ?1")?.execute(params![
                n,
                command.id,
                to_json(command)?,
                value,
                kept
            ])?;
            n
        }
        Row::New { form } => {
            let n = if form { command.first } else { command.id.counter }.cast_signed();
            tx.prepare_cached("INSERT INTO commands (n, id, form, body, value, cursor, state, at, closed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)")?
                .execute(params![n, command.id, form, to_json(command)?, value, member.cursor, kept, command.stamp.at])?;
            n
        }
    };
    Ok(n)
}

fn check(stored: &mut Stored<'_>, made: &Made, author: &crate::rules::Author, recorded: u32) -> Result<()> {
    let change = change_from_body(&made.change.body)?;
    let decided_on = made.before.as_deref().unwrap_or(&made.doc);
    let audiences = audiences_of(stored, made.id, decided_on.kind(), decided_on.tree())?;
    Ok(judge_recorded(made.id, made.before.as_deref(), &made.doc, &change, &audiences, author, recorded)?)
}

fn append(tx: &Connection, n: i64, command: &Command, made: &Made, touched: &mut Touched) -> Result<()> {
    let fresh = made.before.is_none();
    let schema = made.doc.schema();
    let row = match StoredDoc::find(tx, made.id)? {
        Some(stored) => {
            if stored.schema < schema {
                tx.execute("UPDATE documents SET schema = ?2 WHERE n = ?1", params![stored.n, schema])?;
            }
            stored.n
        }
        None => {
            let mut stored = StoredDoc::new(&command.tenant, schema, made.doc.generation);
            stored.insert(tx, made.id)?;
            stored.n
        }
    };
    keep_change(tx, n, made.id, schema, made.doc.generation, dictionary().number, &made.change)?;
    if !command.stamp.anchored && made.doc.tree().bears_boot(&command.stamp.reading.boot, Some(&command.by.to_string())) {
        tx.execute("INSERT OR REPLACE INTO unanchored VALUES (?1, ?2, ?3)", params![made.id, command.stamp.reading.boot, n])?;
    }
    touched.project(tx, made.id, row, &made.doc, fresh)
}

/// The documents of which a command has changes that the hub has not taken.
pub(crate) fn unsent_docs_of(tx: &Connection, command: i64) -> Result<Vec<Id>> {
    Ok(tx
        .prepare_cached(&format!("SELECT doc FROM changes WHERE {CHANGES_OF} AND taken = 0"))?
        .query_map([command], |r| r.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}
