//! Departments and units.

use gridwalk_core::units::{AddUnit, EditUnit, SORTS, UnitView};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::{CodeName, Id};

/// A department or unit.
#[uniffi::remote(Record)]
pub struct UnitView {
    /// The unit.
    pub id: Id,
    /// What it is to the community, as a code.
    pub sort: String,
    /// Its name.
    pub name: String,
    /// Telephone number.
    pub phone: String,
}

/// A department or unit to add.
#[uniffi::remote(Record)]
pub struct AddUnit {
    /// What it is to the community: a code of `unit_sorts`.
    pub sort: String,
    /// Its name.
    pub name: String,
    /// Telephone number; may be empty.
    #[uniffi(default = "")]
    pub phone: String,
}

/// New values of a unit's fields; what is `None` stays.
#[uniffi::remote(Record)]
pub struct EditUnit {
    /// The unit.
    pub unit: Id,
    /// A new name.
    #[uniffi(default = None)]
    pub name: Option<String>,
    /// A new telephone number; empty for none.
    #[uniffi(default = None)]
    pub phone: Option<String>,
}

/// What a unit can be to the community, with what people call it.
#[uniffi::export]
pub fn unit_sorts() -> Vec<CodeName> {
    SORTS.iter().map(|(code, zh)| CodeName::new(code, zh)).collect()
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Adds a department or unit. The outcome's value is its id.
    #[uniffi::method(default(command_id = None))]
    pub async fn add_unit(&self, unit: AddUnit, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, unit).await
    }

    /// Edits a department or unit. The outcome's value is its id.
    #[uniffi::method(default(command_id = None))]
    pub async fn edit_unit(&self, edit: EditUnit, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, edit).await
    }

    /// The departments and units, by name.
    pub async fn units(&self) -> Result<Vec<UnitView>> {
        self.call(|core| core.units()).await
    }
}
