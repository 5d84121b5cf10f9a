//! Activities and claims.

use gridwalk_core::activities::{ActivityView, ClaimActivity};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::Id;

/// An activity.
#[uniffi::remote(Record)]
pub struct ActivityView {
    /// The activity.
    pub id: Id,
    /// What it is called.
    pub title: String,
    /// Its task kind.
    pub task: String,
    /// When it begins, in seconds since the Unix epoch (UTC).
    pub starts_at: i64,
    /// When it ends.
    pub ends_at: i64,
    /// How many can take part; `None` for as many as come.
    pub places: Option<i64>,
    /// How many have claimed a place.
    pub claimed: i64,
    /// Whether the person signed in has.
    pub mine: bool,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Activities that have not ended, soonest first.
    pub async fn activities(&self, limit: u32) -> Result<Vec<ActivityView>> {
        self.call(move |core| core.activities(limit)).await
    }

    /// Claims a place in an activity for the person signed in, or gives it back. The outcome's value is the activity's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn claim_activity(&self, activity: Id, claim: bool, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, ClaimActivity { activity, claim }).await
    }
}
