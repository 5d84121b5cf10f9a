//! Joining a community, and sync with its hub.

use std::sync::Arc;

use gridwalk_core::identity::Invite;
use gridwalk_core::phone::Leaving;
use gridwalk_core::sync::{Asked, Network, SyncProgress, SyncReport};

use crate::error::Result;
use crate::listeners::ProgressListener;
use crate::phone::Phone;
use crate::runtime::{drive, drive_while_awaited};

/// What an enrolment link says, for the person to see before they use it; the hub decides.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct InviteView {
    /// The hub's address.
    pub hub: String,
    /// The community.
    pub tenant: String,
    /// The role that is granted, as its stable name.
    pub role: String,
    /// What the device will read.
    pub audiences: Vec<String>,
}

/// How far a sync has come.
#[uniffi::remote(Record)]
pub struct SyncProgress {
    /// Requests answered so far.
    pub requests: u32,
    /// Commands that the hub has not answered yet.
    pub unsent: u64,
    /// Documents received so far.
    pub received: u64,
}

/// What a sync did.
#[uniffi::remote(Record)]
pub struct SyncReport {
    /// Requests answered.
    pub requests: u32,
    /// Changes that the hub has now.
    pub sent: u64,
    /// Commands that were refused, with their reasons in the quarantine.
    pub refused: u64,
    /// Commands that were run again on the hub's state.
    pub rerun: u64,
    /// Documents with news.
    pub received: u64,
    /// Documents that left this phone.
    pub withdrawn: u64,
    /// Households among them that lie in another grid now.
    pub moved: u64,
    /// Documents among them that left because a role of the person's ended.
    pub ended: u64,
    /// Envelopes of others that were delivered.
    pub carried: u64,
    /// Commands that were too young for a sync that nobody asked for, with what builds on them: sync again in a minute.
    pub young: u64,
}

/// What a phone holds and the hub does not.
#[uniffi::remote(Record)]
pub struct Leaving {
    /// Commands that neither the hub nor a carrier has.
    pub unsent: u64,
    /// Commands that a carrier has and the hub has not answered yet.
    pub handed_over: u64,
    /// Files of photos that the hub lacks. No carrier takes them.
    pub photos: u64,
    /// Commands that the hub refused, and that nobody resubmitted or gave up.
    pub refused: u64,
    /// Forms that were left open.
    pub drafts: u64,
    /// Envelopes of others that wait to be delivered.
    pub carried: u64,
}

/// Reads an enrolment link.
#[uniffi::export]
pub fn read_invite(link: String) -> Result<InviteView> {
    let Invite { hub, tenant, role, audiences, .. } = link.parse()?;
    Ok(InviteView { hub, tenant, role, audiences })
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Joins the community of an enrolment link. `ca` is the hub's own certificate authority (PEM), if it has one. A link works
    /// once, so a call that is cancelled is finished all the same. If someone else used this phone and left unsent work it fails with
    /// `UnsentOfAnother` and changes nothing; with `leave_unsent` it joins, and that work waits as refused. Ask the person first.
    #[uniffi::method(default(ca = None, leave_unsent = false))]
    pub async fn enrol(&self, link: String, ca: Option<String>, leave_unsent: bool) -> Result<()> {
        let invite: Invite = link.parse()?;
        let core = self.core.clone();
        drive(move || async move { core.enrol_over(&invite, ca.as_deref(), leave_unsent).await }).await
    }

    /// Syncs with every hub this phone is enrolled with. A call that is cancelled ends between two requests or in one: nothing
    /// is lost, the next sync goes on from there. In the `background`, where no person asked for it, what is younger than a minute
    /// stays, to be taken back (`take_back`): where the report tells of young ones, sync again a minute later.
    #[uniffi::method(default(progress = None, background = false))]
    pub async fn sync(&self, progress: Option<Arc<dyn ProgressListener>>, background: bool) -> Result<SyncReport> {
        let asked = if background { Asked::Background } else { Asked::Person };
        let core = self.core.clone();
        let tell = move |p| {
            if let Some(listener) = &progress {
                drop(listener.progress(p));
            }
        };
        drive_while_awaited(move || async move { core.sync_as(asked, tell).await }).await
    }

    /// What would be lost if this phone's store went; `unsent`, `status` and `drafts` name it one by one.
    pub async fn leaving(&self) -> Result<Leaving> {
        self.call(|core| core.leaving()).await
    }

    /// Logs out (退出): sends all there is, then makes the store useless as `shred` does; then remove its key from the keystore. Ask the
    /// person first. Fails with `Unsent`, and nothing goes, if something is nowhere else; with `forced` that is lost, and returned. A call
    /// that is cancelled while it sends logs nobody out.
    #[uniffi::method(default(forced = false, progress = None))]
    pub async fn log_out(&self, network: Network, forced: bool, progress: Option<Arc<dyn ProgressListener>>) -> Result<Leaving> {
        let core = self.core.clone();
        let tell = move |p| {
            if let Some(listener) = &progress {
                drop(listener.progress(p));
            }
        };
        drive_while_awaited(move || async move { core.log_out(network, forced, tell).await }).await
    }
}
