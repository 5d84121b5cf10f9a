//! What a hub answers: verdicts, news, and the community's signature over both.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use super::keys::KeyStatement;
use super::request::WireId;
use crate::error::{Error, Result};
use crate::identity::{DeviceKey, PublicKey, SignatureBytes};

/// What the hub says of one change. The first two are good news.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Verdict {
    /// What was decided.
    #[n(0)]
    pub code: VerdictCode,
    /// Of `refused`: the rule's code.
    #[n(1)]
    pub reason: Option<String>,
    /// How many changes in a row got this verdict.
    #[n(2)]
    pub run: u32,
}

/// What a verdict says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum VerdictCode {
    /// It is stored now.
    #[n(0)]
    Taken,
    /// It was stored already.
    #[n(1)]
    Known,
    /// The rules do not allow it. Final.
    #[n(2)]
    Refused,
    /// A change it depends on is not here. The hub keeps no orphans.
    #[n(3)]
    Missing,
    /// The document was begun again since. Final.
    #[n(4)]
    Generation,
    /// The change is of a newer gridwalk, and this hub's rules would not allow it, or do not know what it is of: it stays unsent until
    /// the hub is upgraded.
    #[n(5)]
    Held,
    /// The actor's number was used for another change: the store was copied. Final.
    #[n(6)]
    ActorReused,
}

impl VerdictCode {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Known => "known",
            Self::Refused => "refused",
            Self::Missing => "missing",
            Self::Generation => "generation",
            Self::Held => "held",
            Self::ActorReused => "actor_reused",
        }
    }
}

/// One reply: a part for each community, in the order of the request's cursors.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct SyncReply {
    /// The hub's time, in seconds since the Unix epoch (UTC).
    #[n(0)]
    pub hub_time: i64,
    /// For each bundle, in the request's order, the verdicts of its changes.
    #[n(1)]
    pub verdicts: Vec<Vec<Verdict>>,
    /// A part a community.
    #[n(2)]
    pub tenants: Vec<TenantReply>,
    /// Genesis changes that documents below need and the device does not know.
    #[n(3)]
    pub schemas: Vec<ToldSchema>,
    /// For each envelope carried, in the request's order, what became of it.
    #[n(4)]
    #[cbor(default)]
    pub receipts: Vec<CarriedAnswer>,
    /// The number of the hub's dictionary ([`crate::versions`]).
    #[n(5)]
    pub dictionary: u32,
}

/// What the hub says of one envelope to whoever carried it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct CarriedAnswer {
    /// What became of it.
    #[n(0)]
    pub outcome: Outcome,
    /// A [`Receipt`](super::Receipt) in CBOR for its author.
    #[n(1)]
    pub receipt: Option<ByteVec>,
}

/// What became of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Outcome {
    /// The hub has said its last word on all of it.
    #[n(0)]
    Delivered,
    /// Something that it rests on is not at the hub yet: it is to be delivered again.
    #[n(1)]
    Waiting,
    /// Its author's device may not speak here; a cadre may vouch for it.
    #[n(2)]
    Outcast,
    /// It cannot be opened, or is not signed by whom it says.
    #[n(3)]
    Unreadable,
    /// Its community, or the community's key, is not of this hub.
    #[n(4)]
    Elsewhere,
}

impl Outcome {
    /// Its number, on the wire and in stores.
    pub fn number(self) -> i64 {
        match self {
            Self::Delivered => 0,
            Self::Waiting => 1,
            Self::Outcast => 2,
            Self::Unreadable => 3,
            Self::Elsewhere => 4,
        }
    }
}

/// A genesis change of a newer schema version.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct ToldSchema {
    /// Its number.
    #[n(0)]
    pub number: u16,
    /// The kind.
    #[n(1)]
    pub kind: String,
    /// The change without magic and checksum.
    #[n(2)]
    pub body: ByteVec,
}

/// News of one community.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct TenantReply {
    /// The community.
    #[n(0)]
    pub tenant: String,
    /// The epoch of the hub's store. Another one than the cursor's means that the hub was restored: nothing else is said then.
    #[n(1)]
    pub epoch: u64,
    /// The cursor this part starts from.
    #[n(2)]
    pub from: u64,
    /// The cursor to continue from.
    #[n(3)]
    pub number: u64,
    /// Where the backfills have come to, in the request's order; one that has reached `number` is done.
    #[n(4)]
    pub backfills: Vec<u64>,
    /// The device's audiences and roles, if they are not those of the cursor: nothing else is said then.
    #[n(5)]
    pub granted: Option<Granted>,
    /// The actors of all ids below.
    #[n(6)]
    pub actors: Vec<ByteArray<12>>,
    /// Audience texts named below by their place in this list.
    #[n(7)]
    pub audiences: Vec<String>,
    /// Documents in the order of the sequence.
    #[n(8)]
    pub documents: Vec<DocumentNews>,
    /// Whether there is more to read.
    #[n(9)]
    pub more: bool,
    /// What leads from the keys that the phone pinned to the community's keys now, if they are others.
    #[n(10)]
    pub keys: Option<Vec<KeyStatement>>,
}

/// What a device may read and do.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Granted {
    /// Audience texts.
    #[n(0)]
    pub audiences: Vec<String>,
    /// Roles with their scopes: role name, audience text.
    #[n(1)]
    pub roles: Vec<(String, String)>,
}

/// News of one document.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct DocumentNews {
    /// The document.
    #[n(0)]
    pub doc: WireId,
    /// Its generation.
    #[n(1)]
    pub generation: u32,
    /// The highest genesis number in it.
    #[n(2)]
    pub schema: u16,
    /// The device's audiences it is in now; none means that it left the last of them.
    #[n(3)]
    pub audiences: Vec<u32>,
    /// Whether the chunks are the whole document, to be put in the place of what an older epoch or generation left.
    #[n(4)]
    pub whole: bool,
    /// Snapshots and changes, oldest first. None where they are the requester's own of this request.
    #[n(5)]
    pub chunks: Vec<ByteVec>,
}

/// What the community's signature on a reply covers: the request it answers and the reply itself.
pub fn reply_statement(request: &SignatureBytes, body: &[u8]) -> Vec<u8> {
    [b"gridwalk reply v1".as_slice(), request, &crate::identity::cipher::sha256(body)].concat()
}

/// A reply as it travels: the community's signature, then the compressed body.
pub fn seal_reply(key: &DeviceKey, request: &SignatureBytes, body: &[u8]) -> Vec<u8> {
    [key.sign(&reply_statement(request, body)).as_slice(), body].concat()
}

/// The body of a reply that one of `keys` signed for this request.
pub fn open_reply<'a>(keys: &[PublicKey], request: &SignatureBytes, reply: &'a [u8]) -> Result<&'a [u8]> {
    let (signature, body) = reply.split_first_chunk::<64>().ok_or_else(|| Error::malformed("reply"))?;
    let statement = reply_statement(request, body);
    if keys.iter().any(|key| key.verifies(&statement, signature)) { Ok(body) } else { Err(Error::malformed("reply signature")) }
}
