//! Persons who act.

use gridwalk_core::persons::{MeView, PersonView, RoleView};
use gridwalk_core::rules::Role;

use crate::error::Result;
use crate::phone::Phone;
use crate::values::{CodeName, Id};

/// A person who acts.
#[uniffi::remote(Record)]
pub struct PersonView {
    /// The person.
    pub id: Id,
    /// What they are to the community: the code of a role.
    pub kind: String,
    /// The name.
    pub name: String,
    /// Telephone number, empty if they gave none.
    pub phone: String,
    /// The employer unit (所在单位), empty if they gave none.
    pub unit: String,
    /// Skills, as the person puts them.
    pub skills: String,
    /// When they were registered, in seconds since the Unix epoch (UTC).
    pub registered_at: Option<i64>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A role over what it is given over.
#[uniffi::remote(Record)]
pub struct RoleView {
    /// The role's code.
    pub role: String,
    /// What people call it, in Chinese.
    pub zh: String,
    /// What people call it, in English.
    pub en: String,
    /// What it is given over, as a code: `place:…`, `community`.
    pub scope: String,
    /// The name of that grid, micro-grid, unit or circle; empty for the community and the street, and for what is not known here.
    pub scope_name: String,
}

/// The person signed in.
#[uniffi::remote(Record)]
pub struct MeView {
    /// The community.
    pub tenant: String,
    /// The person. Until the first sync only the id is known.
    pub person: PersonView,
    /// Their roles.
    pub roles: Vec<RoleView>,
    /// Households on this phone.
    pub households: i64,
    /// Residents on this phone who live there.
    pub residents: i64,
    /// Visits that they made, as far as this phone keeps them.
    pub visits: i64,
    /// Reports that they raised.
    pub reports: i64,
    /// Records of theirs that the hub has not answered yet.
    pub unsent: i64,
}

/// The roles that people have, with what people call them.
#[uniffi::export]
pub fn roles() -> Vec<CodeName> {
    CodeName::all(&Role::CODES).into_iter().filter(|role| role.code != Role::Hub.info().code).collect()
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The person signed in, with their roles and what of theirs is here.
    pub async fn me(&self) -> Result<MeView> {
        self.call(|core| core.me()).await
    }

    /// The persons that this phone may read, by name.
    pub async fn persons(&self) -> Result<Vec<PersonView>> {
        self.call(|core| core.persons()).await
    }

    /// A person that this phone may read.
    pub async fn person(&self, id: Id) -> Result<PersonView> {
        self.call(move |core| core.person(id)).await
    }
}
