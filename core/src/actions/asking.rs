//! A record as the rules would see it, from its rows: whose it is, what stands in it, and which roles of the person reach it.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension};

use crate::dictionary::{Entries, Field};
use crate::documents::{Audience, CONFIRMED, Kind, Value, audiences_of};
use crate::error::{Error, Result};
use crate::ids::{DeviceId, Id};
use crate::records::{open_keys, value};
use crate::rules::{self, Author, Grant, Role};
use crate::store::{Stored, StoredDoc, kind_of, load};

/// A record and who asks.
pub(super) struct Asking<'a> {
    pub(super) connection: &'a Connection,
    pub(super) id: Id,
    pub(super) kind: &'static Kind,
    pub(super) person: Id,
    pub(super) now: i64,
    author: Author,
    /// The roles that reach the record.
    pub(super) roles: Vec<Role>,
    /// The roles that it lies under.
    pub(super) roles_over: Vec<Role>,
    /// The columns of its own row.
    row: HashMap<&'static str, Value>,
    /// Fields that hold several values, by path.
    conflicts: BTreeSet<String>,
}

impl<'a> Asking<'a> {
    pub(super) fn about(connection: &'a Connection, id: Id, person: Id, grants: &[Grant], now: i64) -> Result<Self> {
        let missing = || Error::not_found("没有找到这份资料，可能尚未同步", "no such record on this device; it may not have been synced yet");
        let stored = StoredDoc::find(connection, id)?.ok_or_else(missing)?;
        let kind = kind_of(connection, &stored)?.ok_or_else(missing)?;
        let author = Author { device: DeviceId([0; 8]), devices: Vec::new(), person, grants: grants.to_vec() };
        let audiences = match &stored.audiences[..] {
            // The hub has not told where it is: this phone made it.
            [] => {
                let doc = load(connection, id)?.ok_or_else(missing)?;
                audiences_of(&mut Stored::new(connection), id, kind, doc.tree())?
            }
            told => told.iter().filter_map(|text| text.parse::<Audience>().ok()).collect(),
        };
        let (roles, roles_over) = (author.roles_for(&audiences), author.roles_over(&audiences));
        let columns: Vec<&str> = kind.tables[0].all_columns().map(|(name, _)| name).collect();
        let list: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
        let sql = format!("SELECT {} FROM {} WHERE doc = ?1 AND entry = ''", list.join(", "), kind.tables[0].name);
        let read = |r: &rusqlite::Row<'_>| columns.iter().enumerate().map(|(n, name)| Ok((*name, value(r.get_ref(n)?)))).collect();
        let row = connection.prepare_cached(&sql)?.query_row([id], read).optional()?.unwrap_or_default();
        let mut statement = connection.prepare_cached("SELECT DISTINCT path FROM conflicts WHERE doc = ?1")?;
        let conflicts = statement.query_map([id], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(Self { connection, id, kind, person, now, author, roles, roles_over, row, conflicts })
    }

    /// What stands in a column of its own row.
    pub(super) fn value(&self, column: &str) -> &Value {
        self.row.get(column).unwrap_or(&Value::Null)
    }

    /// The text in a column of its own row.
    pub(super) fn text(&self, column: &str) -> &str {
        if let Value::Text(text) = self.value(column) { text } else { "" }
    }

    /// The number in a column of its own row.
    pub(super) fn int(&self, column: &str) -> Option<i64> {
        if let Value::Int(number) = self.value(column) { Some(*number) } else { None }
    }

    /// Whether the person writes at the community's desk.
    pub(super) fn at_desk(&self) -> bool {
        self.author.is(Role::Cadre)
    }

    /// Whether the person speaks for this unit.
    pub(super) fn is_of(&self, unit: Id) -> bool {
        self.author.grants.iter().any(|grant| grant.scope == Audience::Unit(unit))
    }

    /// Whether one of the person's roles that reach it is among these.
    pub(super) fn has(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }

    /// Whether a role over these audiences is among `roles`.
    pub(super) fn has_over(&self, audiences: &[Audience], roles: &[Role]) -> bool {
        self.author.roles_for(audiences).iter().any(|role| roles.contains(role))
    }

    /// Whether the row of the rules that has this very path names one of the person's roles.
    pub(super) fn may_write(&self, path: &str) -> bool {
        self.kind.rows().iter().any(|row| row.path == path && self.has(row.roles))
    }

    /// What the kind's `check` says of all edits: of these kinds others than the desk edit their own alone.
    pub(super) fn may_edit(&self) -> bool {
        match self.kind.name {
            "person" => self.at_desk() || self.id == self.person,
            "attendance" | "claim" => self.at_desk() || self.text("person") == self.person.to_string(),
            _ => true,
        }
    }

    /// Who recorded it.
    pub(super) fn by(&self) -> Result<Option<Id>> {
        if self.row.contains_key("by") {
            return Ok(self.text("by").parse().ok());
        }
        Ok(load(self.connection, self.id)?.and_then(|doc| doc.tree().id("by")))
    }

    /// The fields that the person may set now.
    pub(super) fn editable(&self, fields: &[Field]) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for field in fields.iter().filter(|field| field.is_written()) {
            let Some(write) = field.writers.iter().find(|write| self.has(write.roles)) else { continue };
            // What stands already stays, and what does not is its author's to complete.
            let is_open = !write.once || self.is_empty(field) && self.by()? == Some(self.person);
            let in_conflict = field.columns().any(|(column, _)| self.conflicts.contains(column));
            if is_open && !in_conflict {
                found.push(field.key.to_owned());
            }
        }
        Ok(found)
    }

