//! The rows of a list, from the documents.

use std::collections::{BTreeSet, HashMap};

use gridwalk_core::dictionary::{Field, Type};
use gridwalk_core::documents::{Doc, Kind, Map, Value};
use gridwalk_core::ids::Id;
use gridwalk_core::kinds;
use gridwalk_core::projection;

use super::list::title_of;
use super::{Column, Content, Digests, List, Only, Source};
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, Conn, Row, all};
use crate::sync::Batch;

/// Documents that are in memory at a time.
const AT_ONCE: usize = 400;

/// A row of a list.
pub(super) struct Listed {
    /// Its id: the record's, and that of the entry in it.
    pub id: String,
    /// What the document ended with, as digests; empty without any.
    pub heads: String,
    /// Its cells.
    pub contents: Vec<Content>,
}

/// What ids in fields are called.
pub(super) struct Rows(HashMap<String, String>);

impl Rows {
    /// What these columns' ids are called.
    pub async fn names(connection: &mut Conn, tenant: &str, columns: &[Column]) -> Result<Self> {
        let wanted: BTreeSet<&str> = columns.iter().flat_map(kinds_named).copied().collect();
        let mut names = HashMap::new();
        for kind in wanted.into_iter().filter_map(kinds::by_name) {
            let Some(table) = kind.tables.first() else { continue };
            let title = if kind.title.is_empty() { "name" } else { kind.title };
            if table.all_columns().any(|(column, _)| column == title) {
                let sql = format!("SELECT doc, \"{title}\" FROM {} WHERE tenant_id = $1", table.name);
                for row in all(connection, &sql, vec![Arg::text(tenant)]).await? {
                    names.insert(row.get(0)?, row.get::<Option<String>>(1)?.unwrap_or_default());
                }
            }
        }
        if columns.iter().any(|column| column.field().is_some_and(|field| field.ty == Type::Category)) {
            for row in all(connection, "SELECT entry, path FROM categories WHERE tenant_id = $1", vec![Arg::text(tenant)]).await? {
                names.insert(row.get(0)?, row.get::<Option<String>>(1)?.unwrap_or_default());
            }
        }
        for entries in columns.iter().filter_map(|column| if let Type::Entry { entries, .. } = column.field()?.ty { Some(entries) } else { None }) {
            let declared = kinds::known().flat_map(|kind| kind.entries).find(|declared| declared.key == entries);
            let declared = declared.and_then(|declared| Some((declared.table.name, title_of(declared)?)));
            let Some((table, title)) = declared else { continue };
            let sql = format!("SELECT entry, \"{title}\" FROM {table} WHERE tenant_id = $1");
            for row in all(connection, &sql, vec![Arg::text(tenant)]).await? {
                names.insert(row.get(0)?, row.get::<Option<String>>(1)?.unwrap_or_default());
            }
        }
        Ok(Self(names))
    }

    /// The rows of a list with these columns, in the kind's usual order; those of `only` alone.
    pub async fn read(hub: &Hub, tenant: &Tenant, list: &List, columns: &[Column], only: &[Only], digests: Option<&Digests>) -> Result<Vec<Listed>> {
        let wanted = only.iter().map(|only| Ok((list.column(&only.column)?, only.value.as_str()))).collect::<Result<Vec<_>>>()?;
        let looked_at: Vec<Column> = columns.iter().copied().chain(wanted.iter().map(|(column, _)| *column)).collect();
        let mut read = hub.store.read().await?;
        let names = Self::names(&mut read, &tenant.id, &looked_at).await?;
        let found = records(&mut read, &tenant.id, list.kind).await?;
        let mut rows = Vec::new();
        for chunk in found.chunks(AT_ONCE) {
            let mut batch = Batch::new(hub, tenant);
            batch.load(&mut read, chunk.iter().map(|(id, _)| *id)).await?;
            for (id, beside) in chunk {
                let Some(doc) = batch.loaded(*id).filter(|doc| !doc.is_erased()) else { continue };
                let heads = digests.map(|digests| digests.heads(doc)).unwrap_or_default();
                for entry in entries(list, doc) {
                    let content = |column: &Column| names.content(column, doc.tree(), entry_of(list, doc, entry.as_deref()), beside);
                    if wanted.iter().all(|(column, value)| holds(column, &content(column), value)) {
                        let id = entry.as_ref().map_or_else(|| id.to_string(), |entry| format!("{id}/{entry}"));
                        rows.push(Listed { id, heads: heads.clone(), contents: columns.iter().map(content).collect() });
                    }
                }
            }
        }
        Ok(rows)
    }

