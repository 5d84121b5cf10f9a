//! What a community sets for itself: visit rules, over which networks photos travel, how long what is kept, fields of its own. Figures
//! ship as editable defaults with their source, never as constants.

mod calendar;
mod clocks;
pub mod document;
mod own_field;
mod photo_networks;
mod retention;
mod visit_rule;

pub use calendar::{AddCalendar, calendar, calendar_of};
pub use clocks::ClockSettings;
pub use own_field::SetOwnField;
pub use photo_networks::{NETWORKS, PhotoNetworks};
pub use retention::{DEFAULT_RETENTION, SetRetention, SettingsView, settings};
pub use visit_rule::DEFAULT_VISIT_RULES;
