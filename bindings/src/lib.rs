//! The core's public interface for Kotlin, Swift and Python, over uniffi. Nothing is decided here: every method lifts its
//! arguments, calls the core once and lowers the answer.
//!
//! One long-lived object, [`Phone`]; all else that crosses is a plain record. The records and enums are the core's own,
//! declared once more for uniffi beside the methods that use them: a declaration that no longer fits the core does not compile.
//!
//! What touches disk or network is `async` and works on another thread than the caller's (see `runtime`), so it may be called
//! from a screen. Pure functions are plain.
//!
//! Modules, from the ground up; the last ones are a file for each of the core's domains:

uniffi::setup_scaffolding!();

mod drafts;
mod error;
mod host;
mod listeners;
mod runtime;
mod values;

mod phone;
mod sync;

mod activities;
mod attendance;
mod carriers;
mod cases;
mod categories;
mod circles;
mod conflicts;
mod demands;
mod goods;
mod household_list;
mod households;
mod mediations;
mod papers;
mod persons;
mod photos;
mod places;
mod records;
mod reports;
mod search;
mod settings;
mod sheets;
mod units;
mod unsent;
mod visits;

pub use carriers::Listening;
pub use cases::{case_holders, step_kinds, whistles};
pub use error::{ErrorKind, GridwalkError};
pub use host::HostClock;
pub use listeners::{Listener, ProgressListener, Subscription};
pub use mediations::{MediationDetail, mediation_states};
pub use persons::roles;
pub use phone::{Outcome, Phone};
pub use photos::PhotoListener;
pub use records::dictionary;
pub use reports::{NewReport, ReportDetail, report_statuses};
pub use settings::SettingsView;
pub use sync::{InviteView, read_invite};
pub use values::{CodeName, Position, RoleGrant};
pub use visits::visit_results;
