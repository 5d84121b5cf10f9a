//! The three-level list of matters that reports are sorted into: data, imported, never in code.

pub mod document;
mod set;

pub use set::{Category, SetCategories};
