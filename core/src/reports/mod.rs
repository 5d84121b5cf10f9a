//! Problem reports (问题上报): raised in the grid, handled in steps, with a status that every replica computes alike.

pub mod document;
mod near_home;
mod process;
mod queries;
mod raise;

pub use document::URGENCIES;
pub use near_home::reports_of;
pub(crate) use near_home::{Spot, open_spots};
pub use process::{PROCESS, STATES, STEPS};
pub use queries::{ReportFilter, ReportView, Stage, report, reports};
pub use raise::{Imported, ImportedAnswer, RaiseReport};
