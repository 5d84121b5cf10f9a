//! The subcommands, a file a group. Each is its arguments and one call of the core.

pub mod activities;
pub mod attendance;
pub mod carry;
pub mod cases;
pub mod circles;
pub mod confirm;
pub mod conflicts;
pub mod demands;
pub mod drafts;
pub mod export;
pub mod goods;
pub mod log_out;
pub mod mediations;
pub mod papers;
pub mod persons;
pub mod photo;
pub mod places;
pub mod quarantine;
pub mod records;
pub mod reports;
pub mod roster;
pub mod settings;
pub mod shred;
pub mod status;
pub mod sync;
pub mod unsent;
pub mod visit;
pub mod workbook;

mod lookup;
