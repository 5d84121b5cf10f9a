//! What is found out about the times of a record after it was made, by its author's phone and by the hub: see
//! [`crate::documents::FoundTime`].

mod anchor;
mod bound;

pub use anchor::AnchorTimes;
pub use bound::BoundTimes;
