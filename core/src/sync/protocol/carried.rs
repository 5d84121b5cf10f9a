//! What travels by other hands: envelopes to the hub, receipts back to the author. Whoever carries them reads neither.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use super::reply::Verdict;
use super::request::Sealed;
use super::{compress, decode, encode, unpack_within};
use crate::error::{Error, Result};
use crate::identity::cipher::sha256;
use crate::identity::sealing::{SEAL_BYTES, open_sealed, seal_to};
use crate::identity::{DeviceKey, HostRandom, PublicKey};

/// The version of envelopes and receipts.
pub const CARRIED_VERSION: u16 = 1;
/// The largest envelope, in bytes.
pub const MAX_ENVELOPE: usize = (4 << 20) + 1024;
/// So many envelopes go with one request.
pub const MAX_CARRIED_AT_ONCE: usize = 64;
/// The smallest size of an envelope's and of a receipt's content: lengths are rounded up to a power of two from there.
const ENVELOPE_STEP: usize = 1024;
const RECEIPT_STEP: usize = 256;
/// What an envelope's content may grow to when it is decompressed, in bytes.
const MAX_CONTENT: usize = 16 << 20;
const TO_HUB: &[u8] = b"gridwalk envelope v1";
const TO_AUTHOR: &[u8] = b"gridwalk receipt v1";

/// One closed bundle for a community's hub, encrypted to the community's key. It tells its carrier the community and a size
/// in coarse steps; not the device, not the person, not what it says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Envelope {
    /// [`CARRIED_VERSION`].
    #[n(0)]
    pub version: u16,
    /// The community.
    #[n(1)]
    pub tenant: String,
    /// The first 8 bytes of the SHA-256 of the community's public key that it is encrypted to.
    #[n(2)]
    pub key: ByteArray<8>,
    /// The bundle, sealed.
    #[n(3)]
    pub sealed: ByteVec,
}

impl Envelope {
    /// Closes a bundle for the hub of the community with the key `to`.
    pub fn close(bundle: &Sealed, tenant: &str, to: &PublicKey, random: &dyn HostRandom) -> Result<Self> {
        let mut envelope = Self { version: CARRIED_VERSION, tenant: tenant.to_owned(), key: to.device().0.into(), sealed: ByteVec::from(Vec::new()) };
        let content = padded(&compress(&encode(bundle))?, ENVELOPE_STEP);
        envelope.sealed = seal_to(to, TO_HUB, &envelope.header(), &content, random)?.into();
        if encode(&envelope).len() > MAX_ENVELOPE {
            return Err(Error::invalid("有一条记录过大，只能联网发送", "a record is too large to be carried; it can only be sent by a sync"));
        }
        Ok(envelope)
    }

    /// Reads an envelope that came from outside.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let envelope: Self = if bytes.len() > MAX_ENVELOPE { Err(Error::malformed("envelope")) } else { decode(bytes, "envelope") }?;
        let shaped = envelope.version == CARRIED_VERSION && (1..=64).contains(&envelope.tenant.len()) && envelope.sealed.len() >= SEAL_BYTES + ENVELOPE_STEP;
        if shaped { Ok(envelope) } else { Err(Error::malformed("envelope")) }
    }

    /// What names an envelope: the SHA-256 of its bytes.
    pub fn id(bytes: &[u8]) -> [u8; 32] {
        sha256(bytes)
    }

    /// The bundle inside, for the owner of the community's key.
    pub fn open(&self, key: &DeviceKey) -> Result<Sealed> {
        let content = open_sealed(key, TO_HUB, &self.header(), &self.sealed)?;
        decode(&unpack_within(unpadded(&content)?, MAX_CONTENT)?, "envelope")
    }

    fn header(&self) -> Vec<u8> {
        encode(&(self.version, &self.tenant, self.key))
    }
}

/// The hub's verdicts on one envelope, signed by the community and closed to the author's device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Receipt {
    /// [`CARRIED_VERSION`].
    #[n(0)]
    pub version: u16,
    /// The community.
    #[n(1)]
    pub tenant: String,
    /// The envelope's id.
    #[n(2)]
    pub envelope: ByteArray<32>,
    /// A [`Judged`], sealed.
    #[n(3)]
    pub sealed: ByteVec,
    /// The community's signature over all above.
    #[n(4)]
    pub signature: ByteArray<64>,
}

/// What a receipt says to the author.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Judged {
    /// The hub's time, in seconds since the Unix epoch (UTC).
    #[n(0)]
    pub hub_time: i64,
    /// The epoch of the hub's store.
    #[n(1)]
    pub epoch: u64,
    /// The verdicts of the bundle's changes, in order.
    #[n(2)]
    pub verdicts: Vec<Verdict>,
}

impl Receipt {
    /// Makes the receipt for an envelope of the device with the key `to`.
    pub fn make(judged: &Judged, tenant: &str, envelope: [u8; 32], to: &PublicKey, key: &DeviceKey, random: &dyn HostRandom) -> Result<Self> {
        let mut receipt = Self {
            version: CARRIED_VERSION,
            tenant: tenant.to_owned(),
            envelope: envelope.into(),
            sealed: ByteVec::from(Vec::new()),
            signature: [0; 64].into(),
        };
        let content = padded(&encode(judged), RECEIPT_STEP);
        receipt.sealed = seal_to(to, TO_AUTHOR, &receipt.header(), &content, random)?.into();
        receipt.signature = key.sign(&receipt.statement()).into();
        Ok(receipt)
    }

    /// Reads a receipt that came from outside.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        const MOST: usize = 1 << 20;
        let receipt: Self = if bytes.len() > MOST { Err(Error::malformed("receipt")) } else { decode(bytes, "receipt") }?;
        if receipt.version == CARRIED_VERSION { Ok(receipt) } else { Err(Error::malformed("receipt")) }
    }

    /// Whether one of a community's `keys` signed it.
    pub fn is_signed_by(&self, keys: &[PublicKey]) -> bool {
        let statement = self.statement();
        keys.iter().any(|key| key.verifies(&statement, &self.signature))
    }

    /// What it says, for the author's device.
    pub fn open(&self, key: &DeviceKey) -> Result<Judged> {
        decode(unpadded(&open_sealed(key, TO_AUTHOR, &self.header(), &self.sealed)?)?, "receipt")
    }

    fn header(&self) -> Vec<u8> {
        encode(&(self.version, &self.tenant, self.envelope))
    }

    fn statement(&self) -> Vec<u8> {
        encode(&("gridwalk receipt v1", self.version, &self.tenant, self.envelope, &self.sealed))
    }
}

/// The content with its length before it, rounded up to the next power of two from `step`: sizes tell little.
fn padded(content: &[u8], step: usize) -> Vec<u8> {
    let mut padded = u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
    padded.extend_from_slice(content);
    padded.resize(padded.len().next_power_of_two().max(step), 0);
    padded
}

fn unpadded(padded: &[u8]) -> Result<&[u8]> {
    let (length, rest) = padded.split_first_chunk::<4>().ok_or_else(|| Error::malformed("padding"))?;
    usize::try_from(u32::from_be_bytes(*length)).ok().and_then(|n| rest.get(..n)).ok_or_else(|| Error::malformed("padding"))
}
