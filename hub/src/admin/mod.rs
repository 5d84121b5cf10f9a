//! What an administrator does: communities, invites, revocation, erasure, backup and restore; and the log of it.

mod audit;
mod backup;
mod calendar;
mod devices;
mod enrolments;
mod erase;
pub mod grid;
mod invite;
mod journal;
pub mod keys;
pub mod log;
mod own_fields;
mod photos;
pub mod qr;
mod retention;
mod revoke;
mod role;
mod show;
mod tenant;

pub use audit::{Audit, Audited, Proof, VouchedFor, audit};
pub use backup::{HubLock, backup, drop_replaced, new_epoch, replaced, restore, write_private};
pub use calendar::{add_calendar, calendar};
pub use devices::{DeviceLine, devices};
pub use enrolments::note_enrolment;
pub use erase::{Found, Plan, Target, containing, erase, plan, scrub};
pub use invite::{NewInvite, invite, place_named, use_code};
pub use own_fields::{add_own_field, close_own_field, list_own_fields, own_fields};
pub use photos::{CopiedPhotos, MissingFile, missing_photos, restore_photos};
pub use retention::{Applied, Due, apply as apply_retention, apply_daily, preview as preview_retention};
pub use revoke::revoke;
pub use role::{end_due, end_role};
pub use show::{APPROVAL_SECONDS, Reason, Shown, approve, show};
pub use tenant::{create_tenant, find_tenant, tenants};

use crate::error::Result;
use crate::hub::Hub;

/// Repeats what is written down outside the database, before a hub answers: a restored one must not undo it.
pub async fn repeat_journals(hub: &Hub) -> Result<()> {
    revoke::repeat_revocations(hub).await?;
    enrolments::repeat_enrolments(hub).await?;
    erase::repeat_erasures(hub).await
}
