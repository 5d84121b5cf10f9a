//! A field as it is declared.

use crate::documents::{Added, Complete, Map, Value};
use crate::projection;
use crate::rules::Role;

/// What people call something, Chinese first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

/// A choice of a list: its stable code and what people call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The stable code.
    pub code: &'static str,
    /// What people call it.
    pub label: Label,
    /// The dictionary's number that brought it; 0 for what was there in the first release.
    pub since: u32,
}

impl Code {
    /// A choice with its stable code.
    pub const fn new(code: &'static str, zh: &'static str, en: &'static str) -> Self {
        Self { code, label: Label { zh, en }, since: 0 }
    }

    /// The dictionary's number that brings it.
    #[must_use]
    pub const fn since(mut self, number: u32) -> Self {
        self.since = number;
        self
    }
}

/// The type of a field: what it holds, and how it is read, checked and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A line of text of at most so many characters.
    Text(usize),
    /// Text with line breaks, of at most so many characters.
    Note(usize),
    /// One of these choices, kept as its code.
    Choice(&'static [Code]),
    /// Short words without blanks, each given and taken away by itself; kept as `KEY:WORD` → true.
    Tags,
    /// A whole number.
    Number {
        /// What is counted.
        unit: Label,
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// An amount of money in hundredths of a yuan (分), not below zero.
    Money,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// A day that is not in the future, `YYYY-MM-DD`.
    PastDate,
    /// A moment, in seconds since the Unix epoch (UTC).
    Time,
    /// A moment that is not later than its record, in seconds since the Unix epoch (UTC).
    PastTime,
    /// So long, in whole minutes, at most a day.
    Minutes,
    /// A telephone number.
    Telephone,
    /// A position (WGS-84), kept as `lat` and `lon` in millionths of a degree.
    Position,
    /// A grid, or a micro-grid: then `micro_grid` is set beside it.
    Place,
    /// The micro-grid that was set with the kind's [`Type::Place`]; never written by itself.
    MicroGrid,
    /// A document of one of these kinds.
    Reference(&'static [&'static str]),
    /// An entry of the record that another field of it refers to: a resident of the household.
    Entry {
        /// The key of that field.
        of: &'static str,
        /// The container of the entry in the record.
        entries: &'static str,
    },
    /// A category of reports, by its code in the community's list.
    Category,
    /// Yes or no.
    Flag,
}

/// Whose data a field holds, by the law (个人信息保护法).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// Nobody's.
    Plain,
    /// Personal: erased with its person, in no log.
    Personal,
    /// Sensitive personal data (Art. 28): also folded on screens until it is asked for.
    Sensitive,
}

/// Who writes a field, and whether once.
#[derive(Debug, Clone, Copy)]
pub struct Write {
    /// Who may.
    pub roles: &'static [Role],
    /// Whether the value stays as it was first written.
    pub once: bool,
}

/// A field of a record, or of an entry within one.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The key in the document, the column, the name in `--json` and on the wire. Never changed and never used again.
    pub key: &'static str,
    /// What people call it.
    pub label: Label,
    /// What it means, where the label does not say it all.
    pub help: Label,
    /// What it holds.
    pub ty: Type,
    /// Whether a record cannot be made without it.
    pub required: bool,
    /// Who writes it: the first that names one of the author's roles holds.
    pub writers: [Write; 2],
    /// Whose data it is.
    pub data: Data,
    /// Whether records are found by it.
    pub searched: bool,
    /// Whether it is shown in rows of lists.
    pub listed: bool,
    /// Headings under which offices write it in their ledgers, beside its own label.
    pub headings: &'static [&'static str],
    /// Where the rule comes from, empty if it is ours.
    pub source: &'static str,
    /// The dictionary's number that brought it; 0 for what was there in the first release.
    pub since: u32,
    /// The stable name of the command that alone sets it; empty if `add` and `edit` do.
    pub command: &'static str,
}

const NOBODY: Write = Write { roles: &[], once: false };
const NO_HELP: Label = Label { zh: "", en: "" };

