//! Projection: a pure function from a document to rows, declared once and used on phone and hub. One generic upsert writes
//! the rows: everything a document had is replaced, in the transaction that changed the document.

use crate::cases::rows::TABLES;
use crate::dictionary::{Field, own};
use crate::documents::{Kind, Map, Value};
use crate::ids::Id;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// UTF-8 text.
    Text,
    /// A 64-bit whole number: counts, flags (0 and 1), times (seconds since the Unix epoch, UTC), millionths of a degree.
    Int,
}

/// A read-model table. Its key is `doc` (the document's id) and `entry` (empty for a row about the document itself).
#[derive(Debug)]
pub struct Table {
    /// The table's name.
    pub name: &'static str,
    /// Columns after `doc` and `entry` that hold no field: what is derived, who and when.
    pub columns: &'static [(&'static str, Type)],
    /// The fields that have columns after those.
    pub fields: &'static [Field],
    /// Indexes, as lists of columns. `doc` may be among them.
    pub indexes: &'static [&'static str],
}

impl Table {
    /// All columns after `doc` and `entry`.
    pub fn all_columns(&self) -> impl Iterator<Item = (&'static str, Type)> {
        self.columns.iter().copied().chain(self.fields.iter().flat_map(Field::columns))
    }
}

/// One row of a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// The table.
    pub table: &'static Table,
    /// The entry within the document, empty for the document itself.
    pub entry: String,
    /// Values of the table's columns, in their order.
    pub values: Vec<Value>,
}

/// Rows of one document, collected by its kind's projection.
#[derive(Debug, Default)]
pub struct Rows(Vec<Row>);

impl Rows {
    /// Adds a row to `table`. A document from elsewhere may hold text where a number belongs; the column keeps its type.
    pub fn push(&mut self, table: &'static Table, entry: &str, values: Vec<Value>) {
        debug_assert_eq!(table.all_columns().count(), values.len(), "{}", table.name);
        let values = values.into_iter().zip(table.all_columns()).map(|(value, (_, kind))| match (kind, value) {
            (Type::Int, Value::Int(i)) => Value::Int(i),
            (Type::Int, Value::Bool(b)) => Value::Int(b.into()),
            (Type::Int, _) => Value::Null,
            (Type::Text, Value::Int(i)) => Value::Text(i.to_string()),
            (Type::Text, Value::Bool(b)) => Value::Text(b.to_string()),
            (Type::Text, value) => value,
        });
        self.0.push(Row { table, entry: entry.to_owned(), values: values.collect() });
    }

    /// Adds a row to `table` with `derived` for the columns that hold no field and the values of its fields in `tree`.
    pub fn push_fields(&mut self, table: &'static Table, entry: &str, mut derived: Vec<Value>, tree: &Map) {
        derived.extend(table.fields.iter().flat_map(|field| field.column_values(tree)));
        self.push(table, entry, derived);
    }
}

/// Fields that people set differently at the same time, of documents of every kind; one row a value.
pub static CONFLICTS: Table = Table {
    name: "conflicts",
    fields: &[],
    columns: &[("path", Type::Text), ("number", Type::Int), ("value", Type::Text), ("by", Type::Text), ("at", Type::Int)],
    indexes: &[],
};

/// What a document lacks, or has too much of, by the demands of its kind that are younger than it; one row a demand.
pub static MARKS: Table = Table { name: "marks", fields: &[], columns: &[("path", Type::Text), ("mark", Type::Text)], indexes: &[] };

/// What stands in a community's own fields, as it was found; one row a value. What it means, the settings say when it is read. `part` is the
/// entry that has the field, empty for the record itself; `room` the kind or the entries that it is a field of; the value is JSON.
pub static OWN_VALUES: Table = Table {
    name: "own_values",
    fields: &[],
    columns: &[("part", Type::Text), ("room", Type::Text), ("name", Type::Text), ("value", Type::Text)],
    indexes: &["name"],
};

/// The tables that documents of a kind have rows in.
pub fn tables_of(kind: &Kind) -> impl Iterator<Item = &'static Table> {
    let marks = (!kind.demands.is_empty()).then_some(&MARKS);
    let own = own::rooms(kind).next().map(|_| &OWN_VALUES);
    let cases = kind.process.is_some().then_some(TABLES.iter().copied()).into_iter().flatten();
    kind.tables.iter().copied().chain([&CONFLICTS]).chain(marks).chain(own).chain(cases)
}

/// All rows of a document.
pub fn project(kind: &Kind, tree: &Map) -> Vec<Row> {
    let mut rows = Rows::default();
    (kind.project)(tree, &mut rows);
    for conflict in tree.conflicts() {
        for (number, stamped) in conflict.values.iter().enumerate() {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            let value = stamped.value.to_json().to_string();
            let entry = format!("{}#{number}", conflict.path);
            let values = vec![conflict.path.as_str().into(), number.into(), value.as_str().into(), stamped.by.as_str().into(), stamped.at.into()];
            rows.push(&CONFLICTS, &entry, values);
        }
    }
    for (of, part, key, value) in own::values(kind, tree) {
        let json = value.to_json().to_string();
        let path = if part.is_empty() { key.to_owned() } else { format!("{of}/{part}/{key}") };
        rows.push(&OWN_VALUES, &path, [part, of, key, &json].map(Value::from).to_vec());
    }
    for demand in kind.demands.iter().filter(|demand| !demand.is_met(tree)) {
        rows.push(&MARKS, demand.path, vec![demand.path.into(), demand.code().into()]);
    }
    rows.0
}

/// The statement that makes a table and its indexes, with `scope` columns before the key (the hub's tenant).
pub fn create_sql(table: &Table, scope: &[&str]) -> Vec<String> {
    let mut columns: Vec<String> = scope.iter().map(|c| format!("{c} TEXT NOT NULL")).collect();
    columns.extend(["doc TEXT NOT NULL".into(), "entry TEXT NOT NULL".into()]);
    columns.extend(table.all_columns().map(|(name, kind)| format!("\"{name}\" {}", if kind == Type::Int { "BIGINT" } else { "TEXT" })));
    let scope_list: String = scope.iter().map(|c| format!("{c}, ")).collect();
    // A phone's SQLite keeps the rows in their key's own tree: half the pages to decrypt for each.
    let tail = if scope.is_empty() { " WITHOUT ROWID" } else { "" };
    let mut statements = vec![format!("CREATE TABLE {} ({}, PRIMARY KEY ({scope_list}doc, entry)){tail}", table.name, columns.join(", "))];
    for (n, index) in table.indexes.iter().enumerate() {
        statements.push(format!("CREATE INDEX {}_{n} ON {} ({scope_list}{index})", table.name, table.name));
    }
    statements
}

/// The id of a reference held in a value, for rows.
pub fn reference(id: Option<Id>) -> Value {
    id.map_or(Value::Null, Value::from)
}