    fn content(&self, column: &Column, record: &Map, entry: Option<&Map>, beside: &HashMap<&str, Value>) -> Content {
        let value = || beside.get(column.key).unwrap_or(&Value::Null);
        let text = || if let Value::Text(text) = value() { text.as_str() } else { "" };
        match column.source {
            Source::Field(field) => {
                let tree = if column.of_record { record } else { entry.unwrap_or(record) };
                self.field(field, &field.column_values(tree).collect::<Vec<_>>())
            }
            Source::Entries(entries) => {
                let title = title_of(entries).unwrap_or_default();
                let mut called: Vec<(Option<Id>, &str)> =
                    record.entries(entries.key).filter(|(_, e)| !e.flag("removed")).map(|(id, e)| (id.parse().ok(), e.text(title))).collect();
                called.sort_by_key(|(id, _)| id.map(|id| (id.counter, id.actor)));
                Content::text(&called.iter().map(|(_, name)| *name).filter(|name| !name.is_empty()).collect::<Vec<_>>().join("、"))
            }
            Source::At => {
                if let Value::Int(at) = value() {
                    Content::moment(*at)
                } else {
                    Content::Empty
                }
            }
            Source::By => Content::text(self.0.get(text()).map_or("", String::as_str)),
        }
    }

    /// The content of a field's value, what it refers to called by its name.
    pub fn field(&self, field: &Field, values: &[Value]) -> Content {
        match (field.ty, values) {
            (Type::Place | Type::MicroGrid | Type::Reference(_) | Type::Entry { .. } | Type::Category, [Value::Text(id), ..]) => {
                Content::text(self.0.get(id).unwrap_or(id))
            }
            _ => Content::of_field(field, values),
        }
    }
}

/// The entry of this id in a record of the list, if its rows are entries.
pub(super) fn entry_of<'a>(list: &List, doc: &'a Doc, entry: Option<&str>) -> Option<&'a Map> {
    Some(doc.tree().map(list.entries?.key).map(entry?))
}

/// The ids of the record's rows: of the entries that it shows, or none for itself.
fn entries(list: &List, doc: &Doc) -> Vec<Option<String>> {
    let Some(entries) = list.entries else { return vec![None] };
    let mut found: Vec<&str> = doc.tree().entries(entries.key).filter(|(_, entry)| !entry.flag("removed")).map(|(id, _)| id).collect();
    found.sort_by_key(|id| id.parse::<Id>().ok().map(|id| (id.counter, id.actor)));
    found.into_iter().map(|id| Some(id.to_owned())).collect()
}

fn kinds_named(column: &Column) -> &'static [&'static str] {
    match column.source {
        Source::Field(Field { ty: Type::Place | Type::MicroGrid, .. }) => &["place"],
        Source::Field(Field { ty: Type::Reference(kinds), .. }) => kinds,
        Source::By => &["person"],
        _ => &[],
    }
}

/// The ids of a kind's records in its usual order, with what their rows hold beside fields.
async fn records(connection: &mut Conn, tenant: &str, kind: &'static Kind) -> Result<Vec<(Id, HashMap<&'static str, Value>)>> {
    let Some(table) = kind.tables.first() else { return Ok(Vec::new()) };
    let columns: String = table.columns.iter().map(|(name, _)| format!(", \"{name}\"")).collect();
    let order = kind.orders.first().map_or_else(String::new, |order| format!("\"{}\"{}, ", order.column, if order.descending { " DESC" } else { "" }));
    let sql = format!("SELECT doc{columns} FROM {} WHERE tenant_id = $1 ORDER BY {order}doc", table.name);
    let value = |row: &Row, at: usize, ty: projection::Type| -> Result<Value> {
        Ok(match ty {
            projection::Type::Int => row.get::<Option<i64>>(at)?.map_or(Value::Null, Value::Int),
            _ => row.get::<Option<String>>(at)?.map_or(Value::Null, Value::Text),
        })
    };
    let rows = all(connection, &sql, vec![Arg::text(tenant)]).await?;
    let read = |row: &Row| {
        let beside = (1..).zip(table.columns).map(|(at, (name, ty))| Ok((*name, value(row, at, *ty)?))).collect::<Result<_>>()?;
        Ok((row.get(0)?, beside))
    };
    rows.iter().map(read).collect()
}

/// Whether a cell holds what is asked for: in words or as a code, of tags one of them. What was never set is its first choice.
fn holds(column: &Column, content: &Content, wanted: &str) -> bool {
    let plain = content.plain();
    let ty = column.field().map(|field| field.ty);
    match ty {
        Some(Type::Tags) => super::content::words(&plain).contains(&wanted),
        Some(Type::Choice(codes)) => {
            let is = |code: &gridwalk_core::dictionary::Code| code.code == wanted || code.label.zh == wanted;
            let standing = codes.iter().find(|code| code.label.zh == plain).or_else(|| codes.first().filter(|_| plain.is_empty()));
            standing.map_or(plain == wanted, is)
        }
        _ => plain == wanted,
    }
}
