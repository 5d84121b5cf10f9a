//! Departments and units: who takes a whistle, who sends members, who looks after a compound.

pub mod document;
mod queries;

pub use document::SORTS;
pub use queries::{UnitView, units};
