//! Drafts: forms that were left open, kept on this phone for the person signed in, never synced.

use gridwalk_core::phone::{DraftPhotoView, DraftView};

use crate::error::Result;
use crate::phone::Phone;
use crate::values::{Id, Json};

/// A form that was left open.
#[uniffi::remote(Record)]
pub struct DraftView {
    /// The name of the form, as it was saved under.
    pub form: String,
    /// The document that the form is about.
    pub about: Option<Id>,
    /// The id of the command to run, from `new_command_id`.
    pub command: Id,
    /// What was filled in, as it was saved.
    pub body: Json,
    /// When it was saved, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Photos taken for it, oldest first. They become the record's when it is recorded.
    pub photos: Vec<DraftPhotoView>,
}

/// A photo of a draft; `photo_thumbnail` and `photo_original` give its files.
#[uniffi::remote(Record)]
pub struct DraftPhotoView {
    /// Its id, as it was put.
    pub id: Id,
    /// When it was taken, by the best time known then; seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Width of the original in pixels.
    pub width: u32,
    /// Height of the original in pixels.
    pub height: u32,
    /// Size of the original in bytes.
    pub bytes: u32,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Keeps what is filled in so far, in the place of what was kept before of the same form about the same document. `form` is any
    /// name; a form about an entry (a resident) names it there. `command_id` is made when the form opens (`new_command_id`); the
    /// draft is gone when that command is recorded, and when what it is about is erased or leaves this phone. At most 1 MiB.
    pub async fn save_draft(&self, form: String, about: Option<Id>, command_id: Id, body: Json) -> Result<()> {
        self.call(move |core| core.save_draft(&form, about, command_id, &body)).await
    }

    /// The draft of a form about a document, of the person signed in.
    pub async fn draft(&self, form: String, about: Option<Id>) -> Result<Option<DraftView>> {
        self.call(move |core| core.draft(&form, about)).await
    }

    /// All drafts of the person signed in, newest first.
    pub async fn drafts(&self) -> Result<Vec<DraftView>> {
        self.call(|core| core.drafts()).await
    }

    /// Puts a photo to a draft that was saved: the bytes of a JPEG, PNG or WebP, kept here encrypted. `photo` is an id from
    /// `new_command_id`; the same id again is one photo. When the form is recorded it becomes the record's, and bears the time when it
    /// was taken.
    pub async fn add_draft_photo(&self, form: String, about: Option<Id>, photo: Id, taken: Vec<u8>) -> Result<()> {
        self.call(move |core| core.add_draft_photo(&form, about, photo, &taken)).await
    }

    /// Removes a photo from its draft; there need not be one.
    pub async fn remove_draft_photo(&self, photo: Id) -> Result<()> {
        self.call(move |core| core.remove_draft_photo(photo)).await
    }

    /// Drops a draft with its photos; there need not be one.
    pub async fn drop_draft(&self, form: String, about: Option<Id>) -> Result<()> {
        self.call(move |core| core.drop_draft(&form, about)).await
    }
}
