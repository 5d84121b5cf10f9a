//! Places: grids and what they lie in. A place has an internal id; administrative codes are attributes, because grids are
//! split, merged and handed over while phones are offline.

mod add;
pub mod document;

pub use add::AddPlace;
