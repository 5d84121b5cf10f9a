//! Activities, and claims on their places.

use gridwalk_core::activities::ActivityView;
use gridwalk_core::claims::{ClaimPlace, ClaimView, GiveBack};

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
    /// How many places are granted, as the hub said last.
    pub granted: i64,
    /// How many wait for one, as the hub said last.
    pub waiting: i64,
    /// The claim of the person signed in, if one of theirs stands.
    pub mine: Option<ClaimView>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A claim on a place of something.
#[uniffi::remote(Record)]
pub struct ClaimView {
    /// The claim.
    pub id: Id,
    /// What is claimed (its id).
    pub thing: String,
    /// Whose claim it is (their id).
    pub person: String,
    /// Their name, empty if not known here.
    pub name: String,
    /// When they claimed, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// `granted` 已确认, `waiting` 候补, `released` 已退回, `double` 重复认领; `provisional` 待确认 until the hub has ranked it.
    pub outcome: String,
    /// Its rank among the claims on the thing; `None` until the hub has given one.
    pub rank: Option<i64>,
    /// Of one that waits: its place in the line, from 1.
    pub place_in_line: Option<i64>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Activities that have not ended, soonest first.
    pub async fn activities(&self, limit: u32) -> Result<Vec<ActivityView>> {
        self.call(move |core| core.activities(limit)).await
    }

    /// The claims on a thing that this phone may read, in the order of their ranks.
    pub async fn claims_on(&self, thing: Id) -> Result<Vec<ClaimView>> {
        self.call(move |core| core.claims_on(thing)).await
    }

    /// Claims a place for the person signed in, or for another at the desk; the hub says whether there is one. The outcome's value is the
    /// claim's id.
    #[uniffi::method(default(person = None, command_id = None))]
    pub async fn claim_place(&self, thing: Id, person: Option<Id>, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, ClaimPlace { thing, person }).await
    }

    /// Gives a claimed place back, with a reason where it is another's. The outcome's value is the claim's id.
    #[uniffi::method(default(reason = "", command_id = None))]
    pub async fn give_back(&self, claim: Id, reason: String, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, GiveBack { claim, reason }).await
    }
}
