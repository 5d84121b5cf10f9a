//! Sync with a hub: one request sends what is unsent and brings what is new. Cut anywhere and repeated, it ends the same.
//!
//! [`outgoing`] closes and signs bundles and builds the request; [`exchange`] has a [`Transport`] carry it and signs it again where that
//! helps; [`incoming`] takes the reply in one transaction, [`verdicts`] and [`news`] first; [`rerun`] takes back what the hub refused and runs later commands again; [`older`] ends what was erased;
//! [`copies`] tells this store from its copies; [`take_back`] undoes what never left this phone.
//! [`photos`] carries their files after the documents. No transaction is open while waiting for the network.

mod carried;
mod communities;
mod copies;
mod enrol;
mod exchange;
mod http;
mod incoming;
mod intake;
mod log_out;
mod news;
mod older;
mod outgoing;
mod photos;
pub mod protocol;
mod report;
mod rerun;
mod session;
mod take_back;
mod transport;
mod verdicts;

pub use carried::KEEP_CARRIED_SECONDS;
pub(crate) use communities::tenants_of;
pub use http::HttpTransport;
pub use incoming::ReplyOutcome;
pub use outgoing::Prepared;
pub(crate) use outgoing::close_bundles;
pub use photos::{Network, PhotoProgress, PhotoReport};
pub use report::SyncReport;
pub use session::SyncProgress;
pub use take_back::{Asked, FRESH_SECONDS, TakenBack};
pub use transport::{Answer, SignedRequest, Transport};

/// The bounds of what one request or reply may carry, in bytes: it halves after a cut and doubles after success.
pub const MAX_BYTES_RANGE: std::ops::RangeInclusive<u32> = (8 << 10)..=(1 << 20);
/// How long taken commands are kept, in case the hub is restored from an older backup.
pub const KEEP_SECONDS: i64 = 30 * 86_400;
