//! The core of gridwalk (网格行): an offline-first store of documents for the phones of community grid workers and of
//! in-service members, and its sync with the community's hub.
//!
//! What a person does is a [`commands::Command`]. It is checked by the [`rules`], makes changes to Automerge
//! [`documents`], and in one SQLite transaction the changes are appended, the read model's rows are replaced and the command
//! is kept until the hub has answered. Screens read only the read model. [`sync`] sends closed and signed bundles of
//! changes and receives pages of checked changes through the same door. Hub and phone share everything above [`phone`].
//!
//! Modules, from the ground up; each may use those above it, but for what `ARCHITECTURE.md` names:

pub mod error;
pub mod ids;
pub mod text;

pub mod versions;

pub mod calendar;

pub mod clock;

pub mod identity;

pub mod documents;

pub mod projection;

pub mod rules;

pub mod dictionary;

pub mod commands;

pub mod records;

pub mod activities;
pub mod attendance;
pub mod care;
pub mod cases;
pub mod categories;
pub mod circles;
pub mod claims;
pub mod conflicts;
pub mod demands;
pub mod goods;
pub mod households;
pub mod mediations;
pub mod papers;
pub mod persons;
pub mod photos;
pub mod places;
pub mod reports;
#[cfg(feature = "sample")]
mod sample;
pub mod search;
pub mod settings;
pub mod times;
pub mod units;
pub mod visits;

pub mod kinds;

pub mod store;

pub mod actions;

pub mod phone;

pub mod sync;

pub mod carriers;

pub use error::{Error, ErrorKind, Result};
pub use ids::Id;
pub use kinds::Input;
pub use phone::{Config, Phone};
