//! Persons who act.

use gridwalk_core::persons::{AddPerson, EditPerson};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::Id;

/// A person who acts in the community.
#[uniffi::remote(Record)]
pub struct AddPerson {
    /// What they are to the community: the code of a role.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The grid they serve, or the micro-grid that they lead.
    #[uniffi(default = None)]
    pub place: Option<Id>,
}

/// What a person says of themselves; what is `None` stays.
#[uniffi::remote(Record)]
pub struct EditPerson {
    /// The person.
    pub person: Id,
    /// Telephone number.
    #[uniffi(default = None)]
    pub phone: Option<String>,
    /// The employer unit (所在单位).
    #[uniffi(default = None)]
    pub unit: Option<String>,
    /// Skills, as the person puts them.
    #[uniffi(default = None)]
    pub skills: Option<String>,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Adds a person. The outcome's value is their id.
    #[uniffi::method(default(command_id = None))]
    pub async fn add_person(&self, person: AddPerson, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, person).await
    }

    /// Edits what a person says of themselves. The outcome's value is their id.
    #[uniffi::method(default(command_id = None))]
    pub async fn edit_person(&self, edit: EditPerson, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, edit).await
    }
}
