//! A document in memory: loaded from its chunks, changed, and let go.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use automerge::{ActorId, Automerge, AutomergeError, Change, ChangeHash, LoadOptions, OnPartialLoad, VerificationMode};

use super::edits::{FieldEdit, edits};
use super::{Kind, Map, Writer, genesis};
use crate::clock::Stamp;
use crate::error::{Error, Result};
use crate::identity::cipher::sha256;
use crate::ids::Actor;
use crate::versions::{Dictionary, dictionary};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHUNK_DOCUMENT: u8 = 0;

/// A change made here: its hash and its bytes without the 8 bytes of magic and checksum that every receiver can compute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawChange {
    /// The SHA-256 that names the change.
    pub hash: [u8; 32],
    /// The bytes that are stored and sent.
    pub body: Vec<u8>,
}

/// The bytes of a change as they are stored and sent: without magic and checksum.
pub fn change_body(change: &Change) -> &[u8] {
    &change.raw_bytes()[8..]
}

/// The change of a body. Its hash, and so its checksum, is computed here, never believed.
pub fn change_from_body(body: &[u8]) -> Result<Change> {
    let mut chunk = Vec::with_capacity(body.len() + 8);
    chunk.extend_from_slice(&MAGIC);
    chunk.extend_from_slice(&sha256(body)[..4]);
    chunk.extend_from_slice(body);
    catch_unwind(AssertUnwindSafe(|| Change::from_bytes(chunk))).map_err(|_| Error::malformed("change"))?.map_err(|e| Error::malformed("change").with_source(e))
}

/// A hash in hexadecimal.
pub fn hash_text(hash: &[u8; 32]) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, b| {
        use std::fmt::Write;
        let _ = write!(text, "{b:02x}");
        text
    })
}

/// A document: its kind, its generation and its changes.
#[derive(Debug, Clone)]
pub struct Doc {
    kind: &'static Kind,
    /// Raised when a document is erased and begun again without history.
    pub generation: u32,
    am: Automerge,
    /// The state, read once: rules, audiences, projection and folds all ask for it.
    tree: OnceLock<Arc<Map>>,
}

impl Doc {
    /// A document with nothing in it but the newest schema's containers.
    pub fn new(kind: &'static Kind, generation: u32) -> Result<Self> {
        Self::with_schema(kind.versions.last().map_or(0, |v| v.number), generation)
    }

    /// A document with the containers of its schema versions up to genesis `number`.
    pub fn with_schema(number: u16, generation: u32) -> Result<Self> {
        Ok(Self { generation, ..Self::empty(number)?.clone() })
    }

