//! Who a device is: its key, its signatures, the link that enrols it.
//!
//! All cryptography of gridwalk is in [`cipher`] and [`sealing`], so that SM2/SM3/SM4 can take the place of Ed25519, SHA-256 and
//! HPKE.

pub mod cipher;
mod http_signature;
mod invite;
mod random;
pub mod sealing;
mod seeded;

pub use cipher::{DeviceKey, PublicKey, SignatureBytes};
pub use http_signature::{CLOCK_TOLERANCE_SECONDS, SignedHead};
pub use invite::Invite;
pub use random::{HostRandom, SystemRandom};
pub use seeded::SeededRandom;
