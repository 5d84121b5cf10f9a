//! Complaints about a worker (投诉): they go round whom they are about.

mod choose;
pub mod document;
mod process;

pub use choose::ChooseHandlers;
pub use process::PROCESS;
