//! What should be there, as plain data: who has which role, and what was acknowledged. Nothing here is computed by the code
//! under test.

use std::collections::{BTreeMap, BTreeSet};

use gridwalk_core::Id;
use gridwalk_core::rules::Role;

/// A role as the administrator gave it: over a grid (by its place in [`People::grids`]) or the community.
pub type Grant = (Role, Option<usize>);

/// A grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// Its name, which no other has.
    pub name: String,
    /// Its document.
    pub place: Id,
    /// The grid that it was merged into.
    pub into: Option<usize>,
}

/// How a worker's role over a grid came about that was not given as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// With a merge of this grid into the other.
    Merge(usize),
    /// For someone who is away.
    StandIn,
}

/// What such a role is held for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// When it ends by itself, in seconds since the Unix epoch (UTC).
    pub until: Option<i64>,
    /// Where it comes from.
    pub origin: Origin,
}

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
    /// A circle; the token is its name.
    Circle,
    /// What a circle holds, or an entry of it, made anew; the token is one of its texts.
    Confidential,
    /// A movement of goods; the token is its note.
    Movement,
    /// A paper; the token is its purpose.
    Paper,
    /// This activity has so many places from now on.
    Places(Id, i64),
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
    /// What its input names.
    pub names: Vec<Id>,
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

impl Act {
    /// Whether it made this, or is about it.
    pub fn is_about(&self, id: &Id) -> bool {
        self.names.contains(id) || self.value == Some(*id)
    }
}

/// Who serves what, by the places of persons in the template.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// The grids, closed ones too.
    pub grids: Vec<Grid>,
    /// The roles that persons were given as such.
    pub grants: BTreeMap<usize, BTreeSet<Grant>>,
    /// Workers' roles that came otherwise, by person and grid.
    pub terms: BTreeMap<(usize, usize), Term>,
}

impl People {
    /// The roles that a person holds.
    pub fn roles(&self, person: usize) -> BTreeSet<Grant> {
        let by_term = self.terms.keys().filter(|(p, _)| *p == person).map(|(_, grid)| (Role::GridWorker, Some(*grid)));
        self.grants.get(&person).into_iter().flatten().copied().chain(by_term).collect()
    }

    /// The grids that are open.
    pub fn open(&self) -> Vec<usize> {
        (0..self.grids.len()).filter(|g| self.grids[*g].into.is_none()).collect()
    }

    /// Who serves a grid.
    pub fn workers(&self, grid: usize) -> Vec<usize> {
        let grant = (Role::GridWorker, Some(grid));
        (0..super::template::PEOPLE.len()).filter(|person| self.roles(*person).contains(&grant)).collect()
    }

    /// Gives a role over a grid, as such or for a term. One that is held as such stays so.
    pub fn begin(&mut self, person: usize, grid: usize, term: Option<Term>) {
        let held = self.grants.entry(person).or_default();
        match term {
            _ if held.contains(&(Role::GridWorker, Some(grid))) => {}
            Some(term) => drop(self.terms.insert((person, grid), term)),
            None => {
                self.terms.remove(&(person, grid));
                held.insert((Role::GridWorker, Some(grid)));
            }
        }
    }

    /// Ends a role. Returns the term that it was held for.
    pub fn end(&mut self, person: usize, grant: Grant) -> Option<Term> {
        self.grants.entry(person).or_default().remove(&grant);
        self.terms.remove(&(person, grant.1?))
    }

    /// Ends the roles whose last day is over. Returns whose.
    pub fn expire(&mut self, now: i64) -> Vec<usize> {
        let over = |term: &Term| term.until.is_some_and(|until| until <= now);
        let ended = self.terms.iter().filter(|(_, term)| over(term)).map(|((person, _), _)| *person).collect();
        self.terms.retain(|_, term| !over(term));
        ended
    }
}

/// What was erased: none of it may come back.
#[derive(Debug, Default)]
pub struct Erased {
    /// Documents, and residents, of which nothing may be left.
    pub ids: BTreeSet<Id>,
    /// Documents that began again with what stays.
    pub begun: BTreeSet<Id>,
    /// Texts.
    pub tokens: BTreeSet<String>,
    /// Texts that stood in earlier values alone, of documents that began again.
    pub history: BTreeSet<String>,
}

impl Erased {
    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.begun.is_empty()
    }
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
    /// Persons who were entered into a circle, or approved.
    pub entered: BTreeSet<usize>,
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
    /// What was erased.
    pub erased: Erased,
    /// Where conflicts were settled: the chosen text is written again.
    pub settled: bool,
    /// The most places that somebody said an activity has, of those where it was said again.
    pub places: BTreeMap<Id, i64>,
}

impl Model {
    /// Whether a command of `person` on `phone` may end in quarantine.
    pub fn may_be_refused(&self, phone: usize, person: usize) -> bool {
        self.demoted.contains(&person) || self.doubled.contains(&phone) || self.moved && self.restored || self.overdue || !self.erased.is_empty()
    }

    /// Whether an erasure took this, or what it was about.
    pub fn is_erased(&self, act: &Act) -> bool {
        let erased = &self.erased;
        // A copied store gives new ids: those in its acts may be another's.
        let named = !self.doubled.contains(&act.phone) && erased.ids.iter().any(|id| act.is_about(id));
        named || erased.tokens.contains(&act.token)
    }

    /// Whether an erasure may have taken it along; `emptied` is whether its phone said so of anything. Phones keep no commands on
    /// older generations: a restored hub is not sent again what a document gained before it began again, and of what a backup
    /// does not know nothing is left where a part was erased. A document that began again where its author does not read it any
    /// more takes their unsent work with it. A copied store's ids say too little.
    pub fn may_be_erased(&self, act: &Act, emptied: bool) -> bool {
        let begun_again = (self.restored || emptied) && self.erased.begun.iter().any(|id| act.is_about(id));
        self.is_erased(act) || self.erased.history.contains(&act.token) || begun_again || !self.erased.is_empty() && self.doubled.contains(&act.phone)
    }

    /// Whether it may be in two changes: settling a conflict writes a text again, and what is not known to be taken runs again on
    /// a document that began again.
    pub fn may_be_twice(&self, act: &Act) -> bool {
        act.deed == Deed::Edit && (self.settled || self.erased.begun.iter().any(|id| act.is_about(id)))
    }

    /// Whether a restored hub may not be told of it: what had left a phone is not sent again by one that is enrolled again before
    /// it heard of the restore.
    pub fn may_be_unsaid(&self, act: &Act) -> bool {
        self.restored && self.doubled.contains(&act.phone) && !self.demoted.is_empty()
    }
}
