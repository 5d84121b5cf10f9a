//! What this phone keeps of older generations, when a document was begun again or erased: commands the hub has, sealed
//! bundles and refused commands lose it; what is unsent runs again on the new generation, or is emptied.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::intake::{Begun, Failed, Intake, Superseded};
use super::protocol::{Bundle, Sealed, decode};
use crate::commands::Command;
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::phone::{CHANGES_OF, Emptied, GENERATION};
use crate::photos::document::PHOTOS;
use crate::photos::erase_files;
use crate::store::{StoredDoc, drop_drafts_about, from_json, to_json};

impl Intake<'_> {
    /// Whether a document that is erased for this phone leaves anything here; it goes then, with its rows.
    pub(super) fn erase(&mut self, id: Id) -> Result<bool> {
        self.tx.execute("DELETE FROM unanchored WHERE doc = ?1", [id])?;
        self.tx.execute("DELETE FROM unreadable WHERE doc = ?1", [id])?;
        let here = StoredDoc::find(self.tx, id)?.is_some();
        self.touched.forget(self.tx, id)?;
        erase_files(self.tx, &id.to_string())?;
        Ok(here)
    }

    /// Ends older generations, of documents that the news began again or erased. Unsent commands of them are added to `failed`;
    /// what the hub answered so without telling this phone of a newer generation was about something that is erased.
    pub(super) fn end_older(&mut self, failed: &mut Vec<Failed>) -> Result<()> {
        let begun = std::mem::take(&mut self.begun);
        if begun.is_empty() && failed.iter().all(|f| f.older.is_none()) {
            return Ok(());
        }
        for command in failed.iter_mut().filter(|f| f.older.is_some()) {
            let mut newer = false;
            for (doc, generation) in self.writes(command.command)? {
                newer |= StoredDoc::find(self.tx, doc)?.is_some_and(|stored| stored.generation > generation);
            }
            command.older = Some(if newer { Superseded::BegunAgain } else { Superseded::Erased });
        }
        // Files of photos that only an emptied command named go as well.
        self.touched.tables.insert(PHOTOS.name);
        // Overwritten after this transaction, however often that must be tried.
        self.tx.execute("UPDATE state SET scrub = 1", [])?;
        self.open_bundles(&begun)?;
        for id in begun.keys() {
            drop_drafts_about(self.tx, *id)?;
        }
        self.touched.tables.insert("drafts");
        let rows = self
            .tx
            .prepare("SELECT n, state, body, value FROM commands ORDER BY n")?
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?
            .collect::<rusqlite::Result<Vec<(i64, String, String, String)>>>()?;
        for (n, state, body, value) in rows {
            let writes = self.writes(n)?.into_iter().filter_map(|(doc, generation)| Some((*begun.get(&doc)?, generation)));
            let ended: Vec<Option<u32>> = writes.filter(|(now, generation)| now.is_none_or(|now| now > *generation)).map(|(now, _)| now).collect();
            match state.as_str() {
                "quarantined" if begun.contains_key(&value.parse()?) || names(&body, &begun)? => redact_command(self.tx, n, &body, None)?,
                "taken" if !ended.is_empty() => {
                    self.tx.execute(&format!("DELETE FROM changes WHERE {CHANGES_OF}"), [n])?;
                    self.tx.execute("DELETE FROM commands WHERE n = ?1", [n])?;
                }
                "unsent" if !ended.is_empty() => {
                    // Changes of it that the hub has are of this generation too, and nothing waits for them.
                    self.tx.execute(&format!("DELETE FROM changes WHERE {CHANGES_OF} AND taken = 1"), [n])?;
                    let older = if ended.contains(&None) { Superseded::Erased } else { Superseded::BegunAgain };
                    match failed.iter_mut().find(|f| f.command == n) {
                        Some(known) => known.older = Some(older),
                        None => failed.push(Failed { command: n, refused: None, new_ids: false, missing: false, older: Some(older) }),
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The documents that the command in row `n` changed, with their generations.
    fn writes(&self, n: i64) -> Result<Vec<(Id, u32)>> {
        let mut statement = self.tx.prepare_cached(&format!("SELECT doc, generation FROM changes WHERE {CHANGES_OF}"))?;
        Ok(statement.query_map([n], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
    }

    /// Sealed bundles hold the bytes of changes. Answered ones are needed by nobody; of the others those go that hold such a
    /// document, and what is unsent of them is closed anew.
    fn open_bundles(&self, begun: &Begun) -> Result<()> {
        let mut gone: BTreeSet<i64> = BTreeSet::new();
        let rows = self
            .tx
            .prepare("SELECT n, taken, sealed FROM bundles")?
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
            .collect::<rusqlite::Result<Vec<(i64, bool, Vec<u8>)>>>()?;
        for (n, taken, sealed) in rows {
            let holds = || -> Result<bool> {
                let sealed: Sealed = decode(&sealed, "stored bundle")?;
                let body: Bundle = decode(&sealed.body, "stored bundle")?;
                let mut docs = body.groups.iter().flat_map(|g| &g.changes).map(|c| body.id(c.doc));
                docs.try_fold(false, |any, doc| Ok(any || begun.contains_key(&doc?)))
            };
            if taken || holds()? {
                gone.insert(n);
            }
        }
        for n in gone {
            self.tx.execute("UPDATE changes SET bundle = NULL WHERE bundle = ?1", [n])?;
            self.tx.execute("DELETE FROM bundles WHERE n = ?1", [n])?;
        }
        Ok(())
    }
}

/// Whether a command names one of these documents.
fn names(body: &str, begun: &Begun) -> Result<bool> {
    fn any(value: &serde_json::Value, begun: &Begun) -> bool {
        match value {
            serde_json::Value::String(text) => text.parse::<Id>().is_ok_and(|id| begun.contains_key(&id)),
            serde_json::Value::Array(all) => all.iter().any(|v| any(v, begun)),
            serde_json::Value::Object(all) => all.values().any(|v| any(v, begun)),
            _ => false,
        }
    }
    Ok(any(&from_json(body)?, begun))
}

/// Leaves of the command in row `n`, whose body this is, only what it was, when and why: into quarantine `at` this time, or
/// since when it has been there.
pub(super) fn redact_command(tx: &Connection, n: i64, body: &str, at: Option<i64>) -> Result<()> {
    let Ok(command) = from_json::<Command>(body) else {
        // Emptied before.
        return from_json::<Emptied>(body).map(drop);
    };
    let emptied = to_json(&Emptied { tenant: command.tenant, command: command.input.name().to_owned(), at: command.stamp.at })?;
    let changed = tx.execute(
        "UPDATE commands SET state = 'quarantined', body = ?2, reason = ?3, at = coalesce(?4, at) WHERE n = ?1",
        params![n, emptied, GENERATION, at],
    )?;
    if changed == 1 { Ok(()) } else { Err(Error::internal("a command to empty")) }
}
