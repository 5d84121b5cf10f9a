//! What an administrator does: communities, invites, revocation, erasure, backup and restore.

mod audit;
mod backup;
mod calendar;
mod devices;
mod erase;
pub mod grid;
mod invite;
pub mod keys;
mod own_fields;
mod photos;
pub mod qr;
mod retention;
mod revoke;
mod role;
pub mod scope;
mod show;
mod tenant;

pub use audit::{Audit, Audited, Proof, VouchedFor, audit};
pub use backup::{HubLock, backup, drop_replaced, new_epoch, replaced, restore};
pub use calendar::{add_calendar, calendar};
pub use devices::{DeviceLine, devices};
pub use erase::{Found, Plan, Target, containing, erase, plan, scrub};
pub use invite::{NewInvite, invite};
pub use own_fields::{add_own_field, close_own_field};
pub use photos::{CopiedPhotos, MissingFile, missing_photos, restore_photos};
pub use retention::{Applied, Due, apply as apply_retention, apply_daily, preview as preview_retention};
pub use revoke::revoke;
pub use role::end_role;
pub use show::{APPROVAL_SECONDS, Reason, Shown, approve, show};
pub use tenant::{create_tenant, find_tenant};

use crate::error::Result;
use crate::hub::Hub;
use crate::registry::enrolments;
use crate::sync::repeat_ranks;

/// Repeats what is written down outside the database, before a hub answers: a restored one must not undo it.
pub async fn repeat_journals(hub: &Hub) -> Result<()> {
    revoke::repeat_revocations(hub).await?;
    enrolments::repeat_enrolments(hub).await?;
    erase::repeat_erasures(hub).await?;
    repeat_ranks(hub).await
}
