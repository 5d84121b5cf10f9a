//! Problem reports (问题上报): raised in the grid, handled in steps, with a status that every replica computes alike.

mod dispatch;
pub mod document;
mod fold;
mod near_home;
mod queries;
mod raise;
mod settle;
mod step;
mod whistle;

pub use dispatch::DispatchReport;
pub use document::URGENCIES;
pub use fold::{Folded, FoldedStep, STATUSES, STEPS, Status, StepKind, fold};
pub use near_home::reports_of;
pub(crate) use near_home::{Spot, open_spots};
pub use queries::{Holder, ReportFilter, ReportView, Stage, StepView, report, reports};
pub use raise::{Imported, ImportedAnswer, RaiseReport};
pub use settle::SettleReport;
pub use step::AddStep;
pub use whistle::{WHISTLES, WhistleReport};
