//! The one module with hashes, signatures and ciphers: Ed25519 (RFC 8032), SHA-256, XChaCha20-Poly1305 for files.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::HostRandom;
use crate::error::{Error, Result};
use crate::ids::DeviceId;

/// A detached signature.
pub type SignatureBytes = [u8; 64];

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// HMAC-SHA256 of `message`.
pub fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// A value that proves, without revealing it, that the same `key` is used again.
pub fn key_check(key: &[u8; 32]) -> [u8; 32] {
    hmac(key, b"gridwalk store key check v1")
}

/// The bytes of a file before its ciphertext: the nonce, long enough to be random.
const NONCE: usize = 24;

/// `plain` as it lies on the disk under `name`: only with `key` and under that name does it open again.
pub fn seal_file(key: &[u8; 32], name: &str, plain: &[u8], random: &dyn HostRandom) -> Vec<u8> {
    let mut nonce = [0; NONCE];
    random.fill(&mut nonce);
    let cipher = XChaCha20Poly1305::new(key.into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: name.as_bytes() });
    let sealed = sealed.unwrap_or_else(|_| unreachable!("a message in memory is not too long"));
    [nonce.as_slice(), &sealed].concat()
}

/// What [`seal_file`] sealed, or `None` if it is not exactly that.
pub fn open_file(key: &[u8; 32], name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: name.as_bytes() }).ok()
}

/// The secret key of a device or community. Never printed.
#[derive(Clone)]
pub struct DeviceKey(SigningKey);

impl std::fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeviceKey({})", self.device())
    }
}

impl DeviceKey {
    /// A new random key.
    pub fn make(random: &dyn HostRandom) -> Self {
        let mut seed = [0; 32];
        random.fill(&mut seed);
        Self(SigningKey::from_bytes(&seed))
    }

    /// The key kept as these 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(bytes))
    }

    /// The bytes to keep, in an encrypted place.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The id of the device that has this key.
    pub fn device(&self) -> DeviceId {
        self.public().device()
    }

    /// The secret half of the X25519 key that follows from this one.
    pub(super) fn scalar(&self) -> [u8; 32] {
        self.0.to_scalar_bytes()
    }

    /// Signs `message`.
    pub fn sign(&self, message: &[u8]) -> SignatureBytes {
        self.0.sign(message).to_bytes()
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key of these 32 bytes; refuses points that would let anyone sign.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| Error::malformed("public key"))?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| Error::malformed("public key"))?;
        if key.is_weak() { Err(Error::malformed("public key")) } else { Ok(Self(key)) }
    }

    /// The 32 bytes of the key.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The id of the device that has this key: the first 8 bytes of its SHA-256.
    pub fn device(&self) -> DeviceId {
        let mut id = [0; 8];
        id.copy_from_slice(&sha256(&self.to_bytes())[..8]);
        DeviceId(id)
    }

    /// The X25519 key that follows from this one.
    pub(super) fn montgomery(&self) -> [u8; 32] {
        self.0.to_montgomery().to_bytes()
    }

    /// Whether `signature` is this key's over `message`.
    pub fn verifies(&self, message: &[u8], signature: &SignatureBytes) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}
