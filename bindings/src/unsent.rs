//! What waits to be sent, in words, and taking it back (收回).

use gridwalk_core::phone::{UnsentPage, UnsentView};
use gridwalk_core::sync::TakenBack;

use crate::error::Result;
use crate::phone::Phone;
use crate::values::{Id, Json};

/// A page of what waits to be sent.
#[uniffi::remote(Record)]
pub struct UnsentPage {
    /// The commands, newest first.
    pub rows: Vec<UnsentView>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// A command that the hub has not answered yet.
#[uniffi::remote(Record)]
pub struct UnsentView {
    /// The command's id.
    pub id: Id,
    /// What it is, by its stable name.
    pub command: String,
    /// What it is, in Chinese: 新增住户, 走访.
    pub zh: String,
    /// What it is, in English.
    pub en: String,
    /// The document that it is about or made.
    pub document: Id,
    /// What that is called: a household's address, a report's title, of a visit or a photo that of what it is about; empty if
    /// it has no name here.
    pub title: String,
    /// Who recorded it (a person's id).
    pub by: Id,
    /// Their name, empty if not known here.
    pub by_name: String,
    /// When it was run, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether the person signed in can take it back.
    pub can_take_back: bool,
    /// Whether it waits until the hub is upgraded.
    pub held: bool,
}

/// What was taken back.
#[uniffi::remote(Record)]
pub struct TakenBack {
    /// The command's id. Nothing is recorded under it any more.
    pub command: Id,
    /// What was entered, for the form to be opened again.
    pub input: Json,
    /// The commands that rested on it and went with it.
    pub along: Vec<Id>,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// What waits to be sent, newest first, at most `limit` (1 to 200) at once. `after` is what the page before ended with.
    #[uniffi::method(default(after = None, limit = 50))]
    pub async fn unsent(&self, after: Option<String>, limit: u32) -> Result<UnsentPage> {
        self.call(move |core| core.unsent(after.as_deref(), limit)).await
    }

    /// What would go with an unsent command if it were taken back, oldest first. Nothing is changed.
    pub async fn rests_on(&self, command: Id) -> Result<Vec<UnsentView>> {
        self.call(move |core| core.rests_on(command)).await
    }

    /// Takes an unsent command back: the phone is as if it had never been run, and what was recorded since runs again. `along` names
    /// what rests on it (`rests_on`) and goes with it; ask the person first. What may have left the phone is not taken back.
    #[uniffi::method(default(along = []))]
    pub async fn take_back(&self, command: Id, along: Vec<Id>) -> Result<TakenBack> {
        self.call(move |core| core.take_back(command, &along)).await
    }
}
