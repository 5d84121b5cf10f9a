//! Confidential circles, and what they hold of residents' health and of minors.

use gridwalk_core::care::CareView;
use gridwalk_core::circles::{ApproveMember, CircleMemberView, CircleView, SetMember};
use gridwalk_core::dictionary::FieldValue;

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::Id;

/// A circle with who was entered into it.
#[uniffi::remote(Record)]
pub struct CircleView {
    /// The circle.
    pub id: Id,
    /// `health`, `minors` or `mediation`.
    pub purpose: String,
    /// Its name.
    pub name: String,
    /// Its members.
    pub members: Vec<CircleMemberView>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// Someone who was entered into a circle.
#[uniffi::remote(Record)]
pub struct CircleMemberView {
    /// The person.
    pub person: Id,
    /// Their name, empty where it is not on this phone.
    pub name: String,
    /// Whether a cadre approved them; asked of circles for minors alone.
    pub approved: bool,
    /// Whether they read what the circle holds.
    pub reads: bool,
}

/// What a circle knows of a resident.
#[uniffi::remote(Record)]
pub struct CareView {
    /// The document.
    pub id: Id,
    /// `health` or `minor`.
    pub kind: String,
    /// The circle.
    pub circle: Id,
    /// The resident, as an entry of the household.
    pub resident: Id,
    /// What is known, in the order of the kind's fields; what is not known is left out.
    pub facts: Vec<FieldValue>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Enters a person into a circle, or removes them. The outcome's value is the circle.
    #[uniffi::method(default(command_id = None))]
    pub async fn set_circle_member(&self, circle: Id, person: Id, member: bool, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, SetMember { circle, person, member }).await
    }

    /// Approves that a member of a circle for minors reads it, or withdraws that. The outcome's value is the circle.
    #[uniffi::method(default(command_id = None))]
    pub async fn approve_circle_member(&self, circle: Id, person: Id, approved: bool, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, ApproveMember { circle, person, approved }).await
    }

    /// The confidential circles that this phone knows of.
    pub async fn circles(&self) -> Result<Vec<CircleView>> {
        self.call(|core| core.circles()).await
    }

    /// What this phone holds of a household's residents beyond the roster: nothing but for members of a circle.
    pub async fn care(&self, household: Id) -> Result<Vec<CareView>> {
        self.call(move |core| core.care(household)).await
    }
}
