//! Problem reports (问题上报): raised in the grid, handled in steps, with a status that every replica computes alike.

pub mod document;
mod fold;
mod queries;
mod raise;
mod settle;
mod step;

pub use fold::{Folded, Status, StepKind, fold};
pub use queries::{ReportView, StepView, open_reports, report};
pub use raise::{Imported, ImportedAnswer, RaiseReport};
pub use settle::SettleReport;
pub use step::AddStep;