impl Field {
    /// A field that `roles` write, also over what stands there.
    pub const fn new(key: &'static str, zh: &'static str, en: &'static str, ty: Type, roles: &'static [Role]) -> Self {
        Self {
            key,
            label: Label { zh, en },
            help: NO_HELP,
            ty,
            required: false,
            writers: [Write { roles, once: false }, NOBODY],
            data: Data::Plain,
            searched: false,
            listed: false,
            headings: &[],
            source: "",
            since: 0,
            command: "",
        }
    }

    /// Without it no record is made.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Its value stays as it was first written.
    #[must_use]
    pub const fn once(mut self) -> Self {
        self.writers[0].once = true;
        self
    }

    /// Further roles that write it once.
    #[must_use]
    pub const fn once_by(mut self, roles: &'static [Role]) -> Self {
        self.writers[1] = Write { roles, once: true };
        self
    }

    /// It is personal.
    #[must_use]
    pub const fn personal(mut self) -> Self {
        self.data = Data::Personal;
        self
    }

    /// It is sensitive.
    #[must_use]
    pub const fn sensitive(mut self) -> Self {
        self.data = Data::Sensitive;
        self
    }

    /// Records are found by it: a text, a telephone, tags.
    #[must_use]
    pub const fn searched(mut self) -> Self {
        self.searched = true;
        self
    }

    /// Rows of lists show it.
    #[must_use]
    pub const fn listed(mut self) -> Self {
        self.listed = true;
        self
    }

    /// What it means.
    #[must_use]
    pub const fn help(mut self, zh: &'static str, en: &'static str) -> Self {
        self.help = Label { zh, en };
        self
    }

    /// Headings that offices use for it.
    #[must_use]
    pub const fn headings(mut self, headings: &'static [&'static str]) -> Self {
        self.headings = headings;
        self
    }

    /// Where the rule comes from.
    #[must_use]
    pub const fn source(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }

    /// The dictionary's number that brings it.
    #[must_use]
    pub const fn since(mut self, number: u32) -> Self {
        self.since = number;
        self
    }

    /// Only this command sets it: `add` and `edit` do not.
    #[must_use]
    pub const fn set_by(mut self, command: &'static str) -> Self {
        self.command = command;
        self
    }

    /// Its path in the rules, below its record or entry.
    pub fn path(&self) -> String {
        match self.ty {
            Type::Tags => format!("{}:*", self.tag()),
            Type::Position => "lat|lon".to_owned(),
            _ => self.key.to_owned(),
        }
    }

    /// The beginning of the keys of its words, of a field of tags: `tags` → `tag`.
    fn tag(&self) -> &'static str {
        self.key.strip_suffix('s').unwrap_or(self.key)
    }

    /// The key of one of its words, of a field of tags.
    pub(crate) fn word_key(&self, word: &str) -> String {
        format!("{}:{word}", self.tag())
    }

    /// The words of a field of tags, sorted.
    pub fn words<'a>(&self, tree: &'a Map) -> impl Iterator<Item = &'a str> + use<'a> {
        let tag = self.tag();
        let given = tree.iter().filter(|e| *e.node.value() == Value::Bool(true));
        given.filter_map(move |e| e.key.strip_prefix(tag)?.strip_prefix(':'))
    }

    /// Its value in a record or entry; of several words or numbers use [`Field::columns`].
    pub fn of<'a>(&self, tree: &'a Map) -> &'a Value {
        tree.value(self.key)
    }

    /// Its text, empty if there is none.
    pub fn text<'a>(&self, tree: &'a Map) -> &'a str {
        tree.text(self.key)
    }

    /// Its columns in the read model.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, projection::Type)> {
        let (first, second) = match self.ty {
            Type::Position => (("lat", projection::Type::Int), Some(("lon", projection::Type::Int))),
            Type::Number { .. } | Type::Money | Type::Time | Type::PastTime | Type::Minutes | Type::Flag => ((self.key, projection::Type::Int), None),
            _ => ((self.key, projection::Type::Text), None),
        };
        std::iter::once(first).chain(second)
    }

    /// The values of its columns in a record or entry.
    pub fn column_values(&self, tree: &Map) -> impl Iterator<Item = Value> {
        let (first, second) = match self.ty {
            Type::Position => (tree.value("lat").clone(), Some(tree.value("lon").clone())),
            Type::Tags => (self.words(tree).collect::<Vec<_>>().join(" ").as_str().into(), None),
            _ => (self.of(tree).clone(), None),
        };
        std::iter::once(first).chain(second)
    }

    /// Whether it is what stands under this key of its record or entry.
    pub fn holds(&self, key: &str) -> bool {
        match self.ty {
            Type::Tags => key.strip_prefix(self.tag()).is_some_and(|rest| rest.starts_with(':')),
            Type::Position => key == "lat" || key == "lon",
            _ => self.key == key,
        }
    }

    /// Whether `add` and `edit` write it, and by itself.
    pub fn is_written(&self) -> bool {
        self.ty != Type::MicroGrid && self.command.is_empty()
    }

    /// Whether whoever writes it writes it once.
    pub fn is_once(&self) -> bool {
        self.writers.iter().all(|w| w.once || w.roles.is_empty())
    }
}

