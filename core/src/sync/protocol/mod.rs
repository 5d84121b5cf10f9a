//! The words of `POST /v1/sync`, `POST /v1/enrol` and `POST /v1/photos`: CBOR (arrays, by position) in one zstd stream. Field numbers are never
//! used again; a reader ignores what it does not know at the end of an array.

mod carried;
mod enrol;
mod keys;
mod photos;
mod reply;
mod request;

pub use carried::{CARRIED_VERSION, Envelope, Judged, MAX_CARRIED_AT_ONCE, MAX_ENVELOPE, Receipt};
pub use enrol::{EnrolReply, EnrolRequest, RefusalCode, RefusedRequest};
pub use keys::{CommunityKeys, KeyStatement};
pub use photos::{MAX_PHOTO_ASKS, MAX_PHOTOS_BODY, PHOTOS_PATH, PhotoAnswer, PhotoAsk, PhotoVerb, PhotoWord, PhotosReply, PhotosRequest, WireFile};
pub use reply::{
    CarriedAnswer, DocumentNews, Granted, Outcome, SyncReply, TenantReply, ToldSchema, Verdict, VerdictCode, open_reply, reply_statement, seal_reply,
};
pub use request::{
    Actors, Backfill, Bundle, Carried, Group, Sealed, Statement, StatementLine, SyncRequest, TenantCursor, WireChange, WireId, audiences_hash, device_of,
    resolve,
};

use minicbor::{Decode, Encode};

use crate::error::{Error, Result};

/// The protocol's version; a hub that does not speak it refuses with `version`.
pub const VERSION: u16 = 1;
/// The largest body a hub or phone reads, in bytes: compressed, and decompressed.
pub const MAX_BODY: usize = 8 << 20;
/// See [`MAX_BODY`].
pub const MAX_PLAIN: usize = 64 << 20;
/// So many documents that could not be read are asked for again at once.
pub const MAX_WANTED: usize = 64;
/// A bundle is closed before it grows past this, in compressed bytes.
pub const BUNDLE_BYTES: usize = 32 << 10;
/// The path that is signed for a sync.
pub const SYNC_PATH: &str = "/v1/sync";
/// The path that is signed for an enrolment.
pub const ENROL_PATH: &str = "/v1/enrol";

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
    unpack_within(bytes, MAX_PLAIN)
}

/// Decompresses what came from outside, to at most `most` bytes.
pub fn unpack_within(bytes: &[u8], most: usize) -> Result<Vec<u8>> {
    use std::io::Read;
    if bytes.len() > MAX_BODY {
        return Err(Error::malformed("size"));
    }
    let mut plain = Vec::new();
    let decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(|e| Error::malformed("zstd").with_source(e))?;
    decoder.take(most as u64 + 1).read_to_end(&mut plain).map_err(|e| Error::malformed("zstd").with_source(e))?;
    if plain.len() > most { Err(Error::malformed("size")) } else { Ok(plain) }
}
