//! The quarantine as a file: taken out for whoever helps, or for another phone of the same person, and taken in again to be
//! resubmitted there.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Phone, membership, state};
use crate::commands::Command;
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::rules::Refusal;
use crate::store::{from_json, to_json};

/// The version of the file.
const VERSION: u32 = 1;
/// Counters of commands are far below this; a larger one in a file would use up this device's own.
const MAX_COUNTER: u64 = 1 << 32;

#[derive(Serialize, Deserialize)]
struct File {
    gridwalk_quarantine: u32,
    records: Vec<Record>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    command: Command,
    value: Id,
    reason: String,
    #[serde(default)]
    reason_zh: String,
    #[serde(default)]
    reason_en: String,
}

/// What came of taking a file in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TakenIn {
    /// Records that are in quarantine now.
    pub added: u64,
    /// Records that this phone had already, refused or not.
    pub known: u64,
    /// Records about what was erased since: they stay outside.
    pub erased: u64,
}

impl Phone {
    /// Everything in quarantine, with its reasons, as JSON. What was emptied by an erasure has nothing to take out. The file
    /// holds personal data in plain text.
    pub fn export_quarantine(&self) -> Result<Value> {
        self.store.write(|tx| {
            tx.execute("UPDATE commands SET closed = 1 WHERE state = 'quarantined'", [])?;
            let mut statement = tx.prepare("SELECT body, value, coalesce(reason, '') FROM commands WHERE state = 'quarantined' ORDER BY n")?;
            let rows = statement.query_map([], |r| Ok((r.get::<_, String>(0)?, r.get(1)?, r.get::<_, String>(2)?)))?;
            let mut records = Vec::new();
            for row in rows {
                let (body, value, reason) = row?;
                if let Ok(command) = from_json(&body) {
                    let (zh, en) = Refusal::message(&reason);
                    records.push(Record { command, value, reason_zh: zh.to_owned(), reason_en: en.to_owned(), reason });
                }
            }
            serde_json::to_value(File { gridwalk_quarantine: VERSION, records }).map_err(|e| Error::internal("JSON").with_source(e))
        })
    }

    /// Takes a file of [`Phone::export_quarantine`] in: its records are in quarantine here until they are resubmitted or given up.
    ///
    /// # Errors
    /// If it is no such file, or a record is another person's or of a community that this phone is not enrolled in; then nothing
    /// was taken in.
    pub fn import_quarantine(&self, file: &Value) -> Result<TakenIn> {
        let file: File = File::deserialize(file)
            .ok()
            .filter(|f| f.gridwalk_quarantine == VERSION)
            .ok_or_else(|| Error::invalid("这不是未被接受记录的文件", "this is not a file of refused records"))?;
        let taken = self.store.write(|tx| {
            let mut taken = TakenIn { added: 0, known: 0, erased: 0 };
            for record in &file.records {
                let command = &record.command;
                if membership(tx, Some(&command.tenant))?.person != command.by {
                    return Err(Error::invalid("文件中有他人的记录，只能由本人重新提交", "a record in the file is another person's; only they resubmit it"));
                }
                if command.first > MAX_COUNTER || command.id.counter > MAX_COUNTER {
                    return Err(Error::malformed("record"));
                }
                let known = "SELECT 1 FROM commands WHERE n = ?2 AND id = ?1 UNION ALL SELECT 1 FROM commands WHERE form AND id = ?1";
                if tx.query_row(known, params![command.id, command.id.counter], |_| Ok(())).optional()?.is_some() {
                    taken.known += 1;
                } else if is_erased(tx, &serde_json::to_value(&command.input).unwrap_or_default())? {
                    taken.erased += 1;
                } else {
                    let state = state(tx)?;
                    tx.execute("UPDATE state SET next_counter = next_counter + 1", [])?;
                    let cursor = membership(tx, Some(&command.tenant))?.cursor;
                    let sql =
                        "INSERT INTO commands (n, id, form, body, value, cursor, state, reason, at) VALUES (?1, ?2, 1, ?3, ?4, ?5, 'quarantined', ?6, ?7)";
                    tx.execute(sql, params![state.next_counter, command.id, to_json(command)?, record.value, cursor, record.reason, command.stamp.at])?;
                    taken.added += 1;
                }
            }
            Ok(taken)
        })?;
        self.notify(if taken.added > 0 { &["commands"] } else { &[] });
        Ok(taken)
    }
}

/// Whether a command names a document that was begun anew without its history: what was erased does not come back.
fn is_erased(connection: &Connection, input: &Value) -> Result<bool> {
    let anew = |id: Id| -> Result<bool> {
        let generation = connection.query_row("SELECT generation FROM documents WHERE id = ?1", [id], |r| r.get::<_, u32>(0)).optional()?;
        Ok(generation.is_some_and(|g| g > 0))
    };
    match input {
        Value::String(text) => text.parse().map_or(Ok(false), anew),
        Value::Array(all) => all.iter().try_fold(false, |found, v| Ok(found || is_erased(connection, v)?)),
        Value::Object(all) => all.values().try_fold(false, |found, v| Ok(found || is_erased(connection, v)?)),
        _ => Ok(false),
    }
}
