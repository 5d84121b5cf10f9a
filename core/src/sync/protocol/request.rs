//! What a phone sends: its cursors and its bundles.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use super::encode;
use crate::error::{Error, Result};
use crate::identity::DeviceKey;
use crate::ids::{Actor, DeviceId, Id, MAX_COUNTER};

/// One request: what this device has read so far, and what it sends.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct SyncRequest {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// The newest genesis number that this device knows.
    #[n(1)]
    pub schema: u16,
    /// How many bytes the reply may carry (compressed, about; at least one document comes).
    #[n(2)]
    pub max_bytes: u32,
    /// A cursor a community.
    #[n(3)]
    pub cursors: Vec<TenantCursor>,
    /// Closed bundles: this device's own; the hub takes another's too.
    #[n(4)]
    pub bundles: Vec<Sealed>,
    /// Envelopes that this device carries for others.
    #[n(5)]
    #[cbor(default)]
    pub carried: Vec<Carried>,
}

/// How far one community's sequence has been read.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct TenantCursor {
    /// The community.
    #[n(0)]
    pub tenant: String,
    /// The epoch of the hub's store.
    #[n(1)]
    pub epoch: u64,
    /// The number up to which everything has been read.
    #[n(2)]
    pub number: u64,
    /// [`audiences_hash`] of what the cursor and the backfills cover.
    #[n(3)]
    pub audiences: ByteArray<8>,
    /// Audiences granted later, each with how far it has been filled.
    #[n(4)]
    pub backfills: Vec<Backfill>,
    /// [`CommunityKeys::mark`](super::CommunityKeys::mark) of the keys that the phone pinned.
    #[n(5)]
    pub keys: Option<ByteArray<4>>,
    /// Ids of documents whose news could not be read: all of each is wanted again, wherever the cursor is.
    #[n(6)]
    #[cbor(default)]
    pub wanted: Vec<String>,
}

/// How far a newly granted audience has been filled.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Backfill {
    /// The audience's text.
    #[n(0)]
    pub audience: String,
    /// The number up to which it has been filled.
    #[n(1)]
    pub number: u64,
}

/// The first 8 bytes of the SHA-256 of the sorted audience texts, one a line.
pub fn audiences_hash<'a>(audiences: impl Iterator<Item = &'a str>) -> ByteArray<8> {
    let mut all: Vec<&str> = audiences.collect();
    all.sort_unstable();
    let hash = crate::identity::cipher::sha256(all.join("\n").as_bytes());
    let mut short = [0; 8];
    short.copy_from_slice(&hash[..8]);
    short.into()
}

/// An envelope in a request.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Carried {
    /// An [`Envelope`](super::Envelope) in CBOR.
    #[n(0)]
    pub envelope: ByteVec,
    /// Why the requester, a cadre, vouches for it: its author's device was revoked.
    #[n(1)]
    pub vouch: Option<String>,
}

/// A bundle with its signature, as it is stored, sent and carried.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Sealed {
    /// A [`Bundle`] in CBOR.
    #[n(0)]
    pub body: ByteVec,
    /// The device's signature over the bundle's [`Statement`].
    #[n(1)]
    pub signature: ByteArray<64>,
}

/// Changes of one device for one community, by command.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Bundle {
    /// The device that made and signed it.
    #[n(0)]
    pub device: ByteArray<8>,
    /// The community.
    #[n(1)]
    pub tenant: String,
    /// The cursor it was made at: the author's roles then are the ones that count.
    #[n(2)]
    pub epoch: u64,
    /// See `epoch`.
    #[n(3)]
    pub number: u64,
    /// The actors of all ids below.
    #[n(4)]
    pub actors: Vec<ByteArray<12>>,
    /// Each command with its changes: taken or refused whole.
    #[n(5)]
    pub groups: Vec<Group>,
    /// The dictionary's number when the commands were first run: what is demanded since refuses nothing of them.
    #[n(6)]
    pub recorded: u32,
    /// The dictionary's number that the changes were written under: a hub of a lower one holds what it would refuse.
    #[n(7)]
    pub written: u32,
}

/// An id as an index into the bundle's (or reply's) actors, and its counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct WireId {
    /// Which actor.
    #[n(0)]
    pub actor: u32,
    /// The counter.
    #[n(1)]
    pub counter: u64,
}

