//! The three-level list of matters that reports are sorted into: data, imported, never in code.

pub mod document;
mod queries;

pub use queries::{CategoryView, categories, recent_categories};
