//! Photos on the phone: taking, showing, taking back.

use serde_json::json;

use super::drafts::draft_file;
use super::{Outcome, Phone, membership};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::photos::{Files, PhotoSize, PhotoTrouble, PhotoView, ReadyPhoto, file_of, is_swept, networks, photos_of, send_files, settings, sweep, troubles};
use crate::records::EditRecord;
use crate::settings::PhotoNetworks;

impl Phone {
    /// Takes a photo for a visit, report, household or confidential document: the bytes of a JPEG, PNG or WebP become an upright,
    /// small picture without position and times ([`prepare`]), kept here encrypted, and its document. The outcome's value is the photo's id.
    ///
    /// # Errors
    /// What is wrong with the bytes or the record, in words for a person; then nothing was kept.
    pub fn take_photo(&self, record: Id, taken: &[u8]) -> Result<Outcome> {
        self.keep_photo(None, record, taken)
    }

    /// The same under an id from [`Phone::new_command_id`]. The same id again answers as the first time did.
    pub fn take_photo_as(&self, id: Id, record: Id, taken: &[u8]) -> Result<Outcome> {
        self.keep_photo(Some(id), record, taken)
    }

    fn keep_photo(&self, id: Option<Id>, record: Id, taken: &[u8]) -> Result<Outcome> {
        let photo = ReadyPhoto::of(taken)?;
        let input = photo.of_record(record);
        self.keep(id, &input.clone().into(), |tx, doc| {
            photo.write(tx, self.store.folder(), &*self.random)?;
            send_files(tx, doc, &input)
        })
    }

    /// The photos of a visit, report, household or confidential document, newest first; see [`photos_of`].
    pub fn photos_of(&self, record: Id) -> Result<Vec<PhotoView>> {
        self.store.read(|c| photos_of(c, record))
    }

    /// The thumbnail of a record's or a draft's photo, a JPEG; `None` until it has been received.
    pub fn photo_thumbnail(&self, photo: Id) -> Result<Option<Vec<u8>>> {
        self.photo_file(photo, PhotoSize::Thumbnail)
    }

    /// The original of a record's or a draft's photo, a JPEG; `None` until it has been fetched.
    pub fn photo_original(&self, photo: Id) -> Result<Option<Vec<u8>>> {
        self.photo_file(photo, PhotoSize::Original)
    }

    fn photo_file(&self, photo: Id, size: PhotoSize) -> Result<Option<Vec<u8>>> {
        self.store.read(|c| {
            let hash = match file_of(c, photo, size)? {
                Some((hash, _)) => hash,
                None => draft_file(c, photo, size)?.ok_or_else(no_photo)?,
            };
            Files::of(c, self.store.folder())?.read(&hash)
        })
    }

    /// Photos that are not sent any more, because the hub found something else in what came, or because the file here is damaged.
    pub fn photo_troubles(&self) -> Result<Vec<PhotoTrouble>> {
        self.store.read(troubles)
    }

    /// Over which networks the community's photos travel in full.
    pub fn photo_networks(&self) -> Result<PhotoNetworks> {
        self.store.read(|c| networks(c, &membership(c, None)?.tenant))
    }

    /// Sets over which networks the community's photos travel in full; for the desk.
    pub fn set_photo_networks(&self, networks: PhotoNetworks) -> Result<Outcome> {
        let settings = self.store.read(|c| settings(c, &membership(c, None)?.tenant))?;
        let (settings, _) = settings.ok_or_else(|| Error::not_found("社区设置尚未同步，请先同步", "the community's settings are not here yet; sync first"))?;
        self.run(EditRecord::of(settings, json!({"photo_networks": networks.info().code})))
    }

    /// Removes files that no photo names any more.
    pub(crate) fn sweep_photos(&self) -> Result<()> {
        let folder = self.store.folder();
        if self.store.read(|c| is_swept(c, folder))? { Ok(()) } else { self.store.write(|tx| sweep(tx, folder)) }
    }
}

pub(crate) fn no_photo() -> Error {
    Error::not_found("没有找到这张照片，可能尚未同步或已撤回", "no such photo on this device; it may not have been synced yet, or was taken back")
}
