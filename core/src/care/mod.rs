//! What only some may know of a resident: health, and what concerns a minor. Each is a document of its own that names its
//! confidential circle; whoever has both sees it with the household.

pub mod document;
mod queries;

pub use queries::{CareView, care};
