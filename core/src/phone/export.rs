//! Taking data out: JSON for people and programs, standard Automerge files for other tools.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use serde_json::{Value, json};

use super::Phone;
use crate::documents::{CONFIRMED, Fact};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::store::{StoredDoc, load};

/// A fact of a record with who last wrote or confirmed it, and when.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FactView {
    /// Where it stands: keys joined by `/`, as in the document.
    pub path: String,
    /// The value.
    pub value: Value,
    /// Whether it is the one that screens show; the others were set at the same time.
    pub shown: bool,
    /// Who that was (a person's id), empty if the record does not say.
    pub by: String,
    /// Their name, empty if not known here.
    pub by_name: String,
    /// When, as the record says, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether they confirmed what was written before, or wrote it.
    pub confirmed: bool,
    /// What people call the field.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl Phone {
    /// Every fact of a record with who last wrote or confirmed it and when, by path; the value that screens show comes first of each.
    pub fn facts(&self, id: Id) -> Result<Vec<FactView>> {
        self.store.read(|c| {
            let mut names = c.prepare_cached("SELECT coalesce(name, '') FROM persons WHERE doc = ?1")?;
            let doc = load(c, id)?.ok_or_else(missing)?;
            let view = |(fact, confirmed): (Fact, bool)| {
                let (zh, en) = crate::records::words_at(c, id, doc.kind(), &fact.path)?;
                let by_name = names.query_row([&fact.by], |r| r.get(0)).optional()?.unwrap_or_default();
                Ok(FactView { path: fact.path, value: fact.value.to_json(), shown: fact.shown, by: fact.by, by_name, at: fact.at, confirmed, zh, en })
            };
            confirmed(doc.facts()).into_iter().map(view).collect()
        })
    }

    /// A document as JSON: kind, generation, state, conflicts.
    pub fn export_json(&self, id: Id) -> Result<Value> {
        self.store.read(|c| json_of(c, id))
    }

    /// Hands every document as JSON to `each`, one at a time, with how many there are.
    pub fn export_all(&self, mut each: impl FnMut(Value, usize) -> Result<()>) -> Result<()> {
        self.store.read(|c| {
            let ids: Vec<Id> = c.prepare("SELECT id FROM documents ORDER BY n")?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
            ids.iter().try_for_each(|id| each(json_of(c, *id)?, ids.len()))
        })
    }

    /// A document as a standard Automerge file.
    pub fn export_automerge(&self, id: Id) -> Result<Vec<u8>> {
        self.store.read(|c| Ok(load(c, id)?.ok_or_else(missing)?.export()))
    }

    /// The heads of every document, by id: two devices with the same audiences hold the same state when these are equal.
    pub fn heads(&self) -> Result<Vec<(Id, Vec<String>)>> {
        self.store.read(|c| {
            let ids: Vec<Id> = c.prepare("SELECT id FROM documents ORDER BY id")?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
            ids.into_iter().map(|id| Ok((id, load(c, id)?.map(|d| d.heads().iter().map(ToString::to_string).collect()).unwrap_or_default()))).collect()
        })
    }

    /// Makes the whole read model again from the documents.
    pub fn rebuild(&self) -> Result<()> {
        self.store.write(|tx| crate::store::rebuild(tx))
    }
}

/// Each fact under whoever confirmed its value last, if somebody did after it was written, and whether that is so.
fn confirmed(facts: Vec<Fact>) -> Vec<(Fact, bool)> {
    let marked = |path: &str| {
        let (before, key) = path.rsplit_once('/').map_or(("", path), |(before, key)| (&path[..=before.len()], key));
        Some(format!("{before}{}", key.strip_prefix(CONFIRMED)?))
    };
    let mut marks: HashMap<String, Vec<Fact>> = HashMap::new();
    let mut written = Vec::new();
    for fact in facts {
        match marked(&fact.path) {
            Some(path) => marks.entry(path).or_default().push(fact),
            None => written.push(fact),
        }
    }
    let under = |fact: Fact| {
        let holds = |mark: &&Fact| mark.value == fact.value && mark.at > fact.at;
        match marks.get(&fact.path).and_then(|marks| marks.iter().filter(holds).max_by_key(|mark| mark.at)) {
            Some(mark) => (Fact { by: mark.by.clone(), at: mark.at, ..fact }, true),
            None => (fact, false),
        }
    };
    written.into_iter().map(under).collect()
}

fn json_of(connection: &Connection, id: Id) -> Result<Value> {
    let stored = StoredDoc::find(connection, id)?.ok_or_else(missing)?;
    let Some(doc) = load(connection, id)? else {
        return Ok(json!({"id": id, "schema": stored.schema, "kind": null}));
    };
    let tree = doc.tree();
    let conflicts: Vec<Value> = tree
        .conflicts()
        .into_iter()
        .map(|c| json!({"path": c.path, "values": c.values.iter().map(|v| json!({"value": v.value.to_json(), "by": v.by, "at": v.at})).collect::<Vec<_>>()}))
        .collect();
    Ok(json!({"id": id, "kind": doc.kind().name, "schema": doc.schema(), "generation": doc.generation, "state": tree.to_json(), "conflicts": conflicts}))
}

fn missing() -> Error {
    Error::not_found("没有找到这份资料，可能尚未同步", "no such document on this device; it may not have been synced yet")
}
