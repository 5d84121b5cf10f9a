//! Executes a command: opens documents, writes each at most once, and collects the changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Command;
use crate::clock::{Hybrid, Stamp};
use crate::documents::{Doc, Documents, Kind, Map, RawChange, Writer};
use crate::error::{Error, Result};
use crate::ids::{Actor, Id};
use crate::kinds;
use crate::rules::Demand;

/// One change that a command made.
#[derive(Debug)]
pub struct Made {
    /// The document's id.
    pub id: Id,
    /// The document with the change in it.
    pub doc: Doc,
    /// The document before, `None` if the command made it.
    pub before: Option<Arc<Doc>>,
    /// The change.
    pub change: RawChange,
}

/// A command being carried out.
pub struct Edit<'a> {
    source: &'a mut dyn Documents,
    command: &'a Command,
    actor: Actor,
    again: bool,
    next: u64,
    opened: BTreeMap<Id, Option<Arc<Doc>>>,
    made: Vec<Made>,
}

impl<'a> Edit<'a> {
    /// Carries out `command` with changes of `actor`. Returns its value, its changes and the counter after its last id.
    pub fn run(source: &'a mut dyn Documents, command: &'a Command, actor: Actor) -> Result<(Id, Vec<Made>, u64)> {
        Self::carry_out(source, command, actor, false)
    }

    /// The same for a command that ran before: it takes nothing back that was done since.
    pub fn run_again(source: &'a mut dyn Documents, command: &'a Command, actor: Actor) -> Result<(Id, Vec<Made>, u64)> {
        Self::carry_out(source, command, actor, true)
    }

    fn carry_out(source: &'a mut dyn Documents, command: &'a Command, actor: Actor, again: bool) -> Result<(Id, Vec<Made>, u64)> {
        let mut edit = Self { source, command, actor, again, next: command.first, opened: BTreeMap::new(), made: Vec::new() };
        let value = command.input.action().apply(&mut edit)?;
        Ok((value, edit.made, edit.next))
    }

    /// The next new id. The same command makes the same ids whenever it runs.
    pub fn new_id(&mut self) -> Id {
        let id = Id { actor: self.command.id.actor, counter: self.next };
        self.next += 1;
        id
    }

    /// Who does it.
    pub fn by(&self) -> Id {
        self.command.by
    }

    /// When it is done.
    pub fn stamp(&self) -> &Stamp {
        &self.command.stamp
    }

    /// Whether `demand` was made when the command was first run.
    pub fn asks(&self, demand: &Demand) -> bool {
        demand.since <= self.command.dictionary
    }

    /// A hybrid time for a step of a case whose other steps are `seen`.
    pub fn hybrid(&self, seen: impl IntoIterator<Item = Hybrid>) -> Hybrid {
        Hybrid::after(self.command.stamp.at, self.command.hub_time, seen)
    }

    /// The state of document `id`, which must be of kind `kind`.
    ///
    /// # Errors
    /// `not_found`, with `zh` and `en` naming what is missing.
    pub fn state(&mut self, id: Id, kind: &str, zh: &str, en: &str) -> Result<Arc<Map>> {
        self.state_of_any(id, &[kind], zh, en)
    }

    /// The state of document `id`, which must be of one of `kinds` (of any, if none is named).
    pub fn state_of_any(&mut self, id: Id, kinds: &[&str], zh: &str, en: &str) -> Result<Arc<Map>> {
        let missing = || Error::not_found(format!("没有找到{zh}，可能尚未同步"), format!("no such {en} on this device; it may not have been synced yet"));
        let doc = self.open(id)?.as_ref().filter(|d| kinds.is_empty() || kinds.contains(&d.kind().name)).ok_or_else(missing)?;
        Ok(doc.tree().clone())
    }

    /// What the community has set, if it is here.
    pub fn settings(&mut self) -> Result<Option<Arc<Map>>> {
        Ok(self.source.settings(&self.command.tenant)?.map(|doc| doc.tree().clone()))
    }

    /// The kind of document `id`.
    ///
    /// # Errors
    /// `not_found` if it is not here.
    pub fn kind_of(&mut self, id: Id) -> Result<&'static Kind> {
        let missing = || Error::not_found("没有找到这份资料，可能尚未同步", "no such record on this device; it may not have been synced yet");
        Ok(self.open(id)?.as_ref().ok_or_else(missing)?.kind())
    }

    /// Makes document `id` of kind `kind`. Run again where the document has come back already, it only completes it.
    pub fn create(&mut self, id: Id, kind: &str, f: impl FnOnce(&mut Writer<'_>) -> Result<()>) -> Result<()> {
        let kind = kinds::by_name(kind).ok_or_else(|| Error::internal("unknown kind"))?;
        if self.open(id)?.is_none() {
            self.opened.insert(id, Some(Arc::new(Doc::new(kind, 0)?)));
            self.change(id, true, f)
        } else {
            self.change(id, false, f)
        }
    }

    /// Writes to document `id`, which was opened before; once in a command.
    pub fn write<T>(&mut self, id: Id, f: impl FnOnce(&mut Writer<'_>) -> Result<T>) -> Result<T> {
        self.change(id, false, f)
    }

    fn open(&mut self, id: Id) -> Result<&Option<Arc<Doc>>> {
        if !self.opened.contains_key(&id) {
            let doc = self.source.load(id)?;
            self.opened.insert(id, doc);
        }
        Ok(&self.opened[&id])
    }

    fn change<T>(&mut self, id: Id, new: bool, f: impl FnOnce(&mut Writer<'_>) -> Result<T>) -> Result<T> {
        let before = self.opened.get_mut(&id).and_then(Option::take).ok_or_else(|| Error::internal("written twice or never opened"))?;
        let mut doc = Doc::clone(&before);
        let (by, stamp) = (self.command.by.to_string(), &self.command.stamp);
        let (value, change) = if self.again { doc.write_again(self.actor, &by, stamp, f) } else { doc.write(self.actor, &by, stamp, f) }?;
        if let Some(change) = change {
            self.made.push(Made { id, doc, before: (!new).then_some(before), change });
        }
        Ok(value)
    }
}
