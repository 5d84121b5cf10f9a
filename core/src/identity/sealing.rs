//! Bytes closed to one reader: HPKE (RFC 9180), base mode, X25519 with HKDF-SHA256 and ChaCha20-Poly1305.
//!
//! The reader's X25519 key follows from the Ed25519 key that is known of them already (the birational map between the two
//! curves), so nothing more has to be exchanged: phones have pinned the community's key, the hub knows its devices' keys.

use std::convert::Infallible;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal_with_rng};

use super::HostRandom;
use super::cipher::{DeviceKey, PublicKey};
use crate::error::{Error, Result};

/// What sealing adds to the bytes: an ephemeral public key and a tag.
pub const SEAL_BYTES: usize = 32 + 16;

/// Closes `plain` to the owner of `to`. `purpose` says what it is, `header` travels beside it in the open; both must be the
/// same when it is opened.
pub fn seal_to(to: &PublicKey, purpose: &[u8], header: &[u8], plain: &[u8], random: &dyn HostRandom) -> Result<Vec<u8>> {
    let to = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&to.montgomery()).map_err(|_| Error::malformed("public key"))?;
    let sealed =
        single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(&OpModeS::Base, &to, purpose, plain, header, &mut Randomness(random));
    let (ephemeral, ciphertext) = sealed.map_err(|_| Error::malformed("public key"))?;
    Ok([ephemeral.to_bytes().as_slice(), &ciphertext].concat())
}

/// Opens what was closed to the owner of `key`.
///
/// # Errors
/// `malformed` if it was not, or is not what was closed.
pub fn open_sealed(key: &DeviceKey, purpose: &[u8], header: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    let bad = |_| Error::malformed("sealed bytes");
    let (ephemeral, ciphertext) = sealed.split_first_chunk::<32>().ok_or_else(|| Error::malformed("sealed bytes"))?;
    let key = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&key.scalar()).map_err(bad)?;
    let ephemeral = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(ephemeral).map_err(bad)?;
    single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(&OpModeR::Base, &key, &ephemeral, purpose, ciphertext, header).map_err(bad)
}

/// The host's randomness in the words of the cryptography's crates.
struct Randomness<'a>(&'a dyn HostRandom);

impl TryRng for Randomness<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> std::result::Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> std::result::Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> std::result::Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Randomness<'_> {}
