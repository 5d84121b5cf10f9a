//! Departments and units.

use gridwalk_core::units::UnitView;

use crate::error::Result;
use crate::phone::Phone;
use crate::values::Id;

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

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The departments and units, by name.
    pub async fn units(&self) -> Result<Vec<UnitView>> {
        self.call(|core| core.units()).await
    }
}