    /// The document of generation 0 with nothing in it but the containers of its schema versions up to genesis `number`.
    pub fn empty(number: u16) -> Result<&'static Self> {
        // Every loading begins with one of few empty documents; copying one is a fifth of making it.
        static EMPTY: OnceLock<HashMap<u16, Doc>> = OnceLock::new();
        let make = |number: u16| -> Result<Self> {
            let (kind, _) = genesis(number).ok_or_else(|| Error::malformed("schema"))?;
            let mut doc = Self { kind, generation: 0, am: Automerge::new(), tree: OnceLock::new() };
            doc.reach(number)?;
            Ok(doc)
        };
        let numbers = || crate::kinds::KINDS.iter().flat_map(|k| k.versions.iter().map(|v| v.number));
        let all = || numbers().filter_map(|number| Some((number, make(number).ok()?))).collect();
        let empty = EMPTY.get_or_init(|| Dictionary::OURS.run(all));
        empty.get(&number).filter(|doc| dictionary().knows(doc.kind.name, "")).ok_or_else(|| Error::malformed("schema"))
    }

    /// Takes in the genesis of a schema version newer than this app, which a hub told. Its hash decides that it is what the
    /// changes depend on; here it only must look like one.
    pub fn take_told_genesis(&mut self, body: &[u8]) -> Result<()> {
        let change = change_from_body(body)?;
        if !change.deps().is_empty()
            || change.seq() != 1
            || change.start_op().get() != 1
            || !change.actor_id().to_bytes().starts_with(self.kind.name.as_bytes())
        {
            return Err(Error::malformed("genesis"));
        }
        self.apply_checked(change)
    }

    /// Adds the containers of the newest schema version known here, where they are missing.
    pub fn upgrade(&mut self) -> Result<()> {
        self.reach(self.kind.versions.last().map_or(0, |v| v.number))
    }

    /// Adds the containers of this kind's schema versions up to genesis `number`.
    pub fn reach(&mut self, number: u16) -> Result<()> {
        for version in self.kind.versions.iter().take_while(|v| v.number <= number) {
            let (_, change) = genesis(version.number).ok_or_else(|| Error::internal("genesis"))?;
            if !self.has(&change.hash()) {
                self.tree = OnceLock::new();
                self.am.apply_changes([change.clone()])?;
            }
        }
        Ok(())
    }

    /// The kind.
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// The highest schema version present, as the number of its genesis.
    pub fn schema(&self) -> u16 {
        let present = self.kind.versions.iter().rev().find(|v| genesis(v.number).is_some_and(|(_, c)| self.has(&c.hash())));
        present.map_or(0, |v| v.number)
    }

    /// Takes in a chunk that this device or its hub stored: a snapshot, or the body of a change. Partial data is an error,
    /// and what Automerge cannot digest never panics further than here.
    pub fn take_chunk(&mut self, chunk: &[u8]) -> Result<()> {
        if chunk.starts_with(&MAGIC) {
            if chunk.get(8) != Some(&CHUNK_DOCUMENT) {
                return Err(Error::malformed("snapshot"));
            }
            let options = || LoadOptions::new().on_partial_load(OnPartialLoad::Error).verification_mode(VerificationMode::Check);
            let loaded = catch_unwind(AssertUnwindSafe(|| Automerge::load_with_options(chunk, options())));
            let mut other = loaded.map_err(|_| Error::malformed("snapshot"))?.map_err(|e| Error::malformed("snapshot").with_source(e))?;
            // What has all of this is all of it: merging would take the snapshot apart and put it together change by change.
            if self.am.get_heads().iter().all(|head| other.get_change_meta_by_hash(head).is_some()) {
                (self.am, self.tree) = (other, OnceLock::new());
                return Ok(());
            }
            self.whole_or_not("snapshot", |am| am.merge(&mut other).map(drop))
        } else {
            self.take_change(change_from_body(chunk)?)
        }
    }

    /// Takes in one change after checking that it fits: see [`Doc::obstacle`]. A change already here is nothing new.
    pub fn take_change(&mut self, change: Change) -> Result<()> {
        if self.has(&change.hash()) {
            return Ok(());
        }
        if let Some(obstacle) = self.obstacle(&change) {
            return Err(Error::malformed("change").with_source(obstacle));
        }
        self.apply_checked(change)
    }

    /// Applies a change that [`Doc::obstacle`] found nothing against.
    pub fn apply_checked(&mut self, change: Change) -> Result<()> {
        self.whole_or_not("change", |am| am.apply_changes([change]))
    }

    /// This document with a change that [`Doc::obstacle`] found nothing against.
    pub fn with(&self, change: Change) -> Result<Self> {
        let mut next = Self { tree: OnceLock::new(), ..self.clone() };
        attempt("change", || next.am.apply_changes([change]))?;
        Ok(next)
    }

    /// Automerge that panics or gives up leaves a document that is half done and fails ever after; it is put back then.
    fn whole_or_not(&mut self, what: &'static str, f: impl FnOnce(&mut Automerge) -> std::result::Result<(), AutomergeError>) -> Result<()> {
        // Before its first change a document is made again as easily.
        let before = if self.is_empty() { None } else { Some(self.am.clone()) };
        let schema = self.schema();
        self.tree = OnceLock::new();
        let result = attempt(what, || f(&mut self.am));
        if result.is_err() {
            self.am = match before {
                Some(am) => am,
                None => Self::with_schema(schema, self.generation)?.am,
            };
        }
        result
    }

    fn is_empty(&self) -> bool {
        self.am.get_heads().iter().all(super::is_genesis)
    }

    /// Whether the change is part of this document.
    pub fn has(&self, hash: &ChangeHash) -> bool {
        self.am.get_change_meta_by_hash(hash).is_some()
    }

    /// Writes to the document as `actor`, in one change. `None` if nothing differs from what is there.
    pub fn write<T>(&mut self, actor: Actor, by: &str, stamp: &Stamp, f: impl FnOnce(&mut Writer<'_>) -> Result<T>) -> Result<(T, Option<RawChange>)> {
        self.write_beside(HashSet::new(), actor, by, stamp, f)
    }

    /// The same for a command that may have been carried out already, by this device or by a copy of its store: of its edits those that
    /// the document's history has are left out, whatever replaced them since.
    pub fn write_again<T>(&mut self, actor: Actor, by: &str, stamp: &Stamp, f: impl FnOnce(&mut Writer<'_>) -> Result<T>) -> Result<(T, Option<RawChange>)> {
        self.write_beside(edits(&self.am), actor, by, stamp, f)
    }

    fn write_beside<T>(
        &mut self,
        edits: HashSet<FieldEdit>,
        actor: Actor,
        by: &str,
        stamp: &Stamp,
        f: impl FnOnce(&mut Writer<'_>) -> Result<T>,
    ) -> Result<(T, Option<RawChange>)> {
        self.upgrade()?;
        self.tree = OnceLock::new();
        self.am.set_actor(ActorId::from(&actor.0[..]));
        let before = self.am.get_heads();
        let mut writer = Writer::new(&mut self.am, by, stamp, edits);
        let value = f(&mut writer)?;
        writer.commit();
        let change = self.am.get_changes(&before).pop();
        Ok((value, change.map(|c| RawChange { hash: c.hash().0, body: change_body(&c).to_vec() })))
    }

    /// The state as plain data, its times as far as they can be believed.
    pub fn tree(&self) -> &Arc<Map> {
        self.tree.get_or_init(|| Arc::new(Map::of(&self.am).with_found_times()))
    }

    /// The hashes that the state is made of; two replicas with equal heads hold the same state.
    pub fn heads(&self) -> Vec<ChangeHash> {
        self.am.get_heads()
    }

    /// The document as it was at `heads`, all of which it must have: what is written to it stands beside what came since.
    pub fn at(&self, heads: &[ChangeHash]) -> Result<Self> {
        let mut at = Self { kind: self.kind, generation: self.generation, am: Automerge::new(), tree: OnceLock::new() };
        attempt("heads", || {
            at.am = self.am.fork_at(heads)?;
            Ok(())
        })?;
        Ok(at)
    }

    /// The hashes of all its changes.
    pub fn hashes(&self) -> Vec<ChangeHash> {
        self.am.get_changes_meta(&[]).into_iter().map(|change| change.hash).collect()
    }

    /// Everything in one chunk, uncompressed: the transport's compressor sees across documents.
    pub fn snapshot(&self) -> Vec<u8> {
        self.am.save_nocompress()
    }

    /// A standard Automerge file, which any Automerge tool opens.
    pub fn export(&self) -> Vec<u8> {
        self.am.save()
    }

    /// The Automerge document behind.
    pub fn automerge(&self) -> &Automerge {
        &self.am
    }

    pub(super) fn automerge_mut(&mut self) -> &mut Automerge {
        // What is written makes the state read before untrue.
        self.tree = OnceLock::new();
        &mut self.am
    }
}

/// What Automerge answers, or an error where it panics.
fn attempt(what: &'static str, f: impl FnOnce() -> std::result::Result<(), AutomergeError>) -> Result<()> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(e)) => Err(Error::malformed(what).with_source(e)),
        Err(_) => Err(Error::malformed(what)),
    }
}
