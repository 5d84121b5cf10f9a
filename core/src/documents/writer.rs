//! Writing to a document inside one change: new entries whole, single fields with who and when, nothing that did not change.

use std::collections::HashSet;

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{Automerge, ObjId, ObjType, Prop, ROOT, ReadDoc, ScalarValue, Value as AmValue};

use super::edits::FieldEdit;
use super::{CONFIRMED, ERASED, Map, Value};
use crate::clock::Stamp;
use crate::error::{Error, ErrorKind, Result};

/// One change under construction. Dropped without a commit, nothing happened.
pub struct Writer<'a> {
    tx: Transaction<'a>,
    by: &'a str,
    stamp: &'a Stamp,
    /// Edits that are not made again.
    edits: HashSet<FieldEdit>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(am: &'a mut Automerge, by: &'a str, stamp: &'a Stamp, edits: HashSet<FieldEdit>) -> Self {
        Self { tx: am.transaction(), by, stamp, edits }
    }

    pub(super) fn commit(self) {
        // Who and when are fields of the facts; a time here would cost bytes and say nothing more.
        self.tx.commit_with(CommitOptions::default().with_time(0));
    }

    /// The object at `path`, keys from the root.
    ///
    /// # Errors
    /// `not_found` if there is none.
    pub fn at_path(&self, path: &[&str]) -> Result<ObjId> {
        path.iter().try_fold(ROOT, |obj, key| match self.tx.get(&obj, *key)? {
            Some((AmValue::Object(ObjType::Map), id)) => Ok(id),
            _ => Err(Error::not_found("没有找到这一项，可能尚未同步", "no such entry; it may not have been synced yet")),
        })
    }

    /// Puts a field of something new, without its own stamp: the entry's `by` and `at` hold for it. `None` and empty text
    /// are left out, and so is what stands there already, when a command is run again.
    pub fn put(&mut self, obj: &ObjId, key: &str, value: impl Into<Option<Value>>) -> Result<()> {
        match value.into() {
            None | Some(Value::Null) => Ok(()),
            Some(Value::Text(t)) if t.is_empty() => Ok(()),
            // Someone may have edited it since: run again, a command completes what it made and takes nothing back.
            Some(value) if self.tx.get(obj, key)?.is_some_and(|(v, _)| matches!(v, AmValue::Object(_)) || plain(&v) == value) => Ok(()),
            Some(value) => Ok(self.tx.put(obj, key, scalar(&value))?),
        }
    }

    /// Puts who and when of something new. A time that no hub has confirmed says so, by the boot and the seconds since.
    pub fn stamp(&mut self, obj: &ObjId) -> Result<()> {
        self.put(obj, "by", Value::from(self.by))?;
        self.put(obj, "at", Value::from(self.stamp.at))?;
        if !self.stamp.anchored {
            self.put(obj, "boot", Value::from(self.stamp.reading.boot.as_str()))?;
            self.put(obj, "since_boot", Value::from(self.stamp.reading.since_boot))?;
        }
        Ok(())
    }

    /// The map of a new entry under a container. Its key is an id that no one else makes.
    ///
    /// # Errors
    /// `not_found` if the entry was erased: a command that runs again does not bring it back.
    pub fn new_map(&mut self, obj: &ObjId, key: &str) -> Result<ObjId> {
        match self.tx.get(obj, key)? {
            Some((AmValue::Object(ObjType::Map), id)) if self.tx.get(&id, ERASED)?.is_some() => {
                Err(Error::not_found("这一项已按本人要求删除", "this entry was erased"))
            }
            Some((AmValue::Object(ObjType::Map), id)) => Ok(id),
            _ => Ok(self.tx.put_object(obj, key, ObjType::Map)?),
        }
    }

    /// Sets a field of something that exists, with who and when, if its value differs. Where a command runs again, what it set before and
    /// somebody has replaced since stays replaced.
    ///
    /// # Errors
    /// `in_conflict` if the field holds different values that people set at the same time: those are settled, not overwritten.
    pub fn update(&mut self, obj: &ObjId, key: &str, value: &Value) -> Result<bool> {
        if self.was_set(obj, key, value)? {
            return Ok(false);
        }
        let standing = self.values(obj, key)?;
        if standing.windows(2).any(|w| w[0] != w[1]) {
            return Err(Error::new(
                ErrorKind::InConflict,
                "这一项有两人同时填写的不同内容，请先在“冲突”中选定",
                "two people set this field differently at the same time; settle the conflict first",
            ));
        }
        if standing.first().unwrap_or(&Value::Null) == value {
            return Ok(false);
        }
        self.settle(obj, key, value)?;
        Ok(true)
    }

    /// Sets a field with who and when, over whatever stands there.
    pub fn settle(&mut self, obj: &ObjId, key: &str, value: &Value) -> Result<()> {
        let field = self.tx.put_object(obj, key, ObjType::Map)?;
        self.tx.put(&field, "value", scalar(value))?;
        self.stamp(&field)
    }

    /// Says that a value that stands there is still so, with who and when, beside it: who wrote it stays. The mark names the value, so
    /// that it says nothing of another one that comes in, and two people who confirm the same are no conflict.
    pub fn confirm(&mut self, obj: &ObjId, key: &str, value: &Value) -> Result<()> {
        let mark = format!("{CONFIRMED}{key}");
        if self.was_set(obj, &mark, value)? { Ok(()) } else { self.settle(obj, &mark, value) }
    }

    /// Whether the history has this very edit: the field, the value, who and when.
    fn was_set(&self, obj: &ObjId, key: &str, value: &Value) -> Result<bool> {
        if self.edits.is_empty() {
            return Ok(false);
        }
        let mut path = vec![key.to_owned()];
        path.extend(self.tx.parents(obj)?.filter_map(|parent| if let Prop::Map(key) = parent.prop { Some(key) } else { None }));
        path.reverse();
        let reading = &self.stamp.reading;
        let unconfirmed = (!self.stamp.anchored).then(|| (reading.boot.clone(), reading.since_boot));
        let edit = FieldEdit { path, value: FieldEdit::spelled(value), by: self.by.to_owned(), at: self.stamp.at, unconfirmed };
        Ok(self.edits.contains(&edit))
    }

    fn values(&self, obj: &ObjId, key: &str) -> Result<Vec<Value>> {
        let all = self.tx.get_all(obj, key)?;
        all.into_iter()
            .map(|(value, id)| match value {
                AmValue::Object(_) => Ok(self.tx.get(&id, "value")?.map_or(Value::Null, |(v, _)| plain(&v))),
                scalar => Ok(plain(&scalar)),
            })
            .collect()
    }
}

fn plain(value: &AmValue<'_>) -> Value {
    match value {
        AmValue::Scalar(s) => super::tree::scalar(s),
        AmValue::Object(_) => Value::Null,
    }
}

pub(super) fn scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(b) => ScalarValue::Boolean(*b),
        Value::Int(i) => ScalarValue::Int(*i),
        Value::Text(t) => ScalarValue::Str(t.into()),
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<crate::ids::Id> for Value {
    fn from(id: crate::ids::Id) -> Self {
        Self::Text(id.to_string())
    }
}

impl Map {
    /// Whether the entry at `path` exists and was not marked as removed.
    pub fn present(&self, container: &str, key: &str) -> bool {
        self.map(container).get(key).is_some_and(|e| matches!(&e.node, super::Node::Map(m) if !m.flag("removed")))
    }
}