/// The changes of one command.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Group {
    /// The command, whose id names the group.
    #[n(0)]
    pub command: WireId,
    /// Its changes.
    #[n(1)]
    pub changes: Vec<WireChange>,
}

/// One change of one document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct WireChange {
    /// The document.
    #[n(0)]
    pub doc: WireId,
    /// Its generation.
    #[n(1)]
    pub generation: u32,
    /// The genesis number of the schema version it needs: names the kind too.
    #[n(2)]
    pub schema: u16,
    /// The change without magic and checksum.
    #[n(3)]
    pub body: ByteVec,
}

/// What a bundle's signature covers, kept by the hub for audit after the changes themselves were folded.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct Statement {
    /// Says what this is, so that no other signed bytes can be taken for it.
    #[n(0)]
    pub purpose: String,
    /// See [`Bundle::device`].
    #[n(1)]
    pub device: ByteArray<8>,
    /// See [`Bundle::tenant`].
    #[n(2)]
    pub tenant: String,
    /// See [`Bundle::epoch`].
    #[n(3)]
    pub epoch: u64,
    /// See [`Bundle::number`].
    #[n(4)]
    pub number: u64,
    /// See [`Bundle::actors`].
    #[n(5)]
    pub actors: Vec<ByteArray<12>>,
    /// A line a change, in order.
    #[n(6)]
    pub lines: Vec<StatementLine>,
    /// See [`Bundle::recorded`].
    #[n(7)]
    pub recorded: u32,
    /// See [`Bundle::written`].
    #[n(8)]
    pub written: u32,
}

/// One change in a [`Statement`]. The receiver computes the hash.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct StatementLine {
    /// The command and group.
    #[n(0)]
    pub command: WireId,
    /// The document.
    #[n(1)]
    pub doc: WireId,
    /// Its generation.
    #[n(2)]
    pub generation: u32,
    /// Its schema.
    #[n(3)]
    pub schema: u16,
    /// The change's hash.
    #[n(4)]
    pub hash: ByteArray<32>,
}

impl Bundle {
    /// The bytes that a bundle's signature covers. `hashes` are those of all changes, in order.
    pub fn statement(&self, hashes: &[[u8; 32]]) -> Vec<u8> {
        let changes = self.groups.iter().flat_map(|g| g.changes.iter().map(move |c| (g.command, c)));
        let lines = changes.zip(hashes).map(|((command, c), hash)| StatementLine {
            command,
            doc: c.doc,
            generation: c.generation,
            schema: c.schema,
            hash: (*hash).into(),
        });
        encode(&Statement {
            purpose: "gridwalk bundle v1".into(),
            device: self.device,
            tenant: self.tenant.clone(),
            epoch: self.epoch,
            number: self.number,
            actors: self.actors.clone(),
            lines: lines.collect(),
            recorded: self.recorded,
            written: self.written,
        })
    }

    /// Closes and signs.
    pub fn seal(&self, hashes: &[[u8; 32]], key: &DeviceKey) -> Sealed {
        Sealed { body: encode(self).into(), signature: key.sign(&self.statement(hashes)).into() }
    }

    /// The id behind a wire id.
    pub fn id(&self, wire: WireId) -> Result<Id> {
        resolve(&self.actors, wire)
    }
}

/// The id behind a wire id.
pub fn resolve(actors: &[ByteArray<12>], wire: WireId) -> Result<Id> {
    let actor = actors.get(wire.actor as usize).ok_or_else(|| Error::malformed("id"))?;
    if wire.counter == 0 || wire.counter > MAX_COUNTER {
        return Err(Error::malformed("id"));
    }
    Ok(Id { actor: Actor(**actor), counter: wire.counter })
}

/// Collects the actors of ids while they are written.
#[derive(Debug, Default)]
pub struct Actors(Vec<ByteArray<12>>);

impl Actors {
    /// The wire form of `id`.
    pub fn wire(&mut self, id: Id) -> WireId {
        let at = self.0.iter().position(|a| **a == id.actor.0).unwrap_or_else(|| {
            self.0.push(id.actor.0.into());
            self.0.len() - 1
        });
        WireId { actor: u32::try_from(at).unwrap_or(u32::MAX), counter: id.counter }
    }

    /// The actors, in the order of their indexes.
    pub fn into_list(self) -> Vec<ByteArray<12>> {
        self.0
    }
}

/// The device that made a bundle.
pub fn device_of(bundle: &Bundle) -> DeviceId {
    DeviceId(*bundle.device)
}
