//! Photos of visits, reports and households.

use std::sync::Arc;

use gridwalk_core::photos::{PhotoTrouble, PhotoView, RemovePhoto};
use gridwalk_core::settings::PhotoNetworks;
use gridwalk_core::sync::{Network, PhotoProgress, PhotoReport};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::runtime::{drive_while_awaited, hop};
use crate::values::Id;

/// A photo of a record.
#[uniffi::remote(Record)]
pub struct PhotoView {
    /// The photo.
    pub id: Id,
    /// The visit, report, household or confidential document it was taken for.
    pub record: Id,
    /// Who took it (a person's id).
    pub by: String,
    /// The name of who took it, empty if not known here.
    pub by_name: String,
    /// When, by the best time known; seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether no hub has confirmed that time.
    pub unanchored: bool,
    /// Whether none ever will: it is not later than the hub received it, and that is all that is known.
    pub unknowable: bool,
    /// Width of the original in pixels.
    pub width: u32,
    /// Height of the original in pixels.
    pub height: u32,
    /// Size of the original in bytes.
    pub bytes: u32,
    /// Whether the thumbnail is on this phone.
    pub thumbnail_here: bool,
    /// Whether the original is on this phone.
    pub original_here: bool,
    /// Whether this phone still has a file of it to send.
    pub unsent: bool,
}

/// A photo's file that is not sent any more.
#[uniffi::remote(Record)]
pub struct PhotoTrouble {
    /// The photo.
    pub id: Id,
    /// Why, by a stable code: `wrong_hash`, `not_a_photo`, `damaged`.
    pub reason: String,
}

/// What the phone is connected to, as its system tells.
#[uniffi::remote(Enum)]
pub enum Network {
    /// Bytes cost nothing: most wireless networks.
    Unmetered,
    /// Bytes are paid for: the mobile network.
    Metered,
}

/// Over which networks photos are sent and fetched in full.
#[uniffi::remote(Enum)]
pub enum PhotoNetworks {
    /// 任何网络
    Any,
    /// 仅不按流量计费的网络
    Unmetered,
    /// 不传原图
    Never,
}

/// How far the files have come.
#[uniffi::remote(Record)]
pub struct PhotoProgress {
    /// Bytes of files sent so far.
    pub sent_bytes: u64,
    /// Bytes of files received so far.
    pub received_bytes: u64,
    /// Files of photos that wait to be sent.
    pub unsent: u64,
}

/// What a sync of photos did.
#[uniffi::remote(Record)]
pub struct PhotoReport {
    /// Requests answered.
    pub requests: u32,
    /// Files that the hub has now.
    pub sent: u64,
    /// Thumbnails that came.
    pub received: u64,
    /// Bytes of files sent.
    pub sent_bytes: u64,
    /// Bytes of files received.
    pub received_bytes: u64,
    /// Files that wait to be sent: for a network that is allowed, for their documents, or for someone to look at them.
    pub unsent: u64,
    /// Photos that are not sent any more because the hub found something else in them.
    pub troubles: u64,
}

/// Hears how far the files of photos have come.
#[uniffi::export(with_foreign)]
pub trait PhotoListener: Send + Sync {
    /// After each answer of the hub.
    fn progress(&self, progress: PhotoProgress) -> Result<()>;
}

fn tell(listener: Option<Arc<dyn PhotoListener>>) -> impl Fn(PhotoProgress) + Send + Sync {
    move |p| {
        if let Some(listener) = &listener {
            drop(listener.progress(p));
        }
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Takes a photo for a visit, report, household or confidential document: the bytes of a JPEG, PNG or WebP become an upright,
    /// small picture without position and times. The outcome's value is the photo's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn take_photo(&self, record: Id, taken: Vec<u8>, command_id: Option<Id>) -> Result<Outcome> {
        let core = self.core.clone();
        let take = move || match command_id {
            Some(id) => core.take_photo_as(id, record, &taken),
            None => core.take_photo(record, &taken),
        };
        Ok(hop(take).await?.into())
    }

    /// Takes a photo back: its files are removed everywhere. The outcome's value is its id.
    #[uniffi::method(default(command_id = None))]
    pub async fn remove_photo(&self, photo: Id, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, RemovePhoto { photo }).await
    }

    /// The photos of a visit, report, household or confidential document, newest first; of a household also those of its visits.
    pub async fn photos_of(&self, record: Id) -> Result<Vec<PhotoView>> {
        self.call(move |core| core.photos_of(record)).await
    }

    /// A photo's thumbnail, a JPEG of at most 6 kB; `None` until it has been received.
    pub async fn photo_thumbnail(&self, photo: Id) -> Result<Option<Vec<u8>>> {
        self.call(move |core| core.photo_thumbnail(photo)).await
    }

    /// A photo's original, a JPEG; `None` until it has been fetched.
    pub async fn photo_original(&self, photo: Id) -> Result<Option<Vec<u8>>> {
        self.call(move |core| core.photo_original(photo)).await
    }

    /// Fetches a photo's original from the hub, if it is not here. What came before a cut is kept.
    #[uniffi::method(default(progress = None))]
    pub async fn fetch_photo(&self, photo: Id, network: Network, progress: Option<Arc<dyn PhotoListener>>) -> Result<Vec<u8>> {
        let core = self.core.clone();
        drive_while_awaited(move || async move { core.fetch_photo(photo, network, tell(progress)).await }).await
    }

    /// Sends and receives the files of photos, after `sync`: thumbnails always, originals over a network that the community's
    /// settings allow. A call that is cancelled loses nothing.
    #[uniffi::method(default(progress = None))]
    pub async fn sync_photos(&self, network: Network, progress: Option<Arc<dyn PhotoListener>>) -> Result<PhotoReport> {
        let core = self.core.clone();
        drive_while_awaited(move || async move { core.sync_photos(network, tell(progress)).await }).await
    }

    /// Photos that are not sent any more, because the hub found something else in what came, or because the file here is damaged.
    pub async fn photo_troubles(&self) -> Result<Vec<PhotoTrouble>> {
        self.call(|core| core.photo_troubles()).await
    }

    /// Over which networks the community's photos travel in full.
    pub async fn photo_networks(&self) -> Result<PhotoNetworks> {
        self.call(|core| core.photo_networks()).await
    }

    /// Sets over which networks the community's photos travel in full; for the desk.
    pub async fn set_photo_networks(&self, networks: PhotoNetworks) -> Result<Outcome> {
        Ok(self.call(move |core| core.set_photo_networks(networks)).await?.into())
    }
}
