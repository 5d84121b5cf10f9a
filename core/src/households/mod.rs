//! Households and their residents: the roster (一次采集、多方利用).

mod address;
mod check;
pub mod document;
mod listed;
mod queries;

pub use address::Door;
pub(crate) use check::{check_phone, check_tag};
pub use listed::{HouseholdRow, households};
pub use queries::{HouseholdView, ResidentView, household, residents_of};
