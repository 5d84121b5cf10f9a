//! What should be there, as plain data: who has which role, and what was acknowledged. Nothing here is computed by the code
//! under test.

use std::collections::{BTreeMap, BTreeSet};

use gridwalk_core::Id;
use gridwalk_core::rules::Role;

/// A role as the administrator gave it: over a grid (by its number in the template) or the community.
pub type Grant = (Role, Option<usize>);

/// What a command is about, as far as it can be looked for afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A visit to this household; the token is its note.
    Visit(Id),
    /// A household; the token is its address.
    Household,
    /// A resident; the token is the name.
    Resident,
    /// A report; the token is its title.
    Report,
    /// A step of this report; the token is its note.
    Step(Id),
    /// An activity; the token is its title.
    Activity,
    /// A sign-in; its value is the attendance.
    SignIn,
    /// A sign-out of this attendance.
    SignOut(Id),
    /// An edit that writes the token somewhere.
    Edit,
    /// An edit without text of its own.
    Mute,
}

/// A command that someone gave.
#[derive(Debug, Clone)]
pub struct Act {
    /// The phone it was given on, by its place in the history.
    pub phone: usize,
    /// Text that is nowhere else.
    pub token: String,
    /// What it did.
    pub deed: Deed,
    /// What it answered with.
    pub value: Option<Id>,
    /// Whether the phone said that it is recorded. Else its process died before: it may be there or not.
    pub acknowledged: bool,
    /// Whether its author gave it up from quarantine.
    pub given_up: bool,
}

/// Who is who, and what happened to their phones, as far as it excuses a refusal.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// The roles that persons hold, by their place in the template.
    pub grants: BTreeMap<usize, BTreeSet<Grant>>,
}

/// The model of a history.
#[derive(Debug, Default)]
pub struct Model {
    /// What was done, in order.
    pub acts: Vec<Act>,
    /// Roles.
    pub people: People,
    /// Persons whose roles ended or were lost with a restore: what they did may be refused.
    pub demoted: BTreeSet<usize>,
    /// Phones that may find their own earlier work in the way: store copied, device enrolled again.
    pub doubled: BTreeSet<usize>,
    /// Phones whose store was copied, or is a copy.
    pub copied: BTreeSet<usize>,
    /// Whether a household changed its grid, and whether the hub was restored: roles at a cursor do not count across epochs.
    pub moved: bool,
    /// See `moved`.
    pub restored: bool,
    /// Whether something waited in vain for what a restored hub lost.
    pub overdue: bool,
    /// Reports that were seen closed at the hub.
    pub closed: BTreeSet<String>,
    /// Where conflicts were settled: the chosen text is written again.
    pub settled: bool,
}

impl Model {
    /// Whether a command of `person` on `phone` may end in quarantine.
    pub fn may_be_refused(&self, phone: usize, person: usize) -> bool {
        self.demoted.contains(&person) || self.doubled.contains(&phone) || self.moved && self.restored || self.overdue
    }
}
