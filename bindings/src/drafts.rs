//! Drafts: forms that were left open, kept on this phone for the person signed in, never synced.

use gridwalk_core::phone::DraftView;

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

    /// Drops a draft; there need not be one.
    pub async fn drop_draft(&self, form: String, about: Option<Id>) -> Result<()> {
        self.call(move |core| core.drop_draft(&form, about)).await
    }
}
