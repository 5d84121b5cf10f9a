//! Households with their residents.

use gridwalk_core::dictionary::FieldValue;
use gridwalk_core::households::{HouseholdView, ResidentView};

use crate::error::Result;
use crate::phone::Phone;
use crate::values::{Id, LatLon};

/// A household.
#[uniffi::remote(Record)]
pub struct HouseholdView {
    /// The household.
    pub id: Id,
    /// The grid it lies in.
    pub place: String,
    /// The micro-grid (building or stairway) in it, empty if none.
    pub micro_grid: String,
    /// The address.
    pub address: String,
    /// Owned, rented, ….
    pub tenure: String,
    /// `lived_in`, `vacant` or `moved`.
    pub state: String,
    /// Its position.
    pub position: Option<LatLon>,
    /// Its own visiting rhythm in days.
    pub visit_every_days: Option<i64>,
    /// Its residents.
    pub residents: Vec<ResidentView>,
    /// Its further fields.
    pub fields: Vec<FieldValue>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A resident.
#[uniffi::remote(Record)]
pub struct ResidentView {
    /// The resident's id within the household.
    pub id: Id,
    /// The name.
    pub name: String,
    /// 男 or 女.
    pub sex: String,
    /// Date of birth, `YYYY-MM-DD`.
    pub birth: String,
    /// Relation to the household's head.
    pub relation: String,
    /// Telephone number.
    pub phone: String,
    /// `living`, `moved` or `deceased`.
    pub state: String,
    /// Tags.
    pub tags: Vec<String>,
    /// Their further fields.
    pub fields: Vec<FieldValue>,
    /// Whether something of them is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of theirs holds several values that people set at the same time.
    pub conflict: bool,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// A household with its residents.
    pub async fn household(&self, id: Id) -> Result<HouseholdView> {
        self.call(move |core| core.household(id)).await
    }
}
