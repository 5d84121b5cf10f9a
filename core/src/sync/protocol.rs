//! The words of `POST /v1/sync` and `POST /v1/enrol`: CBOR (arrays, by position) in one zstd stream. Field numbers are never
//! used again; a reader ignores what it does not know at the end of an array.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use crate::error::{Error, ErrorKind, Result};
use crate::identity::{DeviceKey, PublicKey, SignatureBytes};
use crate::ids::{Actor, DeviceId, Id, MAX_COUNTER};

/// The protocol's version; a hub that does not speak it refuses with `version`.
pub const VERSION: u16 = 1;
/// The largest body a hub or phone reads, in bytes: compressed, and decompressed.
pub const MAX_BODY: usize = 8 << 20;
/// See [`MAX_BODY`].
pub const MAX_PLAIN: usize = 64 << 20;
/// A bundle is closed before it grows past this, in compressed bytes.
pub const BUNDLE_BYTES: usize = 32 << 10;
/// The path that is signed for a sync.
pub const SYNC_PATH: &str = "/v1/sync";
/// The path that is signed for an enrolment.
pub const ENROL_PATH: &str = "/v1/enrol";

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
    /// Closed bundles, this device's own or carried.
    #[n(4)]
    pub bundles: Vec<Sealed>,
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

/// What the hub says of one change. The first two are good news.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Verdict {
    /// What was decided.
    #[n(0)]
    pub word: Word,
    /// Of `refused`: the rule's code.
    #[n(1)]
    pub reason: Option<String>,
    /// How many changes in a row got this verdict.
    #[n(2)]
    pub run: u32,
}

/// A verdict's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Word {
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
    /// The hub's schema is older than the change: it stays unsent until the hub is upgraded.
    #[n(5)]
    Held,
    /// The actor's number was used for another change: the store was copied. Final.
    #[n(6)]
    ActorReused,
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

/// Joins a community with a code from an invite.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct EnrolRequest {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// The community.
    #[n(1)]
    pub tenant: String,
    /// The one-time code.
    #[n(2)]
    pub code: String,
    /// The device's public key, which signs this request.
    #[n(3)]
    pub key: ByteArray<32>,
}

/// The answer to an enrolment.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct EnrolReply {
    /// The hub's time, in seconds since the Unix epoch (UTC).
    #[n(0)]
    pub hub_time: i64,
    /// The person's document.
    #[n(1)]
    pub person: String,
    /// What the device may read and do.
    #[n(2)]
    pub granted: Granted,
    /// The epoch of the hub's store.
    #[n(3)]
    pub epoch: u64,
}

/// A refusal in the protocol's own words; the HTTP status only repeats it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RefusedRequest {
    /// The word.
    #[n(0)]
    pub code: RefusalCode,
    /// The hub's time, in seconds since the Unix epoch (UTC): what a phone with a wrong clock signs with next.
    #[n(1)]
    pub hub_time: i64,
}

/// Why a whole request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum RefusalCode {
    /// Not what this protocol speaks.
    #[n(0)]
    Malformed,
    /// Larger than the hub reads.
    #[n(1)]
    TooBig,
    /// A protocol version the hub does not speak.
    #[n(2)]
    Version,
    /// A device that is not enrolled here.
    #[n(3)]
    UnknownDevice,
    /// A device whose key was revoked.
    #[n(4)]
    Revoked,
    /// The signature is not the device's, or not of this body.
    #[n(5)]
    Signature,
    /// Signed at a time too far from the hub's.
    #[n(6)]
    Clock,
    /// The very same request came before; nothing was changed.
    #[n(7)]
    Replayed,
    /// The code is wrong, used or expired.
    #[n(8)]
    Code,
    /// The hub cannot answer now; try again later.
    #[n(9)]
    Busy,
}

impl RefusalCode {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooBig => "too_big",
            Self::Version => "version",
            Self::UnknownDevice => "unknown_device",
            Self::Revoked => "revoked",
            Self::Signature => "signature",
            Self::Clock => "clock",
            Self::Replayed => "replayed",
            Self::Code => "code",
            Self::Busy => "busy",
        }
    }

    /// What to tell a person, Chinese and English.
    pub fn message(self) -> (&'static str, &'static str) {
        match self {
            Self::Malformed => ("服务器无法识别请求，请更新应用", "the hub could not read the request; update the app"),
            Self::TooBig => ("一次发送的内容过大", "the request is too big"),
            Self::Version => ("应用版本与服务器不一致，请更新应用", "the hub does not speak this app's protocol; update the app"),
            Self::UnknownDevice => ("这台设备尚未入网，请向社区索取入网链接", "this device is not enrolled; ask the community for an enrolment link"),
            Self::Revoked => {
                ("这台设备已被停用，请联系社区；未同步的记录仍在本机", "this device was revoked; ask the community. Unsent records are still here")
            }
            Self::Signature => ("签名无效，请重新入网", "the signature is not valid; enrol again"),
            Self::Clock => ("本机时间与服务器相差过大", "this device's clock is too far from the hub's"),
            Self::Replayed => ("重复的请求，没有改动", "a repeated request; nothing was changed"),
            Self::Code => ("入网码不正确、已使用或已过期", "the enrolment code is wrong, used or expired"),
            Self::Busy => ("服务器正忙，请稍后再试", "the hub is busy; try again later"),
        }
    }
}

impl From<RefusalCode> for Error {
    fn from(code: RefusalCode) -> Self {
        let (zh, en) = code.message();
        Self::new(ErrorKind::HubRefused, format!("{zh}（{}）", code.name()), format!("{en} ({})", code.name()))
    }
}

/// A value in CBOR.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).unwrap_or_else(|e| unreachable!("writing to memory cannot fail: {e}"))
}

/// A value from CBOR; what follows it is an error.
pub fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8], what: &'static str) -> Result<T> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().map_err(|e| Error::malformed(what).with_source(e))?;
    if decoder.position() == bytes.len() { Ok(value) } else { Err(Error::malformed(what)) }
}

/// A value in CBOR, compressed.
pub fn pack<T: Encode<()>>(value: &T) -> Result<Vec<u8>> {
    compress(&encode(value))
}

/// Compresses with zstd.
pub fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
    // Level 12 costs some milliseconds for a day's work and saves a tenth of the bytes over the default 3, which is right for
    // the pages of a whole community: there the time would be felt.
    zstd::bulk::compress(bytes, if bytes.len() > 512 << 10 { 3 } else { 12 }).map_err(|e| Error::internal("zstd").with_source(e))
}

/// Decompresses what came from outside, within bounds.
pub fn unpack(bytes: &[u8]) -> Result<Vec<u8>> {
    use std::io::Read;
    if bytes.len() > MAX_BODY {
        return Err(Error::malformed("size"));
    }
    let mut plain = Vec::new();
    let decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(|e| Error::malformed("zstd").with_source(e))?;
    decoder.take(MAX_PLAIN as u64 + 1).read_to_end(&mut plain).map_err(|e| Error::malformed("zstd").with_source(e))?;
    if plain.len() > MAX_PLAIN { Err(Error::malformed("size")) } else { Ok(plain) }
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

/// The device that made a bundle.
pub fn device_of(bundle: &Bundle) -> DeviceId {
    DeviceId(*bundle.device)
}
