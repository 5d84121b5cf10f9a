//! The hub of gridwalk (网格行): keeps the documents of a county's or city's communities, checks what phones send by the
//! core's rules, and gives each device the news of its audiences. No state between requests but the database.

pub mod admin;
pub(crate) mod clock;
pub mod desk;
pub mod error;
pub mod export;
pub mod import;
pub mod limits;
pub mod metrics;
pub mod photos;
pub mod routes;
pub mod serve;
pub mod store;
pub mod sync;

mod hub;

pub use error::{HubError, Result};
pub use hub::{Hub, Tenant};
