//! Sync with a hub: one request sends what is unsent and brings what is new. Cut anywhere and repeated, it ends the same.
//!
//! [`outgoing`] closes and signs bundles and builds the request; [`Hub`] carries it; [`incoming`] takes the reply in one
//! transaction; [`rerun`] takes back what the hub refused and runs later commands again; [`older`] ends what was erased;
//! [`copies`] tells this store from its copies; [`take_back`] undoes what never left this phone.
//! [`photos`] carries their files after the documents. No transaction is open while waiting for the network.

mod carried;
mod copies;
mod enrol;
mod http;
mod incoming;
mod log_out;
mod news;
mod older;
mod outgoing;
mod photos;
pub mod protocol;
mod rerun;
mod session;
mod take_back;

pub use http::HttpHub;
pub use incoming::Taken;
pub(crate) use older::{Emptied, GENERATION};
pub use outgoing::Prepared;
pub(crate) use outgoing::{close_bundles, tenants_of};
pub use photos::{Network, PhotoProgress, PhotoReport};
pub(crate) use rerun::HELD;
pub use session::{Answer, Hub, SyncProgress, SyncReport};
pub(crate) use take_back::why_not_taken_back;
pub use take_back::{Asked, FRESH_SECONDS, TakenBack};

/// What one request or reply may carry at first, in bytes; halves after a cut, doubles after success.
pub const FIRST_MAX_BYTES: u32 = 256 << 10;
/// The bounds of that.
pub const MAX_BYTES_RANGE: std::ops::RangeInclusive<u32> = (8 << 10)..=(1 << 20);
/// How long taken commands are kept, in case the hub is restored from an older backup.
pub const KEEP_SECONDS: i64 = 30 * 86_400;
