//! What the engine needs to know of a kind of document. The list of kinds is `kinds.rs`.

use std::fmt;
use std::str::FromStr;

use super::{Map, Value};
use crate::cases::Process;
use crate::commands::Edit;
use crate::dictionary::{Entries, Field, Named, Order, Type};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::projection::{Rows, Table};
use crate::rules::{self, Allow, Attempt, Demand, KindRules, Role, RoleScope};

/// Who may read a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// The phones of one grid; named by its document.
    Place(Id),
    /// The leads of one micro-grid, a building or stairway of a grid; named by its document.
    MicroGrid(Id),
    /// Everyone enrolled in the community.
    Community,
    /// The community's desk: its cadres.
    Desk,
    /// One person, on all their devices.
    Person(Id),
    /// The street over the community: its dispatchers.
    Street,
    /// A department or unit; named by its document.
    Unit(Id),
    /// A confidential circle: its members alone; named by its document.
    Circle(Id),
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place(id) => write!(f, "place:{id}"),
            Self::MicroGrid(id) => write!(f, "micro_grid:{id}"),
            Self::Community => f.write_str("community"),
            Self::Desk => f.write_str("desk"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Street => f.write_str("street"),
            Self::Unit(id) => write!(f, "unit:{id}"),
            Self::Circle(id) => write!(f, "circle:{id}"),
        }
    }
}

impl FromStr for Audience {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        match s.split_once(':') {
            None if s == "community" => Ok(Self::Community),
            None if s == "desk" => Ok(Self::Desk),
            None if s == "street" => Ok(Self::Street),
            Some(("place", id)) => Ok(Self::Place(id.parse()?)),
            Some(("micro_grid", id)) => Ok(Self::MicroGrid(id.parse()?)),
            Some(("person", id)) => Ok(Self::Person(id.parse()?)),
            Some(("unit", id)) => Ok(Self::Unit(id.parse()?)),
            Some(("circle", id)) => Ok(Self::Circle(id.parse()?)),
            _ => Err(Error::malformed("audience")),
        }
    }
}

/// One schema version of a kind: its place in the append-only list of all genesis changes, and the containers it adds.
#[derive(Debug)]
pub struct Schema {
    /// The number of this genesis among all, never used again: names kind and version on the wire.
    pub number: u16,
    /// Keys of the root that hold maps of entries.
    pub containers: &'static [&'static str],
}

/// Where a document stands: what decides its audiences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AudienceSource {
    /// These audiences, from the document itself.
    Own(Vec<Audience>),
    /// The audiences of another document: an event moves with what it is about.
    Of {
        /// What it is about.
        about: Id,
        /// The kinds of documents that this may be.
        kinds: &'static [&'static str],
    },
}

/// Keys of a document with the values to write there; [`Value::Null`] for none.
pub type Written = Vec<(String, Value)>;

/// What no field can say of what is about to be written: completes it, or refuses it with the reason. It is given what stands
/// there, an empty map if it is new.
pub type Complete = fn(&mut Edit<'_>, &Map, &mut Written) -> Result<()>;

/// How records of a kind come to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// By the dictionary's own `add`.
    Add,
    /// By the command of this stable name, which has behaviour of its own.
    Command(&'static str),
    /// By the hub when a community begins or imports: one a community.
    Hub,
}

/// A kind of document. All functions but `complete` are pure.
#[derive(Debug)]
pub struct Kind {
    /// The stable name, in snake case: `household`.
    pub name: &'static str,
    /// The schema versions, oldest first.
    pub versions: &'static [Schema],
    /// The fields of a record.
    pub fields: &'static [Field],
    /// The field that a record is named by, empty if there is none.
    pub title: &'static str,
    /// The orders that lists of it are offered in, the usual one first; each has an index.
    pub orders: &'static [Order],
    /// The fields that lists of it are filtered by; each has an index.
    pub filters: &'static [&'static str],
    /// The entries within a record, each kind of them with its fields.
    pub entries: &'static [Entries],
    /// The values within a record that are named by what they are for.
    pub named: &'static [Named],
    /// What its records go through, where they are cases: their first entries are its steps.
    pub process: Option<&'static Process>,
    /// How its records come to be.
    pub added: Added,
    /// What no field can say of a record that `add` and `edit` write.
    pub complete: Complete,
    /// The read-model tables that this kind's documents fill.
    pub tables: &'static [&'static Table],
    /// Projects a document to rows.
    pub project: fn(&Map, &mut Rows),
    /// Decides who may read a document.
    pub audiences: fn(&Map, Id) -> AudienceSource,
    /// Who may write which path that is no field; [`Kind::rows`] has those of its fields too.
    pub rules: &'static KindRules,
    /// Of an event: for how many days phones hold it after its `at`; hubs hold it always.
    pub keep_days: Option<i64>,
    /// What no path rule can say: judged on the state with the change in it.
    pub check: fn(&Attempt<'_>) -> bool,
    /// What its documents must say.
    pub demands: &'static [&'static Demand],
    /// Whose personal data its documents hold: what an erasure follows. None: nobody's.
    pub subjects: &'static [Subject],
}

