//! Persons who act: grid workers, in-service members, cadres. Residents are in their households.

mod add;
pub mod document;
mod edit;
mod queries;

pub use add::AddPerson;
pub use edit::EditPerson;
pub use queries::{MeView, PersonView, RoleView, me, person, persons};
