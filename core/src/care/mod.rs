//! What only some may know of a resident: health, and what concerns a minor. Each is a document of its own that names its
//! confidential circle; whoever has both sees it with the household.

pub mod document;
mod facts;
mod queries;

pub use document::{HEALTH_FACTS, MINOR_FACTS};
pub use facts::{AddHealth, AddMinor, EditHealth, EditMinor, Fact};
pub use queries::{CareView, care};