    /// The community's own fields that the person may set now, of the record (`""`) or of its entries.
    pub(super) fn own(&self, room: &'static str) -> Result<Vec<String>> {
        let path = if room.is_empty() { "x:*".to_owned() } else { format!("{room}/*/x:*") };
        if !self.may_write(&path) {
            return Ok(Vec::new());
        }
        let mut keys = open_keys(self.connection, self.id, self.kind, room)?;
        keys.retain(|key| !self.conflicts.contains(key));
        Ok(keys)
    }

    /// The fields of entries that may be set again.
    pub(super) fn editable_of_entries(&self, entries: &Entries) -> Result<Vec<String>> {
        let again = entries.fields.iter().filter(|f| f.is_written() && f.writers.iter().find(|w| self.has(w.roles)).is_some_and(|w| !w.once));
        let found: Vec<String> = again.map(|f| f.key.to_owned()).collect();
        if found.is_empty() {
            return Ok(found);
        }
        let any = self.connection.prepare_cached(&format!("SELECT 1 FROM {} WHERE doc = ?1 LIMIT 1", entries.table.name))?.exists([self.id])?;
        Ok(if any { found } else { Vec::new() })
    }

    /// Whether something stands there that the person may confirm: not in conflict, and not written once for good.
    pub(super) fn has_to_confirm(&self) -> bool {
        let stands = |field: &Field| !self.is_empty(field) && !field.columns().any(|(column, _)| self.conflicts.contains(column));
        self.kind.is_confirmed()
            && self.may_write(&format!("{CONFIRMED}*"))
            && self.kind.fields.iter().any(|field| field.is_written() && !field.is_once() && stands(field))
    }

    /// Whether nothing stands in a field of the record's own.
    fn is_empty(&self, field: &Field) -> bool {
        field.columns().all(|(column, _)| matches!(self.value(column), Value::Null))
    }

    /// Whether a new entry is in place now: an agreement is visited once there is one, a result evaluated by whoever told of it, or by the desk for them.
    pub(super) fn takes(&self, entries: &Entries) -> bool {
        match entries.key {
            "return_visits" => !self.text("agreement").is_empty(),
            "evaluations" => ["close", "decline"].contains(&self.text("status")) && (self.at_desk() || self.text("by") == self.person.to_string()),
            _ => true,
        }
    }

    /// The fields in conflict, by path, that the person may settle.
    pub(super) fn conflicts_to_settle(&self) -> Result<Vec<String>> {
        let may = |path: &&String| {
            let keys: Vec<&str> = path.split('/').collect();
            let named = self.kind.named.iter().find(|named| keys.len() == 2 && named.key == keys[0]);
            match (self.kind.field_at(&keys), named) {
                (Some(field), _) => field.writers.iter().find(|w| self.has(w.roles)).is_some_and(|w| !w.once),
                (None, Some(named)) => self.has(named.roles),
                (None, None) => self.kind.rows().iter().any(|row| self.has(row.roles) && rules::names(std::slice::from_ref(row), &keys)),
            }
        };
        Ok(self.conflicts.iter().filter(may).cloned().collect())
    }
}
