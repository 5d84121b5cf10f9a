//! Documents: one Automerge document about one thing (household, report, activity) or one event (visit, attendance).
//!
//! A document is its kind, its generation and its changes. The containers of a kind's schema version are made by one fixed
//! genesis change, the same bytes on every device, so that two phones that create or upgrade a document offline never hide
//! each other's data. Who and when are fields of the facts; changes carry neither.

mod again;
mod audiences;
mod doc;
mod edits;
mod facts;
mod first;
mod genesis;
mod hostile;
mod kind;
mod times;
mod tree;
mod writer;

pub use again::Again;
pub use audiences::{Documents, audiences_of};
pub use doc::{Doc, RawChange, change_body, change_from_body, hash_text};
pub use facts::Fact;
pub use genesis::{genesis, is_genesis};
pub use hostile::{MAX_CHANGE_BYTES, Obstacle};
pub use kind::{Added, Audience, AudienceSource, Complete, Kind, Schema, Subject, Written};
pub use times::{FoundTime, Proof, late_key, start_key};
pub use tree::{CONFIRMED, Conflict, ERASED, Entry, Map, Node, Stamped, Value};
pub use writer::Writer;
