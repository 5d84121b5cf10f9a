//! A community's own fields in records: what is given for them checked by their definitions, when a person gives it and when a file
//! comes in; and what stands in them shown with what it means.

use std::collections::HashMap;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::form::{FieldView, field};
use super::read::{Against, as_given, read, unknown};
use super::{Json, JsonMap};
use crate::dictionary::own::{self, Definition, OWN, OwnField};
use crate::dictionary::{Entries, Field, FieldValue};
use crate::documents::{Kind, Map, Value};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::kinds;
use crate::store::tenant_of;
use crate::versions::Dictionary;

/// An own field as forms see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OwnFieldView {
    /// The kind of the records that have it, or the key of the entries that have it: `household`, `residents`.
    pub of: String,
    /// Whether nobody writes it any more: what stands there is shown.
    pub closed: bool,
    /// The field.
    pub field: FieldView,
}

impl From<&'static OwnField> for OwnFieldView {
    fn from(own: &'static OwnField) -> Self {
        let Definition { zh, en, closed, .. } = own.definition.clone();
        Self { of: own.of.into(), closed, field: FieldView { zh, en, ..field(&own.field, &Dictionary::OURS) } }
    }
}

/// The own fields of a community, of all on this phone if none is named.
pub fn own_fields(connection: &Connection, tenant: Option<&str>) -> Result<Vec<&'static OwnField>> {
    let mut statement = connection.prepare_cached("SELECT doc, entry, definition FROM own_fields ORDER BY entry, doc")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (settings, name, definition): (Id, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if tenant.is_none() || tenant_of(connection, settings)?.as_deref() == tenant {
            found.extend(OwnField::read(&name, &definition));
        }
    }
    Ok(found)
}

/// The own fields of the community that a person is in.
pub(super) fn own_fields_for(connection: &Connection, person: Id) -> Result<Vec<&'static OwnField>> {
    let mut statement = connection.prepare_cached("SELECT tenant FROM tenants WHERE person = ?1")?;
    let tenant: Option<String> = statement.query_row([person], |r| r.get(0)).optional()?;
    own_fields(connection, tenant.as_deref())
}

/// What is given for fields, with the community's own named by their keys and checked by their types. `declared` are the fields beside them, `beside`
/// further keys that are none.
///
/// # Errors
/// The first that is wrong, naming its field.
pub fn settled(own: &[&'static OwnField], of: &str, declared: &[Field], beside: &[&str], given: &JsonMap) -> Result<JsonMap> {
    let mut settled = JsonMap::new();
    for (name, json) in given {
        let is_declared = beside.contains(&name.as_str()) || declared.iter().any(|field| field.key == name);
        match own.iter().find(|own| own.of == of && own.is_called(name)).filter(|_| !is_declared) {
            Some(own) => drop(settled.insert(own.field.key.into(), given_for(own, json).map_err(|flaw| flaw.in_field(name))?)),
            None if name.starts_with(OWN) => return Err(unknown(name).in_field(name)),
            None => drop(settled.insert(name.clone(), json.clone())),
        }
    }
    Ok(settled)
}

/// What is given for an own field, checked by its type.
///
/// # Errors
/// What is wrong with it, or that the field is closed.
pub fn given_for(own: &OwnField, json: &Json) -> Result<Json> {
    if own.definition.closed {
        let (zh, en) = (&own.definition.zh, &own.definition.en);
        return Err(Error::invalid(format!("“{zh}”已停用，不再填写"), format!("{en} is closed and not written any more")));
    }
    value_of(own, json)
}

/// The value that is given for an own field, closed or not.
pub(super) fn value_of(own: &OwnField, json: &Json) -> Result<Json> {
    // None of its types asks for the day.
    let written = read(&own.field, json, &JsonMap::new(), &mut Against::day(Date::MAX))?;
    Ok(written.first().map_or(Json::Null, |(_, value)| value.to_json()))
}

/// The own fields of a record with what they mean, by the entry that they stand in (empty for the record itself).
pub(crate) fn own_values(connection: &Connection, doc: Id) -> Result<HashMap<String, Vec<FieldValue>>> {
    let mut statement = connection.prepare_cached("SELECT part, room, name, value FROM own_values WHERE doc = ?1 ORDER BY entry")?;
    let mut rows = statement.query(params![doc.to_string()])?;
    let mut own = None;
    let mut found: HashMap<String, Vec<FieldValue>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (part, of, key, json): (String, String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let value = serde_json::from_str(&json).ok().as_ref().and_then(as_given).unwrap_or(Value::Null);
        if own.is_none() {
            own = Some(own_fields(connection, tenant_of(connection, doc)?.as_deref())?);
        }
        found.entry(part).or_default().extend(shown(own.as_deref().unwrap_or_default(), &of, &key, &value));
    }
    Ok(found)
}

/// The own fields of a record or entry that have a value, with what they mean.
pub(super) fn shown_in(own: &[&'static OwnField], of: &str, tree: &Map) -> Vec<FieldValue> {
    tree.iter().filter(|e| e.key.starts_with(OWN)).filter_map(|e| shown(own, of, &e.key, e.node.value())).collect()
}

fn shown(own: &[&'static OwnField], of: &str, key: &str, value: &Value) -> Option<FieldValue> {
    match own.iter().find(|own| own.of == of && own.field.key == key) {
        Some(own) => own.shown(value),
        None => (*value != Value::Null).then(|| FieldValue::unknown(key, value)),
    }
}

/// What people call what stands at `path` of a document: a field of its kind, or one of its community's own.
pub(crate) fn words_at(connection: &Connection, id: Id, kind: &Kind, path: &str) -> Result<(String, String)> {
    let keys: Vec<&str> = path.split('/').collect();
    let of = match keys[..] {
        [key] if key.starts_with(OWN) => kind.name,
        [room, _, key] if key.starts_with(OWN) => room,
        _ => return Ok(kind.words_at(path)),
    };
    let all = own_fields(connection, tenant_of(connection, id)?.as_deref())?;
    let found = all.iter().find(|own| own.of == of && keys.last() == Some(&own.field.key));
    Ok(found.map_or_else(|| kind.words_at(path), |own| (own.field.label.zh.into(), own.field.label.en.into())))
}

/// The keys of the own fields that records of a kind, or entries in them, are given now.
pub(crate) fn open_keys(connection: &Connection, id: Id, kind: &Kind, room: &'static str) -> Result<Vec<String>> {
    let all = own_fields(connection, tenant_of(connection, id)?.as_deref())?;
    let open = all.iter().filter(|own| own.of == own::of(kind, room) && !own.definition.closed);
    Ok(open.map(|own| own.field.key.to_owned()).collect())
}

/// The kind, and the entries of it, that own fields are of.
pub(crate) fn room(of: &str) -> Result<(&'static Kind, Option<&'static Entries>)> {
    let all = || kinds::known().flat_map(|kind| own::rooms(kind).map(move |room| (kind, room)));
    let found = all().find(|(kind, room)| own::of(kind, room) == of);
    let (kind, room) = found.ok_or_else(|| {
        let names = all().map(|(kind, room)| own::of(kind, room)).collect::<Vec<_>>().join("、");
        Error::invalid(format!("自设项目只能用于：{names}"), format!("own fields are of one of {names}")).in_field("of")
    })?;
    Ok((kind, kind.entries.iter().find(|entries| entries.key == room)))
}
