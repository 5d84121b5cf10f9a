//! What screens ask about records of every kind: one with all its fields, and lists in pages.

use std::collections::HashMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use serde::Serialize;

use super::own::{own_fields, own_values, shown_in, value_of};
use crate::dictionary::own::OWN;
use crate::dictionary::{Field, FieldValue, Type, shown};
use crate::documents::{Kind, Map, Value};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::kinds;
use crate::store::{load, tenant_of};
use crate::text::one_form;

/// A record with its fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordView {
    /// The record.
    pub id: Id,
    /// Its kind's stable name.
    pub kind: String,
    /// What it is named by.
    pub title: String,
    /// Who recorded it (a person's id).
    pub by: String,
    /// When, as the record says; seconds since the Unix epoch (UTC).
    pub at: i64,
    /// The fields that have a value, in the order of the dictionary; then those that this version does not know.
    pub fields: Vec<FieldValue>,
    /// Its entries, in the order they were recorded.
    pub entries: Vec<EntryView>,
    /// Its values that are named by what they are for.
    pub named: Vec<NamedView>,
    /// Whether something of it waits to be sent.
    pub unsent: bool,
    /// Whether people set a field of it differently at the same time.
    pub conflict: bool,
}

/// An entry of a record: a resident of a household.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryView {
    /// The entry's id.
    pub id: Id,
    /// The key of its container: `residents`.
    pub entries: String,
    /// Its fields.
    pub fields: Vec<FieldValue>,
}

/// A value that is named by what it is for: the rhythm of a tag, a member of a circle.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NamedView {
    /// What names it, as it is kept: a tag, a code, a document's id.
    pub name: String,
    /// What people call that.
    pub called: String,
    /// The value; its key is the container's.
    pub value: FieldValue,
}

/// What a list shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListQuery {
    /// The order's stable name; empty for the usual one.
    pub order: String,
    /// Fields with the value that they must have: a code, an id.
    pub filters: Vec<Filter>,
    /// Where to go on: [`ListPage::next`] of the page before.
    pub after: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// A field with the value that it must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The field's key.
    pub field: String,
    /// A code or an id.
    pub value: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListPage {
    /// The records.
    pub rows: Vec<ListRow>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// A record in a list, with the fields that lists show.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListRow {
    /// The record.
    pub id: Id,
    /// What it is named by.
    pub title: String,
    /// The fields that lists show and that have a value.
    pub fields: Vec<FieldValue>,
    /// Whether something of it waits to be sent.
    pub unsent: bool,
    /// Whether people set a field of it differently at the same time.
    pub conflict: bool,
}

/// The record `id`, if it is on this phone and of a kind that this version knows.
pub fn record(connection: &Connection, id: Id) -> Result<Option<RecordView>> {
    let Some(doc) = load(connection, id)? else { return Ok(None) };
    let (kind, tree) = (doc.kind(), doc.tree());
    let mut names = Names::new(connection);
    let own = own_fields(connection, tenant_of(connection, id)?.as_deref())?;
    // The community's own fields come after those that are declared, and before what nobody here knows.
    let with_own = |fields: Vec<FieldValue>, declared: &[Field], of: &str, tree: &Map| {
        let (known, unknown): (Vec<FieldValue>, Vec<FieldValue>) =
            fields.into_iter().filter(|f| !f.key.starts_with(OWN)).partition(|f| declared.iter().any(|d| d.key == f.key));
        known.into_iter().chain(shown_in(&own, of, tree)).chain(unknown).collect::<Vec<_>>()
    };
    let containers: Vec<&str> = kind.versions.iter().flat_map(|v| v.containers.iter().copied()).collect();
    let fields = with_own(names.told(kind.fields, shown(kind.fields, tree, &containers))?, kind.fields, kind.name, tree);
    let mut entries = Vec::new();
    for declared in kind.entries {
        let mut all: Vec<(Id, &Map)> =
            tree.entries(declared.key).filter(|(_, e)| !e.flag("removed")).filter_map(|(id, e)| Some((id.parse().ok()?, e))).collect();
        all.sort_by_key(|(id, _)| (id.counter, id.actor));
        for (id, entry) in all {
            let fields = names.told(declared.fields, shown(declared.fields, entry, &[]))?;
            let fields = with_own(fields, declared.fields, declared.key, entry);
            entries.push(EntryView { id, entries: declared.key.to_owned(), fields });
        }
    }
    let mut named = Vec::new();
    for declared in kind.named {
        let field = declared.field();
        for entry in tree.map(declared.key).iter() {
            let Some(value) = field.shown_values(std::slice::from_ref(entry.node.value())) else { continue };
            let known = if let Type::Reference(kinds) = declared.names { names.name(kinds, &entry.key)? } else { None };
            named.push(NamedView { name: entry.key.clone(), called: known.unwrap_or_else(|| entry.key.clone()), value });
        }
    }
    let (unsent, conflict) = flags(connection, id)?;
    Ok(Some(RecordView {
        id,
        kind: kind.name.to_owned(),
        title: tree.text(kind.title).to_owned(),
        by: tree.text("by").to_owned(),
        at: tree.int("at").unwrap_or(0),
        fields,
        entries,
        named,
        unsent,
        conflict,
    }))
}

