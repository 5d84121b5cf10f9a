//! What a community sets for itself: visit rules. Figures ship as editable defaults with their source, never as constants.

pub mod document;
mod visit_rule;

pub use visit_rule::{DEFAULT_VISIT_RULES, SetVisitRule};
