//! What a community sets for itself: visit rules, over which networks photos travel. Figures ship as editable defaults with their source, never as constants.

pub mod document;
mod photo_networks;
mod visit_rule;

pub use photo_networks::{PhotoNetworks, SetPhotoNetworks};
pub use visit_rule::{DEFAULT_VISIT_RULES, SetVisitRule};