/// A page of the records of `kind`, in one of the orders that it declares.
///
/// # Errors
/// `invalid` for an order or a filter that the kind does not declare: it would look through everything.
pub fn list(connection: &Connection, kind: &str, query: &ListQuery) -> Result<ListPage> {
    let kind = kinds::by_name(kind).filter(|kind| !kind.fields.is_empty());
    let kind = kind.ok_or_else(|| Error::invalid("没有这类资料的列表", "there is no list of this kind"))?;
    let order = kind.orders.iter().find(|o| o.key == query.order || query.order.is_empty());
    if order.is_none() && !query.order.is_empty() {
        return Err(Error::invalid("没有这样的排列方式", format!("lists of {} have no order {}", kind.name, query.order)).in_field("order"));
    }
    // A kind of which there is one a community needs no order.
    let (column, descending) = order.map_or(("doc", false), |order| (order.column, order.descending));
    let table = kind.tables[0];
    let columns: Vec<&str> = table.all_columns().map(|(name, _)| name).collect();
    let mut wheres = Vec::new();
    let mut arguments = Vec::new();
    for Filter { field: key, value: wanted } in &query.filters {
        if key.starts_with(OWN) {
            wheres.push("doc IN (SELECT doc FROM own_values WHERE part = '' AND name = ? AND value = ?)".to_owned());
            arguments.extend([Value::from(key.as_str()), own_wanted(connection, kind, key, wanted)?.as_str().into()]);
            continue;
        }
        if !kind.filters.contains(&key.as_str()) {
            return Err(Error::invalid("没有这样的筛选条件", format!("lists of {} have no filter {key}", kind.name)).in_field(key.clone()));
        }
        // What was never set is its first choice: a household that nobody said anything of is lived in.
        let first = kind.fields.iter().find(|f| f.key == key).and_then(|f| match f.ty {
            Type::Choice(codes) => codes.first(),
            _ => None,
        });
        let or_none = if first.is_some_and(|c| c.code == wanted) { format!(" OR \"{key}\" IS NULL") } else { String::new() };
        wheres.push(format!("(\"{key}\" = ?{or_none})"));
        arguments.push(Value::from(wanted.as_str()));
    }
    let direction = if descending { " DESC" } else { "" };
    let list: String = columns.iter().map(|c| format!(", \"{c}\"")).collect();
    let limit = query.limit.clamp(1, 1_000);
    let mut found: Vec<(Id, Vec<Value>)> = Vec::new();
    for (beyond, place) in parts_beyond(query.after.as_deref(), column, descending)? {
        let left = limit as usize + 1 - found.len();
        let wheres: Vec<&str> = wheres.iter().map(String::as_str).chain(Some(&*beyond).filter(|beyond| !beyond.is_empty())).collect();
        let wheres = if wheres.is_empty() { String::new() } else { format!(" WHERE {}", wheres.join(" AND ")) };
        let sql = format!("SELECT doc{list} FROM {}{wheres} ORDER BY \"{column}\"{direction}, doc{direction} LIMIT ?", table.name);
        let mut statement = connection.prepare_cached(&sql)?;
        let arguments = arguments.iter().cloned().chain(place).chain([Value::Int(i64::try_from(left).unwrap_or(i64::MAX))]);
        let rows = statement.query_map(params_from_iter(arguments), |row| {
            let id: Id = row.get(0)?;
            (1..=columns.len()).map(|n| row.get_ref(n).map(value)).collect::<rusqlite::Result<Vec<Value>>>().map(|values| (id, values))
        })?;
        found.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
        if found.len() > limit as usize {
            break;
        }
    }
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let at = |name: &str| columns.iter().position(|c| *c == name);
    let next = found.last().filter(|_| more).map(|(id, values)| place(at(column).map_or(&Value::Null, |n| &values[n]), *id));
    let mut names = Names::new(connection);
    let mut rows = Vec::with_capacity(found.len());
    for (id, values) in found {
        let of = |field: &Field| {
            let own: Vec<Value> = field.columns().filter_map(|(name, _)| Some(values[at(name)?].clone())).collect();
            field.shown_values(&own)
        };
        let title = kind.fields.iter().find(|f| f.key == kind.title).and_then(&of).map(|f| f.text).unwrap_or_default();
        let listed = kind.fields.iter().filter(|f| f.listed).filter_map(&of).collect();
        let mut fields = names.told(kind.fields, listed)?;
        fields.extend(own_values(connection, id)?.remove("").unwrap_or_default());
        let (unsent, conflict) = flags(connection, id)?;
        rows.push(ListRow { id, title, fields, unsent, conflict });
    }
    Ok(ListPage { rows, next })
}

