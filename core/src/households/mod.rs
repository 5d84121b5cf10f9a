//! Households and their residents: the roster (一次采集、多方利用).

mod check;
pub mod document;
mod queries;

pub(crate) use check::{check_phone, check_tag};
pub use queries::{HouseholdView, ResidentView, household, residents_of};
