//! What taking something in works on, and what it notes on the way.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Transaction;

use super::SyncReport;
use super::protocol::SyncReply;
use crate::ids::Id;
use crate::phone::Phone;
use crate::store::Touched;

/// A reply, or a receipt, being taken in: in one transaction.
pub(super) struct Intake<'a> {
    pub(super) phone: &'a Phone,
    pub(super) tx: &'a Transaction<'a>,
    pub(super) touched: &'a mut Touched,
    pub(super) report: &'a mut SyncReport,
    pub(super) hub_time: i64,
    /// Documents that the news began again or erased.
    pub(super) begun: Begun,
    /// Communities whose cursor is not that of the request any more: another sync came between it and its reply.
    pub(super) late: BTreeSet<String>,
}

/// How verdicts came here.
#[derive(Clone, Copy)]
pub(super) enum Heard<'a> {
    /// In the hub's reply to this phone.
    Reply(&'a SyncReply),
    /// By whoever carried the bundle.
    Receipt,
}

/// Documents whose older generations this reply ended: with the generation that this phone holds now, or without one.
pub(super) type Begun = BTreeMap<Id, Option<u32>>;

/// A command of which the hub did not take a change.
#[derive(Debug)]
pub(super) struct Failed {
    /// Its row.
    pub command: i64,
    /// The rules' code, if the rules refused it; else it runs again.
    pub refused: Option<String>,
    /// Whether the store was copied: all unsent commands get new ids.
    pub new_ids: bool,
    /// Whether something is missing that another phone may send again to a restored hub.
    pub missing: bool,
    /// Whether a document of it was begun again since.
    pub older: Option<Superseded>,
}

/// What became of the document that a command of an older generation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Superseded {
    /// The command runs again on the new generation, and is emptied if it does not apply there.
    BegunAgain,
    /// Nothing that this phone may read is left: the command is emptied.
    Erased,
}
