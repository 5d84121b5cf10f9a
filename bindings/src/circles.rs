//! Confidential circles, and what they hold of residents' health and of minors.

use gridwalk_core::care::{AddHealth, AddMinor, CareView, EditHealth, EditMinor, Fact, HEALTH_FACTS, MINOR_FACTS};
use gridwalk_core::circles::{AddCircle, ApproveMember, CircleMemberView, CircleView, EditCircle, Purpose, SetMember};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::{CodeName, Id};

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

/// A confidential circle to make.
#[uniffi::remote(Record)]
pub struct AddCircle {
    /// What it is for: `health`, `minors` or `mediation`.
    pub purpose: String,
    /// Its name, which says nothing of what it holds.
    pub name: String,
    /// Its first members.
    pub members: Vec<Id>,
}

/// One fact, by its code.
#[uniffi::remote(Record)]
pub struct Fact {
    /// Which: a code of `health_facts` or `minor_facts`.
    pub field: String,
    /// What is known; empty clears it.
    pub text: String,
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
    /// What is known.
    pub facts: Vec<Fact>,
}

/// A resident's health, to be recorded.
#[uniffi::remote(Record)]
pub struct AddHealth {
    /// The health circle that reads it.
    pub circle: Id,
    /// The household.
    pub household: Id,
    /// The resident, as an entry of the household.
    pub resident: Id,
    /// What is known.
    pub facts: Vec<Fact>,
}

/// A minor, to be recorded.
#[uniffi::remote(Record)]
pub struct AddMinor {
    /// The circle for minors that reads it.
    pub circle: Id,
    /// The household.
    pub household: Id,
    /// The resident, as an entry of the household.
    pub resident: Id,
    /// What is known.
    pub facts: Vec<Fact>,
}

/// What circles are for, with what people call it.
#[uniffi::export]
pub fn circle_purposes() -> Vec<CodeName> {
    Purpose::ALL.iter().map(|(_, code, zh)| CodeName::new(code, zh)).collect()
}

/// Facts of health with what people call them.
#[uniffi::export]
pub fn health_facts() -> Vec<CodeName> {
    HEALTH_FACTS.iter().map(|(code, zh)| CodeName::new(code, zh)).collect()
}

/// Facts about a minor with what people call them.
#[uniffi::export]
pub fn minor_facts() -> Vec<CodeName> {
    MINOR_FACTS.iter().map(|(code, zh)| CodeName::new(code, zh)).collect()
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Makes a confidential circle. The outcome's value is its id.
    #[uniffi::method(default(command_id = None))]
    pub async fn add_circle(&self, circle: AddCircle, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, circle).await
    }

    /// Renames a circle. The outcome's value is the circle.
    #[uniffi::method(default(command_id = None))]
    pub async fn rename_circle(&self, circle: Id, name: String, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, EditCircle { circle, name }).await
    }

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

    /// Records what is known of a resident's health. The outcome's value is the document.
    #[uniffi::method(default(command_id = None))]
    pub async fn add_health(&self, health: AddHealth, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, health).await
    }

    /// Edits what is known of a resident's health. The outcome's value is the document.
    #[uniffi::method(default(command_id = None))]
    pub async fn edit_health(&self, health: Id, facts: Vec<Fact>, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, EditHealth { health, facts }).await
    }

    /// Records what is known of a minor. The outcome's value is the document.
    #[uniffi::method(default(command_id = None))]
    pub async fn add_minor(&self, minor: AddMinor, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, minor).await
    }

    /// Edits what is known of a minor. The outcome's value is the document.
    #[uniffi::method(default(command_id = None))]
    pub async fn edit_minor(&self, minor: Id, facts: Vec<Fact>, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, EditMinor { minor, facts }).await
    }

    /// What this phone holds of a household's residents beyond the roster: nothing but for members of a circle.
    pub async fn care(&self, household: Id) -> Result<Vec<CareView>> {
        self.call(move |core| core.care(household)).await
    }
}