/// An order of lists.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// Its stable name.
    pub key: &'static str,
    /// What people call it.
    pub label: Label,
    /// The column of the kind's first table that decides; records that are alike are in the order of their ids.
    pub column: &'static str,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// Entries within a record of a kind: the residents of a household.
#[derive(Debug, Clone, Copy)]
pub struct Entries {
    /// The key of the container.
    pub key: &'static str,
    /// What people call one of them.
    pub label: Label,
    /// The fields of one.
    pub fields: &'static [Field],
    /// The table that has a row for each.
    pub table: &'static projection::Table,
    /// How one comes to be.
    pub added: Added,
    /// What no field of one can say; see [`Kind::complete`](crate::documents::Kind::complete). It is given the record.
    pub complete: Complete,
}

/// Values named by what they are for: a rhythm for each tag, yes or no for each person.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    /// The key of the container.
    pub key: &'static str,
    /// What people call it.
    pub label: Label,
    /// What names a value: [`Type::Tags`] for a tag, [`Type::Reference`] for a document's id, [`Type::Text`] for a code.
    pub names: Type,
    /// What a value holds.
    pub ty: Type,
    /// Who writes it.
    pub roles: &'static [Role],
    /// Whether the dictionary's own `edit` writes it; others have commands of their own.
    pub is_edited: bool,
    /// The dictionary's number that brought it; 0 for what was there in the first release.
    pub since: u32,
}

impl Named {
    /// One value as a field, called by its name.
    pub const fn field(&self) -> Field {
        Field::new(self.key, self.label.zh, self.label.en, self.ty, self.roles).since(self.since)
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Fails to compile what is wrong with the fields of one record or entry: a key twice, a key of the engine's own, a field that
/// nobody writes, a label in one language.
pub const fn assert_fields(fields: &[Field]) {
    const RESERVED: [&str; 8] = ["by", "at", "boot", "since_boot", "value", "removed", "erased", "doc"];
    let mut i = 0;
    while i < fields.len() {
        let field = &fields[i];
        assert!(!field.key.is_empty() && !field.label.zh.is_empty() && !field.label.en.is_empty(), "a field without a key or a label");
        assert!(!field.writers[0].roles.is_empty(), "a field that nobody writes");
        assert!(
            !field.searched || matches!(field.ty, Type::Text(_) | Type::Note(_) | Type::Telephone | Type::Tags),
            "a search knows texts, telephones and tags"
        );
        let mut k = 0;
        while k < RESERVED.len() {
            assert!(!same(field.key, RESERVED[k]), "a key of the engine's own");
            k += 1;
        }
        let mut j = 0;
        while j < i {
            assert!(!same(field.key, fields[j].key), "a key stands twice");
            j += 1;
        }
        i += 1;
    }
}

/// Whether any of these fields is personal or sensitive.
pub const fn has_personal(fields: &[Field]) -> bool {
    let mut i = 0;
    while i < fields.len() {
        if !matches!(fields[i].data, Data::Plain) {
            return true;
        }
        i += 1;
    }
    false
}
