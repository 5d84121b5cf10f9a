//! Departments and units: who takes a whistle, who sends members, who looks after a compound.

mod add;
pub mod document;
mod edit;
mod queries;

pub use add::AddUnit;
pub use document::SORTS;
pub use edit::EditUnit;
pub use queries::{UnitView, units};
