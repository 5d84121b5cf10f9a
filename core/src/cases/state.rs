//! What a case's steps add up to.

use std::collections::HashMap;

use super::moments::Running;
use super::process::{Holder, Process};
use crate::ids::Id;

/// The state of a case among whose steps is one of a newer gridwalk's: where they lead only that one knows (更新应用后可看).
pub const UNKNOWN: &str = "unknown";

/// The code of the hub's step that names what a published state rests on.
pub const SETTLED: &str = "settled";

/// The code of the hub's step that moves clocks because a calendar was replaced.
pub const CALENDAR: &str = "calendar";

/// The code of a step that says something and changes nothing.
pub const NOTE: &str = "note";

/// Why a step has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// It does not apply where the case stood then, a state's code.
    State(&'static str),
    /// It came after the end of its clock, in seconds since the Unix epoch (UTC).
    Limit(i64),
    /// The unit that it speaks for did not have the case.
    Unit,
}

/// A step in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedStep {
    /// The step's id.
    pub id: String,
    /// Its code, as it stands there.
    pub code: String,
    /// Why it has no effect; `None` if it has, and of a newer gridwalk's step.
    pub without: Option<Without>,
}

/// A unit that has, or had, the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The unit.
    pub unit: Id,
    /// Whether it leads.
    pub leads: bool,
    /// The step that gave it the case.
    pub step: String,
    /// When it was given, in seconds since the Unix epoch (UTC).
    pub since: i64,
    /// The code of its own last step (`take_on`, `arrive`, `settle_part`, `return`), empty if it has done none.
    pub last: String,
    /// When it gave the case back, or it was taken from it.
    pub until: Option<i64>,
}

/// A case's steps in order and what they add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// The code of where it stands.
    pub status: &'static str,
    /// When it came to stand there, in seconds since the Unix epoch (UTC).
    pub since: i64,
    /// When it was last answered (`feed_back`, `answer`, `tell`).
    pub answered_at: Option<i64>,
    /// The steps in order.
    pub steps: Vec<FoldedStep>,
    /// The kind of the last whistle: 1 beyond the community, 2 joint enforcement, 3 emergency. From then on the street reads it.
    pub whistled: Option<i64>,
    /// The units that were given it, in that order; those with `until` have it no more.
    pub parts: Vec<Part>,
    /// The unit that led first: it stays responsible (首问负责), handed on or not.
    pub first_asked: Option<Id>,
    /// The person it was last handed on to.
    pub person: Option<Id>,
    /// When the street last pressed (督办), since it was last answered.
    pub supervised_at: Option<i64>,
    /// Its clocks, each in the order they were started.
    pub clocks: Vec<Running>,
    /// How many notes came since it was at an end, and nobody has answered for yet.
    pub notes_since: i64,
    /// Whether it is at an end by a step that no `settled` step names.
    pub unsettled: bool,
    /// Steps that replace the same one with something else, until a step names them all.
    pub disputes: Vec<Vec<String>>,
    /// Where it was before a step that a later one undoes.
    pub(super) before: HashMap<&'static str, &'static str>,
}

impl Folded {
    /// Whether nobody is to act on it: it is at an end, and nothing came since.
    pub fn is_done(&self, process: &Process) -> bool {
        process.is_done(self.status) && self.notes_since == 0
    }

    /// The unit that leads.
    pub fn lead(&self) -> Option<Id> {
        self.having().find(|part| part.leads).map(|part| part.unit)
    }

    /// The units that assist.
    pub fn assisting(&self) -> Vec<Id> {
        self.having().filter(|part| !part.leads).map(|part| part.unit).collect()
    }

    /// The units that have it.
    pub fn having(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.until.is_none())
    }

    /// Who has it.
    pub fn holder(&self, process: &Process) -> Holder {
        match process.state(self.status).map_or(Holder::Community, |state| state.holder) {
            Holder::Nobody => Holder::Nobody,
            _ if self.lead().is_some() => Holder::Unit,
            holder => holder,
        }
    }
}
