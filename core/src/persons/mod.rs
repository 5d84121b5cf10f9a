//! Persons who act: grid workers, in-service members, cadres. Residents are in their households.

pub mod document;
mod queries;

pub use queries::{MeView, PersonView, RoleView, me, person, persons};
