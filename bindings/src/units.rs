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
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The departments and units, by name.
    pub async fn units(&self) -> Result<Vec<UnitView>> {
        self.call(|core| core.units()).await
    }
}
