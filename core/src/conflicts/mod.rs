//! Fields that two people set differently at the same time: listed with who set what, until someone chooses.

mod queries;
mod settle;

pub use queries::{ConflictValue, ConflictView, conflicts};
pub use settle::SettleConflict;
