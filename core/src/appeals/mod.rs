//! Appeals (申诉) against a decision: decided by a second person.

pub mod document;
mod process;

pub use process::PROCESS;
