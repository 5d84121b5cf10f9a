//! Carriers: work of a phone that cannot reach the hub travels by other hands, in a file or over the local network, and the
//! hub's verdicts come back the same way. Whoever carries reads neither (see [`crate::sync::protocol::Envelope`]).
//!
//! [`hold`] keeps what this phone carries for others until it is delivered; [`file`] writes and reads what travels in a file,
//! [`link`] hands over to a phone that listens.

mod file;
mod hold;
mod link;

pub use file::{Exported, Imported};
pub(crate) use hold::status;
pub use hold::{CarriedStatus, MAX_HELD, MAX_HELD_BYTES};
pub use link::{CarrierLink, CarrierServer, HandedOver, Received};