/// What goes on from the row that `after` names, in the order of `column`: conditions with their arguments, one after the other. Rows
/// without a value stand apart, the least of all in SQLite's order: `OR … IS NULL` would look through the whole index.
fn parts_beyond(after: Option<&str>, column: &str, descending: bool) -> Result<Vec<(String, Vec<Value>)>> {
    let Some(after) = after else { return Ok(vec![(String::new(), Vec::new())]) };
    let (value, doc) = read_place(after)?;
    let doc = Value::from(doc.as_str());
    let without = format!("\"{column}\" IS NULL");
    Ok(match (value, descending) {
        (Value::Null, false) => vec![(format!("{without} AND doc > ?"), vec![doc]), (format!("\"{column}\" IS NOT NULL"), Vec::new())],
        (Value::Null, true) => vec![(format!("{without} AND doc < ?"), vec![doc])],
        (value, false) => vec![(format!("(\"{column}\", doc) > (?, ?)"), vec![value, doc])],
        (value, true) => vec![(format!("(\"{column}\", doc) < (?, ?)"), vec![value, doc]), (without, Vec::new())],
    })
}

/// What a filter asks of an own field, as its values stand in their rows.
fn own_wanted(connection: &Connection, kind: &Kind, key: &str, wanted: &str) -> Result<String> {
    let all = own_fields(connection, None)?;
    let own = all.iter().find(|own| own.of == kind.name && own.field.key == key);
    let own = own.ok_or_else(|| Error::invalid("没有这样的筛选条件", format!("lists of {} have no filter {key}", kind.name)).in_field(key))?;
    Ok(value_of(own, &wanted.into())?.to_string())
}

/// The records of `kind` on this phone that are called `title`, at most `limit`.
pub fn named(connection: &Connection, kind: &str, title: &str, limit: u32) -> Result<Vec<Id>> {
    let Some((kind, field)) = kinds::by_name(kind).and_then(|kind| Some((kind, kind.title_field()?))) else { return Ok(Vec::new()) };
    let sql = format!("SELECT doc FROM {} WHERE \"{}\" = ?1 AND entry = '' ORDER BY doc LIMIT ?2", kind.tables[0].name, field.key);
    Ok(connection.prepare_cached(&sql)?.query_map(params![one_form(title), limit], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Whether something of a document waits to be sent, and whether people set a field of it differently at the same time.
fn flags(connection: &Connection, id: Id) -> Result<(bool, bool)> {
    let unsent = connection.prepare_cached("SELECT 1 FROM changes WHERE doc = ?1 AND taken = 0 LIMIT 1")?.exists([id])?;
    let conflict = connection.prepare_cached("SELECT 1 FROM conflicts WHERE doc = ?1 LIMIT 1")?.exists([id.to_string()])?;
    Ok((unsent, conflict))
}

/// A column's value.
pub(crate) fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Integer(n) => Value::Int(n),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        _ => Value::Null,
    }
}

/// Where a page ends: the value of its order and the id of its last row.
fn place(value: &Value, id: Id) -> String {
    serde_json::json!([value.to_json(), id.to_string()]).to_string()
}

fn read_place(text: &str) -> Result<(Value, String)> {
    let (value, doc): (serde_json::Value, String) = serde_json::from_str(text).map_err(|_| Error::malformed("page"))?;
    let value = match value {
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Number(n) => Value::Int(n.as_i64().ok_or_else(|| Error::malformed("page"))?),
        _ => Value::Null,
    };
    Ok((value, doc))
}

/// What the documents are called that fields refer to, each looked up once.
struct Names<'a> {
    connection: &'a Connection,
    known: HashMap<String, Option<String>>,
}

