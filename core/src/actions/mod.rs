//! What this person may do to this record now: asked of the same declarations and tables as the rules, over rows of the read
//! model, so that screens offer what a hub takes and nothing else.

mod asking;
mod commands;

use rusqlite::Connection;
use serde::Serialize;

use asking::Asking;

use crate::dictionary::Label;
use crate::documents::Added;
use crate::error::Result;
use crate::ids::Id;
use crate::kinds::COMMANDS;
use crate::rules::Grant;

/// Something that may be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActionView {
    /// The command's stable name: `records.edit`, `reports.step`.
    pub command: String,
    /// Which of what the command does: a step's code, the key of entries; empty if it does one thing.
    pub what: String,
    /// What people call it.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The fields that it writes, of an edit or of a new entry.
    pub fields: Vec<String>,
}

impl ActionView {
    /// The command, called as everywhere.
    fn of(command: &str) -> Self {
        let label = COMMANDS.iter().find(|c| c.code == command).map_or(Label { zh: "", en: "" }, |c| c.label);
        Self { command: command.to_owned(), what: String::new(), zh: label.zh.into(), en: label.en.into(), fields: Vec::new() }
    }

    /// One of the things that the command does.
    fn one_of(command: &str, what: &str, label: Label) -> Self {
        Self { what: what.to_owned(), zh: label.zh.into(), en: label.en.into(), ..Self::of(command) }
    }
}

/// What `person` with these roles may do at `now` (seconds since the Unix epoch, UTC) to the record `id`. What one may complete in
/// an entry of one's own that was left empty is not listed.
///
/// # Errors
/// `not_found` if it is not on this phone or of a kind that this version does not know.
pub fn actions(connection: &Connection, id: Id, person: Id, grants: &[Grant], now: i64) -> Result<Vec<ActionView>> {
    let asking = Asking::about(connection, id, person, grants, now)?;
    let mut all = Vec::new();
    let kind = asking.kind;
    if asking.may_edit() {
        let mut fields = asking.editable(kind.fields)?;
        fields.extend(asking.own("")?);
        if !fields.is_empty() {
            all.push(ActionView { fields, ..ActionView::of("records.edit") });
        }
        for named in kind.named.iter().filter(|named| named.is_edited && asking.may_write(&format!("{}/{{name}}", named.key))) {
            all.push(ActionView { fields: vec![named.key.into()], ..ActionView::one_of("records.edit", named.key, named.label) });
        }
        for entries in kind.entries {
            let mut fields = asking.editable_of_entries(entries)?;
            let own = asking.own(entries.key)?;
            if !fields.is_empty() {
                fields.extend(own.iter().cloned());
                all.push(ActionView { fields, ..ActionView::one_of("records.edit", entries.key, entries.label) });
            }
            if entries.added == Added::Add && asking.may_write(&format!("{}/*", entries.key)) && asking.takes(entries) {
                let fields = entries.fields.iter().filter(|f| f.is_written()).map(|f| f.key.into()).chain(own).collect();
                all.push(ActionView { fields, ..ActionView::one_of("records.add_entry", entries.key, entries.label) });
            }
        }
        if asking.has_to_confirm() {
            all.push(ActionView::of("records.confirm"));
        }
        let conflicts = asking.conflicts_to_settle()?;
        if !conflicts.is_empty() {
            all.push(ActionView { fields: conflicts, ..ActionView::of("conflicts.settle") });
        }
    }
    commands::add(&asking, &mut all)?;
    Ok(all)
}
