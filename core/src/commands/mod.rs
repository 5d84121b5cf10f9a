//! Commands: what a person did, as data. A command is checked, makes at most one change on each of a few documents, and is
//! kept with them until the hub has answered; it can be run again, with the same ids and times, on another state.

mod edit;
mod input;

pub use edit::{Edit, Made};
pub use input::{check_name, check_note, check_past, check_position, check_text, check_time};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::clock::Stamp;
use crate::error::Result;
use crate::ids::Id;
use crate::kinds::Input;

/// What a person did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Made when the form was opened: the same id twice is one record.
    pub id: Id,
    /// The counter of the first id that the command makes; fixed when it first runs.
    pub first: u64,
    /// The community whose documents it changes.
    pub tenant: String,
    /// The person.
    pub by: Id,
    /// When it was run.
    pub stamp: Stamp,
    /// The dictionary's number when it was first run: what is demanded since does not refuse it.
    pub dictionary: u32,
    /// The newest hub time seen by then, in seconds since the Unix epoch (UTC).
    pub hub_time: Option<i64>,
    /// What was done.
    #[serde(flatten)]
    pub input: Input,
}

/// What a person means by a command, given what this phone holds.
#[derive(Debug)]
pub enum Meant {
    /// Just what it says.
    AsGiven,
    /// This instead: the same, with what it concerns named.
    Instead(Box<Input>),
    /// Nothing new: it was done before, and this is what that made.
    Done(Id),
}

/// One kind of command.
pub trait Action {
    /// What `person` means by this at `now` (seconds since the Unix epoch, UTC). It is asked once, when they do it: a command that
    /// runs again goes by what was found then.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn meant(&self, _store: &Connection, _person: Id, _now: i64) -> Result<Meant> {
        Ok(Meant::AsGiven)
    }

    /// Makes the changes. Returns the id of what the command is about or made, for the screen to go on with.
    ///
    /// # Errors
    /// What is wrong with the input, in words for a person. Nothing was changed then.
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id>;
}
