//! The hub of gridwalk (网格行): keeps the documents of a county's or city's communities, checks what phones send by the
//! core's rules, and gives each device the news of its audiences. No state between requests but the database.
//!
//! Modules, from the ground up; each may use those above it:

pub mod error;
pub mod files;

pub mod store;

pub(crate) mod clock;
pub mod limits;
pub mod metrics;
pub mod photo_store;

mod hub;

pub mod registry;

pub mod sync;

pub mod import;
pub mod photos;

pub mod admin;

pub mod desk;
pub mod export;

mod open;

pub mod routes;
pub mod serve;
pub mod serve_metrics;

pub use error::{HubError, Result};
pub use hub::{Hub, Tenant};
