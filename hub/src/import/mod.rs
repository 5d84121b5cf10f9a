//! Import of files: read into good rows and rejects, then run as the hub's commands, the one way in. Importing twice changes
//! nothing.

pub mod apply;
pub mod categories;
pub mod community;
mod erased;
pub mod error;
mod field;
pub mod headings;
mod household;
pub mod kept;
pub mod mapping;
pub mod messages;
pub mod read;
pub mod rejects;
mod roster;
mod roster_headings;
pub mod sheet;
pub mod stamp;
pub mod table;
pub mod text;

pub use apply::{Imported, import, preview};
pub use gridwalk_sheets::{cells, fields};

pub use erased::{ErasedKey, forget_records, remember_erased};

#[cfg(test)]
mod tests;