impl<'a> Names<'a> {
    fn new(connection: &'a Connection) -> Self {
        Self { connection, known: HashMap::new() }
    }

    /// The fields with what they refer to called by its name, where it is known here.
    fn told(&mut self, declared: &[Field], mut values: Vec<FieldValue>) -> Result<Vec<FieldValue>> {
        // The records whose entries fields name, before they are called by their names.
        let records: Vec<(String, String)> = values.iter().map(|v| (v.key.clone(), v.text.clone())).collect();
        for shown in &mut values {
            let Some(field) = declared.iter().find(|f| f.key == shown.key) else { continue };
            let found = match field.ty {
                Type::Place | Type::MicroGrid => self.name(&["place"], &shown.text)?,
                Type::Reference(kinds) => self.name(kinds, &shown.text)?,
                Type::Entry { of, entries } => {
                    let (kinds, record) = (declared.iter().find(|f| f.key == of).map(|f| f.ty), records.iter().find(|(key, _)| key == of));
                    match (kinds, record) {
                        (Some(Type::Reference(kinds)), Some((_, record))) => self.entry_name(kinds, entries, record, &shown.text)?,
                        _ => None,
                    }
                }
                Type::Category => self.category(&shown.text)?,
                _ => continue,
            };
            if let Some(name) = found {
                shown.text.clone_from(&name);
                shown.text_en = name;
            }
        }
        Ok(values)
    }

    fn name(&mut self, kinds: &[&str], id: &str) -> Result<Option<String>> {
        if let Some(known) = self.known.get(id) {
            return Ok(known.clone());
        }
        let mut found = None;
        for kind in kinds.iter().filter_map(|name| kinds::by_name(name)) {
            if let Some(title) = kind.title_field() {
                let sql = format!("SELECT \"{}\" FROM {} WHERE doc = ?1 AND entry = ''", title.key, kind.tables[0].name);
                found = found.or(self.connection.prepare_cached(&sql)?.query_row([id], |r| r.get::<_, Option<String>>(0)).optional()?.flatten());
            }
        }
        self.known.insert(id.to_owned(), found.clone());
        Ok(found)
    }

    /// What an entry of a record is named by: its first field in lists.
    fn entry_name(&self, kinds: &[&str], entries: &str, record: &str, entry: &str) -> Result<Option<String>> {
        for kind in kinds.iter().filter_map(|name| kinds::by_name(name)) {
            let declared = kind.entries.iter().find(|e| e.key == entries);
            if let Some((declared, title)) = declared.and_then(|e| Some((e, e.fields.iter().find(|f| f.listed)?))) {
                let sql = format!("SELECT \"{}\" FROM {} WHERE doc = ?1 AND entry = ?2", title.key, declared.table.name);
                let found = self.connection.prepare_cached(&sql)?.query_row([record, entry], |r| r.get::<_, Option<String>>(0)).optional()?;
                if let Some(name) = found.flatten() {
                    return Ok(Some(name));
                }
            }
        }
        Ok(None)
    }

    /// The three levels of a category.
    fn category(&self, code: &str) -> Result<Option<String>> {
        let mut statement = self.connection.prepare_cached("SELECT path FROM categories WHERE entry = ?1")?;
        Ok(statement.query_row([code], |r| r.get::<_, Option<String>>(0)).optional()?.flatten())
    }
}
