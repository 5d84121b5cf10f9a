//! Volunteer activities. Places in them are claimed as [`crate::claims`] says.

pub mod document;
mod queries;

pub use queries::{ActivityView, activities};
