//! The households of a place.

use gridwalk_core::households::HouseholdRow;

use crate::error::Result;
use crate::phone::Phone;
use crate::values::Id;

/// A household in a list.
#[uniffi::remote(Record)]
pub struct HouseholdRow {
    /// The household.
    pub id: Id,
    /// The address.
    pub address: String,
    /// The building, read from the address; empty if it names none.
    pub building: String,
    /// The stairway in it; empty if the address names none.
    pub stairway: String,
    /// The floor, where the address says so.
    pub floor: Option<i64>,
    /// The room; empty if the address names none.
    pub room: String,
    /// The first resident's name; empty if none is known.
    pub name: String,
    /// How many live there.
    pub residents: i64,
    /// `lived_in`, `vacant` or `moved`.
    pub state: String,
    /// When someone was last met or reached, in seconds since the Unix epoch (UTC).
    pub last_visit_at: Option<i64>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
    /// Where it stands in its list: the next page begins after the last one's.
    pub key: String,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The households of a grid or micro-grid (of all on this phone without one) by address, in pages of `limit`: the next one is after
    /// the key of the last row.
    #[uniffi::method(default(after = None))]
    pub async fn households(&self, place: Option<Id>, limit: u32, after: Option<String>) -> Result<Vec<HouseholdRow>> {
        self.call(move |core| core.households(place, after.as_deref(), limit)).await
    }
}
