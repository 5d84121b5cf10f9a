//! Households with their residents.

use gridwalk_core::households::{AddHousehold, AddResident, EditHousehold, EditResident, HouseholdView, NewResident, ResidentField, ResidentView};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::{Id, LatLon, ResidentSet};

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
}

/// A new household with the residents known so far.
#[uniffi::remote(Record)]
pub struct AddHousehold {
    /// The grid it lies in, or the micro-grid of it.
    pub place: Id,
    /// The address as people say it.
    pub address: String,
    /// Owned, rented, …; may be empty.
    #[uniffi(default = "")]
    pub tenure: String,
    /// Latitude in degrees (WGS-84).
    #[uniffi(default = None)]
    pub lat: Option<f64>,
    /// Longitude in degrees (WGS-84).
    #[uniffi(default = None)]
    pub lon: Option<f64>,
    /// A visiting rhythm of its own, in days, beside those of its residents' tags.
    #[uniffi(default = None)]
    pub visit_every_days: Option<u32>,
    /// The residents.
    #[uniffi(default = [])]
    pub residents: Vec<NewResident>,
}

/// A person in a household, as first recorded.
#[uniffi::remote(Record)]
pub struct NewResident {
    /// The name.
    pub name: String,
    /// 男 or 女; may be empty.
    #[uniffi(default = "")]
    pub sex: String,
    /// Date of birth, `YYYY-MM-DD`; may be empty.
    #[uniffi(default = "")]
    pub birth: String,
    /// To the household's head; may be empty.
    #[uniffi(default = "")]
    pub relation: String,
    /// Telephone number; may be empty.
    #[uniffi(default = "")]
    pub phone: String,
    /// Tags.
    #[uniffi(default = [])]
    pub tags: Vec<String>,
}

/// New values of a household's fields; what is `None` stays.
#[uniffi::remote(Record)]
pub struct EditHousehold {
    /// The household.
    pub household: Id,
    /// A new address.
    #[uniffi(default = None)]
    pub address: Option<String>,
    /// A new tenure.
    #[uniffi(default = None)]
    pub tenure: Option<String>,
    /// `lived_in`, `vacant` or `moved`: states, not deletions.
    #[uniffi(default = None)]
    pub state: Option<String>,
    /// A new visiting rhythm in days.
    #[uniffi(default = None)]
    pub visit_every_days: Option<u32>,
    /// A new position.
    #[uniffi(default = None)]
    pub position: Option<LatLon>,
    /// The grid it now lies in, or the micro-grid of it.
    #[uniffi(default = None)]
    pub place: Option<Id>,
}

/// A field of a resident that can be edited.
#[uniffi::remote(Enum)]
pub enum ResidentField {
    /// The name.
    Name,
    /// 男 or 女.
    Sex,
    /// Date of birth, `YYYY-MM-DD`.
    Birth,
    /// Relation to the household's head.
    Relation,
    /// Telephone number.
    Phone,
    /// `living`, `moved` or `deceased`.
    State,
}

/// New values of a resident's fields, and tags given and taken away.
#[uniffi::remote(Record)]
pub struct EditResident {
    /// The household.
    pub household: Id,
    /// The resident.
    pub resident: Id,
    /// New values of fields.
    #[uniffi(default = [])]
    pub set: Vec<ResidentSet>,
    /// Tags to give.
    #[uniffi(default = [])]
    pub add_tags: Vec<String>,
    /// Tags to take away.
    #[uniffi(default = [])]
    pub remove_tags: Vec<String>,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// A household with its residents.
    pub async fn household(&self, id: Id) -> Result<HouseholdView> {
        self.call(move |core| core.household(id)).await
    }

    /// Adds a household. The outcome's value is its id.
    #[uniffi::method(default(command_id = None))]
    pub async fn add_household(&self, household: AddHousehold, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, household).await
    }

    /// Edits fields of a household. The outcome's value is its id.
    #[uniffi::method(default(command_id = None))]
    pub async fn edit_household(&self, edit: EditHousehold, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, edit).await
    }

    /// Adds a resident to a household. The outcome's value is the resident's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn add_resident(&self, household: Id, resident: NewResident, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, AddResident { household, resident }).await
    }

    /// Edits fields and tags of a resident. The outcome's value is the resident's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn edit_resident(&self, edit: EditResident, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, edit).await
    }
}
