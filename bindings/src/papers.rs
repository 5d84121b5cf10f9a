//! Papers that the community issues.

use gridwalk_core::papers::{IssuePaper, PaperView, VoidPaper};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::Id;

/// A paper.
#[uniffi::remote(Record)]
pub struct PaperView {
    /// The paper.
    pub id: Id,
    /// What it certifies, as a code.
    pub sort: String,
    /// What people call it, with its number: 居住证明〔2026〕1号; 待编号 until the hub has numbered it.
    pub label: String,
    /// The year of its series; `None` until it is numbered.
    pub year: Option<i64>,
    /// Its number in it.
    pub number: Option<i64>,
    /// The household (its id).
    pub household: String,
    /// The resident (their id).
    pub resident: String,
    /// What it is for.
    pub purpose: String,
    /// When it was issued, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether it is void.
    pub void: bool,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The papers on this phone, newest first.
    pub async fn papers(&self, limit: u32) -> Result<Vec<PaperView>> {
        self.call(move |core| core.papers(limit)).await
    }

    /// Issues a paper for a resident; the hub numbers it. The outcome's value is the paper's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn issue_paper(&self, sort: String, household: Id, resident: Id, purpose: String, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, IssuePaper { sort, household, resident, purpose }).await
    }

    /// Makes a paper void: its number stays in the series. The outcome's value is the paper's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn void_paper(&self, paper: Id, reason: String, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, VoidPaper { paper, reason }).await
    }
}
