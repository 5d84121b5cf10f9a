//! Opening a request: everything that can be checked without the database, before any of it is believed.

use std::sync::Arc;

use automerge::Change;
use gridwalk_core::documents::{AudienceSource, Doc, MAX_CHANGE_BYTES, change_from_body};
use gridwalk_core::error::{Error, Result};
use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::ids::{DeviceId, Id};
use gridwalk_core::photos::document::PHOTO;
use gridwalk_core::sync::protocol::{Bundle, Sealed, SyncRequest, VERSION, decode, device_of, unpack};

/// A request with its bundles opened.
pub struct Incoming {
    /// The request.
    pub request: SyncRequest,
    /// Its bundles, in order.
    pub bundles: Vec<OpenBundle>,
}

/// A bundle with its ids resolved and its hashes computed.
pub struct OpenBundle {
    /// Who made it.
    pub device: DeviceId,
    /// The community.
    pub tenant: String,
    /// The cursor it was made at.
    pub epoch: u64,
    /// See `epoch`.
    pub number: u64,
    /// The bytes that the signature covers.
    pub statement: Vec<u8>,
    /// The signature.
    pub signature: [u8; 64],
    /// The dictionary's numbers that its commands were recorded and its changes written under.
    pub recorded: u32,
    /// See `recorded`.
    pub written: u32,
    /// The changes by command.
    pub groups: Vec<Vec<IncomingChange>>,
    /// Who vouches for it, if its author's device was revoked.
    pub vouched: Option<Vouched>,
}

/// Who vouches for what a revoked device made, and why.
#[derive(Debug, Clone)]
pub struct Vouched {
    /// The cadre.
    pub by: Id,
    /// Their reason, in their words.
    pub reason: String,
}

/// One change as it came.
pub struct IncomingChange {
    /// The document.
    pub doc: Id,
    /// Its generation.
    pub generation: u32,
    /// The genesis number it needs.
    pub schema: u16,
    /// Its hash, computed here.
    pub hash: [u8; 32],
    /// Its bytes.
    pub body: Vec<u8>,
    /// The bytes as a change, if they are one. This and what follows is computed before any lock is held.
    pub change: Option<Change>,
    /// The document it makes, if it can be a document's first change.
    pub first: Option<Arc<Doc>>,
    /// What that document is about.
    pub about: Option<Id>,
    /// What it was taken for, if it is a photo.
    pub record: Option<Id>,
}

/// The change that these bytes are, if Automerge may see them: not compressed, and not too large.
fn plain_change(body: &[u8]) -> Option<Change> {
    const CHUNK_CHANGE: u8 = 1;
    if body.first() == Some(&CHUNK_CHANGE) && body.len() <= MAX_CHANGE_BYTES { change_from_body(body).ok() } else { None }
}

impl Incoming {
    /// Decompresses and decodes a body.
    pub fn open(body: &[u8]) -> Result<Self> {
        let request: SyncRequest = decode(&unpack(body)?, "request")?;
        let bundles = if request.version == VERSION { request.bundles.iter().map(open_bundle).collect::<Result<_>>()? } else { Vec::new() };
        Ok(Self { request, bundles })
    }
}

/// Opens one bundle.
pub(super) fn open_bundle(sealed: &Sealed) -> Result<OpenBundle> {
    let bundle: Bundle = decode(&sealed.body, "bundle")?;
    let mut hashes = Vec::new();
    let mut groups = Vec::new();
    for group in &bundle.groups {
        // Also says whether the command's id is one.
        bundle.id(group.command)?;
        if group.changes.is_empty() {
            return Err(Error::malformed("empty group"));
        }
        let mut changes = Vec::new();
        for change in &group.changes {
            // An Automerge hash is the SHA-256 of exactly these bytes: known without parsing them.
            let hash = sha256(&change.body);
            hashes.push(hash);
            let doc = bundle.id(change.doc)?;
            let parsed = plain_change(&change.body);
            let first = parsed.as_ref().filter(|_| change.generation == 0).and_then(|parsed| first_change(change.schema, parsed));
            let about = first.as_ref().and_then(|first| match (first.kind().audiences)(first.tree(), doc) {
                AudienceSource::Of { about, .. } => Some(about),
                AudienceSource::Own(_) => None,
            });
            let record = first.as_ref().filter(|first| first.kind().name == PHOTO.name).and_then(|first| first.tree().id("record"));
            let (generation, schema, body) = (change.generation, change.schema, change.body.to_vec());
            changes.push(IncomingChange { doc, generation, schema, hash, body, change: parsed, first, about, record });
        }
        groups.push(changes);
    }
    Ok(OpenBundle {
        device: device_of(&bundle),
        tenant: bundle.tenant.clone(),
        epoch: bundle.epoch,
        number: bundle.number,
        statement: bundle.statement(&hashes),
        signature: *sealed.signature,
        recorded: bundle.recorded,
        written: bundle.written,
        groups,
        vouched: None,
    })
}

fn first_change(schema: u16, change: &Change) -> Option<Arc<Doc>> {
    let empty = Doc::empty(schema).ok()?;
    if empty.obstacle(change).is_some() { None } else { empty.with(change.clone()).ok().map(Arc::new) }
}
