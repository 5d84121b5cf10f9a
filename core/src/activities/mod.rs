//! Volunteer activities and who claimed a place in them. Nobody is assigned by force (志愿服务条例 Art. 25).

mod claim;
pub mod document;
mod queries;

pub use claim::ClaimActivity;
pub use queries::{ActivityView, activities};
