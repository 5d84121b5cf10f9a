//! Households and their residents: the roster (一次采集、多方利用).

mod add;
pub mod document;
mod edit;
mod queries;
mod resident;

pub use add::{AddHousehold, NewResident};
pub(crate) use add::{check_phone, check_tag};
pub use edit::EditHousehold;
pub use queries::{HouseholdView, ResidentView, household, residents_of};
pub use resident::{AddResident, EditResident, ResidentField};
