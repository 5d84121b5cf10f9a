//! Errands (代办): what a worker does for a resident who asked, with its papers.

pub mod document;
mod process;

pub use process::PROCESS;
