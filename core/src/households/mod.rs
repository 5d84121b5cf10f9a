//! Households and their residents: the roster (一次采集、多方利用).

mod add;
mod address;
pub mod document;
mod edit;
mod listed;
mod queries;
mod resident;

pub use add::{AddHousehold, NewResident};
pub(crate) use add::{check_phone, check_tag};
pub use address::Door;
pub use edit::EditHousehold;
pub use listed::{HouseholdRow, households};
pub use queries::{HouseholdView, ResidentView, household, residents_of};
pub use resident::{AddResident, EditResident, ResidentField};
