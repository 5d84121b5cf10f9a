//! What can be exported: the records of a kind, or the entries of a kind's records, with their columns by the dictionary.

use gridwalk_core::dictionary::own::{self, OwnField};
use gridwalk_core::dictionary::{Entries, Field, Type};
use gridwalk_core::documents::Kind;
use gridwalk_core::kinds;
use gridwalk_core::rules::Role;
use gridwalk_core::{Error, Result};

/// A list: a row a record, or a row an entry with what its record says of it.
#[derive(Debug, Clone)]
pub struct List {
    /// Its stable name: the kind's, or the key of its entries.
    pub name: &'static str,
    /// The kind of its records.
    pub kind: &'static Kind,
    /// The entries that are its rows, if they are.
    pub entries: Option<&'static Entries>,
    /// The fields of the community's own that its rows have.
    pub own: Vec<&'static OwnField>,
    /// The roles of who edits it.
    pub roles: Vec<Role>,
}

/// Where a cell's content comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// A field.
    Field(&'static Field),
    /// What the record's entries are called.
    Entries(&'static Entries),
    /// When it was recorded, or was.
    At,
    /// Who recorded it.
    By,
}

/// A column of a list.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its stable key within the list.
    pub key: &'static str,
    /// Its heading: the field's Chinese label.
    pub heading: &'static str,
    /// Where its content comes from.
    pub source: Source,
    /// Whether it tells of the record that a row's entry is in.
    pub of_record: bool,
    /// Whether a list has it that is not told otherwise.
    pub usual: bool,
    /// Whether it says which household, which person a row is.
    pub names: bool,
}

impl List {
    /// The list of this name (the stable name, or what people call it) as whoever has these roles edits it, with the own fields of the community.
    ///
    /// # Errors
    /// If there is none.
    pub fn open(name: &str, roles: &[Role], own: &[&'static OwnField]) -> Result<Self> {
        let mut list = Self::named(name)?;
        let (of, kind) = (list.name, list.kind);
        list.own = own.iter().filter(|own| own.of == of && own::rooms(kind).any(|room| own::of(kind, room) == of)).copied().collect();
        list.roles = roles.to_vec();
        Ok(list)
    }

    fn named(name: &str) -> Result<Self> {
        // What only a circle reads leaves in no workbook.
        let all = || kinds::known().filter(|kind| !kind.fields.is_empty() && !kind.is_confidential()).flat_map(Self::of_kind);
        let is_called = |list: &Self| list.name == name || list.label().split('、').any(|label| label == name);
        all().find(is_called).ok_or_else(|| {
            let names = all().map(|list| list.name).collect::<Vec<_>>().join("、");
            Error::invalid(format!("没有“{name}”这种表，可导出：{names}"), format!("there is no list {name}; there are {names}"))
        })
    }

    /// What people call it.
    pub fn label(&self) -> &'static str {
        self.entries.map_or(self.kind.rules.zh, |entries| entries.label.zh)
    }

    fn of_kind(kind: &'static Kind) -> impl Iterator<Item = Self> {
        let entries = kind.entries.iter().map(move |entries| Self { name: entries.key, kind, entries: Some(entries), own: Vec::new(), roles: Vec::new() });
        std::iter::once(Self { name: kind.name, kind, entries: None, own: Vec::new(), roles: Vec::new() }).chain(entries)
    }

    /// The field of the community's own that has this key, if one does.
    pub fn own(&self, key: &str) -> Option<&'static OwnField> {
        self.own.iter().find(|own| own.field.key == key).copied()
    }

    /// Its columns, in order.
    pub fn columns(&self) -> Vec<Column> {
        let kind = self.kind;
        let of_kind = |field: &'static Field, of_record: bool| Column {
            key: field.key,
            heading: field.label.zh,
            source: Source::Field(field),
            of_record,
            usual: !of_record || field.key == kind.title || matches!(field.ty, Type::Place | Type::MicroGrid),
            names: field.key == kind.title || kind.title.is_empty() && kind.fields.iter().find(|f| f.listed).is_some_and(|first| first.key == field.key),
        };
        if let Some(entries) = self.entries {
            let own = |field: &Field| entries.fields.iter().any(|f| f.key == field.key);
            let of_record = kind.fields.iter().filter(|field| !own(field)).map(|field| of_kind(field, true));
            let own = entries.fields.iter().map(|field| Column { names: Some(field.key) == self.title(), ..of_kind(field, false) });
            return of_record.chain(own).chain(self.own.iter().map(|own| of_kind(&own.field, false))).collect();
        }
        let stamps = kind.tables.first().into_iter().flat_map(|table| table.columns).filter_map(|(key, _)| {
            let (heading, source) = match *key {
                "at" => ("登记时间", Source::At),
                "by" => ("登记人", Source::By),
                _ => return None,
            };
            Some(Column { key, heading, source, of_record: false, usual: true, names: false })
        });
        let entries = kind.entries.iter().map(|entries| Column {
            key: entries.key,
            heading: entries.label.zh,
            source: Source::Entries(entries),
            of_record: false,
            usual: true,
            names: true,
        });
        let fields = kind.fields.iter().chain(self.own.iter().map(|own| &own.field));
        fields.map(|field| of_kind(field, false)).chain(entries).chain(stamps).collect()
    }

    /// The key of the field that an entry is called by: the first that it must have.
    fn title(&self) -> Option<&'static str> {
        self.entries.and_then(title_of)
    }

    /// The field that is edited by a column's cells, if they are: what stays as it was recorded, and what is called by another record's
    /// name, is only shown.
    pub fn edited(&self, column: &Column) -> Option<&'static Field> {
        let is_ours = |roles: &[Role]| roles.iter().any(|role| self.roles.contains(role));
        let again = |field: &Field| field.writers.iter().find(|write| is_ours(write.roles)).is_some_and(|write| !write.once);
        match column.source {
            Source::Field(field) if !column.of_record && again(field) => match field.ty {
                Type::Reference(_) | Type::Entry { .. } | Type::Category => None,
                // Set with its grid.
                Type::MicroGrid => Some(field),
                _ => Some(field).filter(|field| field.is_written()),
            },
            _ => None,
        }
    }

    /// The column of this key or heading.
    ///
    /// # Errors
    /// If there is none.
    pub fn column(&self, name: &str) -> Result<Column> {
        let columns = self.columns();
        columns.iter().find(|column| column.key == name || column.heading == name).copied().ok_or_else(|| {
            let known = columns.iter().map(|column| format!("{}（{}）", column.heading, column.key)).collect::<Vec<_>>().join("、");
            Error::invalid(format!("没有“{name}”这一列，可用：{known}"), format!("there is no column {name}"))
        })
    }
}

/// The key of the field that entries are called by: the first that they must have.
pub fn title_of(entries: &'static Entries) -> Option<&'static str> {
    entries.fields.iter().find(|field| field.required).map(|field| field.key)
}

impl Column {
    /// The field that its cells tell of, if one does.
    pub fn field(&self) -> Option<&'static Field> {
        if let Source::Field(field) = self.source { Some(field) } else { None }
    }
}

/// Rows with this alone: a column, by key or heading, and what its cell holds (of tags, one of them).
#[derive(Debug, Clone)]
pub struct Only {
    /// The column.
    pub column: String,
    /// What its cell holds.
    pub value: String,
}

impl std::str::FromStr for Only {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (column, value) = text.split_once('=').ok_or("应写成 列=内容 / write FIELD=VALUE")?;
        Ok(Self { column: column.trim().to_owned(), value: value.trim().to_owned() })
    }
}
