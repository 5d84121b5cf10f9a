//! The rows of a list, from the documents, with what ids in them are called.

use std::collections::{BTreeSet, HashMap};

use gridwalk_core::dictionary::{Code, Field, Type};
use gridwalk_core::documents::{Doc, Kind, Map, Value};
use gridwalk_core::ids::Id;
use gridwalk_core::{Result, kinds};

use crate::list::title_of;
use crate::{Column, Content, Digests, List, Only, Source};

/// A row of a list.
#[derive(Debug)]
pub struct Listed {
    /// Its id: the record's, and that of the entry in it.
    pub id: String,
    /// What the document ended with, as digests; empty without any.
    pub heads: String,
    /// Its cells.
    pub contents: Vec<Content>,
}

/// What is asked for of a list.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The list.
    pub list: &'a List,
    /// The columns.
    pub columns: &'a [Column],
    /// What rows must hold.
    pub only: &'a [Only],
    /// With these its rows may come in again.
    pub digests: Option<&'a Digests>,
}

/// What ids in fields are called.
#[derive(Debug, Default)]
pub struct Names(HashMap<String, String>);

/// Where names of ids stand: in this column of a table, the ids in that one.
#[derive(Debug)]
pub struct Naming {
    /// The table.
    pub table: &'static str,
    /// The column of the ids.
    pub id: &'static str,
    /// The column of the names.
    pub name: &'static str,
}

/// What of the read model names the ids in these columns.
pub fn namings(columns: &[Column]) -> Vec<Naming> {
    let wanted: BTreeSet<&str> = columns.iter().flat_map(kinds_named).copied().collect();
    let mut all = Vec::new();
    for kind in wanted.into_iter().filter_map(kinds::by_name) {
        let Some(table) = kind.tables.first() else { continue };
        let name = if kind.title.is_empty() { "name" } else { kind.title };
        all.extend(table.all_columns().any(|(column, _)| column == name).then_some(Naming { table: table.name, id: "doc", name }));
    }
    if columns.iter().any(|column| column.field().is_some_and(|field| field.ty == Type::Category)) {
        all.push(Naming { table: "categories", id: "entry", name: "path" });
    }
    for entries in columns.iter().filter_map(|column| if let Type::Entry { entries, .. } = column.field()?.ty { Some(entries) } else { None }) {
        let declared = kinds::known().flat_map(|kind| kind.entries).find(|declared| declared.key == entries);
        all.extend(declared.and_then(|declared| Some(Naming { table: declared.table.name, id: "entry", name: title_of(declared)? })));
    }
    all
}

/// The columns beside fields of a kind's first table, and the order of its records, as SQL: `, "at", "by"` and `"at" DESC, doc`.
pub fn beside(kind: &Kind) -> Option<(&'static str, String, String)> {
    let table = kind.tables.first()?;
    let columns = table.columns.iter().map(|(name, _)| format!(", \"{name}\"")).collect();
    let order = kind.orders.first().map_or_else(String::new, |order| format!("\"{}\"{}, ", order.column, if order.descending { " DESC" } else { "" }));
    Some((table.name, columns, format!("{order}doc")))
}

impl FromIterator<(String, String)> for Names {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(all: T) -> Self {
        Self(all.into_iter().collect())
    }
}

impl Names {
    /// The rows that a record has of what is asked for. `beside` are the columns beside fields.
    ///
    /// # Errors
    /// If it asks for a column that there is not.
    pub fn rows(&self, asked: &Asked<'_>, id: Id, doc: &Doc, beside: &HashMap<&str, Value>) -> Result<Vec<Listed>> {
        let Asked { list, columns, only, digests } = *asked;
        let wanted = only.iter().map(|only| Ok((list.column(&only.column)?, only.value.as_str()))).collect::<Result<Vec<_>>>()?;
        let heads = digests.map(|digests| digests.heads(doc)).unwrap_or_default();
        let mut rows = Vec::new();
        for entry in entries(list, doc) {
            let content = |column: &Column| self.content(column, doc.tree(), entry_of(list, doc, entry.as_deref()), beside);
            if wanted.iter().all(|(column, value)| holds(column, &content(column), value)) {
                let id = entry.as_ref().map_or_else(|| id.to_string(), |entry| format!("{id}/{entry}"));
                rows.push(Listed { id, heads: heads.clone(), contents: columns.iter().map(content).collect() });
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
pub fn entry_of<'a>(list: &List, doc: &'a Doc, entry: Option<&str>) -> Option<&'a Map> {
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

/// Whether a cell holds what is asked for: in words or as a code, of tags one of them. What was never set is its first choice.
fn holds(column: &Column, content: &Content, wanted: &str) -> bool {
    let plain = content.plain();
    let ty = column.field().map(|field| field.ty);
    match ty {
        Some(Type::Tags) => crate::content::words(&plain).contains(&wanted),
        Some(Type::Choice(codes)) => {
            let is = |code: &Code| code.code == wanted || code.label.zh == wanted;
            let standing = codes.iter().find(|code| code.label.zh == plain).or_else(|| codes.first().filter(|_| plain.is_empty()));
            standing.map_or(plain == wanted, is)
        }
        _ => plain == wanted,
    }
}