impl Kind {
    /// Whether what stands in it can stop being so without anyone writing it, so that people confirm it: what is kept of people.
    pub fn is_confirmed(&self) -> bool {
        self.added == Added::Add && self.keep_days.is_none() && !self.subjects.is_empty()
    }

    /// The field that a record is named by, else the first that lists show; a column of the first table.
    pub fn title_field(&self) -> Option<&'static Field> {
        let title = self.fields.iter().find(|field| if self.title.is_empty() { field.listed } else { field.key == self.title })?;
        self.tables.first()?.all_columns().any(|(name, _)| name == title.key).then_some(title)
    }

    /// The container whose entries are residents, with the table of their rows.
    pub fn residents(&self) -> Option<(&'static str, &'static Table)> {
        self.subjects.iter().find_map(|subject| if let Subject::Entries { container, table } = subject { Some((*container, *table)) } else { None })
    }

    /// Whether a document of this kind is a person.
    pub fn is_person(&self) -> bool {
        self.subjects.iter().any(|subject| matches!(subject, Subject::Itself))
    }
}

/// Whose personal data documents of a kind hold, and what of them goes when those people are erased. An id alone names nobody
/// once the document that it is of is gone.
#[derive(Debug, Clone, Copy)]
pub enum Subject {
    /// The document is a person.
    Itself,
    /// Each entry of this container is a resident, with a row of this table: the entry goes, with whatever stands in it.
    Entries {
        /// The container.
        container: &'static str,
        /// The table with a row for each.
        table: &'static Table,
    },
    /// The document is about the person, resident or household whose id stands in this column: it goes with them.
    Named {
        /// The table that has the document's row.
        table: &'static Table,
        /// The column.
        column: &'static str,
    },
    /// What the document is about, as its place says: it goes with that.
    About,
    /// Whoever people write of in it: where, an erasure finds by names and telephone numbers, and a person decides.
    Words,
}

impl Kind {
    /// Who may write which path: the rows of its rules and of its fields.
    pub fn rows(&self) -> &'static [Allow] {
        crate::kinds::rows_of(self.name)
    }

    /// Whether only the members of a circle write it: then they alone read it, and reads at the hub are logged.
    pub fn is_confidential(&self) -> bool {
        self.rows().iter().flat_map(|row| row.roles).all(|role| *role == Role::Hub || role.over() == RoleScope::Circle)
    }

    /// Whether `path`, keys from the root, leads to something that is declared. What does not, a newer gridwalk wrote.
    pub fn names(&self, path: &[&str]) -> bool {
        rules::names(self.rows(), path)
    }

    /// What people call the field at `path`, keys from the root joined by `/`, Chinese and English; the key itself of what is not
    /// declared here.
    pub fn words_at(&self, path: &str) -> (String, String) {
        let keys: Vec<&str> = path.split('/').collect();
        let key = keys.last().copied().unwrap_or_default();
        match (self.field_at(&keys), self.named.iter().find(|named| keys.len() == 2 && named.key == keys[0])) {
            // Of tags each word is a value of its own.
            (Some(field), _) if field.ty == Type::Tags => {
                let word = key.split_once(':').map_or(key, |(_, word)| word);
                (format!("{}：{word}", field.label.zh), format!("{}: {word}", field.label.en))
            }
            (Some(field), _) => (field.label.zh.into(), field.label.en.into()),
            (None, Some(named)) => (format!("{}：{key}", named.label.zh), format!("{}: {key}", named.label.en)),
            (None, None) => (key.into(), key.into()),
        }
    }

    /// The field that `path`, keys from the root, leads to.
    pub fn field_at(&self, path: &[&str]) -> Option<&'static Field> {
        let (fields, key) = match path {
            [key] => (self.fields, key),
            [container, _, key] => (self.entries.iter().find(|e| e.key == *container)?.fields, key),
            _ => return None,
        };
        fields.iter().find(|field| field.holds(key))
    }
}
