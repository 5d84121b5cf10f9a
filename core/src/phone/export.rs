//! Taking data out: JSON for people and programs, standard Automerge files for other tools.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::Phone;
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::store::{StoredDoc, load};

impl Phone {
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
