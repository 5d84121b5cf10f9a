//! A community's own fields (自设项目, `x:…`): defined as data in its settings, of the same [`Field`] type as those that a kind
//! declares. They stand where the rules have a row for them. The rules judge their keys' shape, their values' size and their number
//! alone: a verdict never hangs on a setting, which changes. What a value means is joined when it is read.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Code, Field, FieldValue, Label, Type, kept};
use crate::documents::{Entry, Kind, Map, Node, Value};
use crate::rules::Attempt;
use crate::rules::table::ROSTER;

/// What the keys of own fields begin with.
pub const OWN: &str = "x:";

/// What the keys of their definitions begin with in a community's settings: `field:residents:x:dogs`.
pub const DEFINED: &str = "field:";

/// What the path of their row in the rules ends with.
const ROW: &str = "x:*";

/// The most that one record or entry holds.
pub const MOST: usize = 100;

/// The longest key, in bytes.
const LONGEST_KEY: usize = 40;

/// The longest text, in bytes: a note of 5,000 characters.
const LONGEST: usize = 20_000;

/// The types that an own field may have.
pub const TYPES: &[Code] = &[
    Code::new("text", "文字", "text"),
    Code::new("note", "长文字", "note"),
    Code::new("choice", "选项", "choice"),
    Code::new("number", "数字", "number"),
    Code::new("date", "日期", "date"),
    Code::new("flag", "是否", "flag"),
    Code::new("telephone", "电话", "telephone"),
];

/// What an own field is, as the settings keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// What people call it.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// One of [`TYPES`]; fixed once made.
    #[serde(rename = "type")]
    pub ty: String,
    /// The choices of a list, each kept as its word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Whether it is personal; fixed once made. What does not say is.
    #[serde(default = "yes")]
    pub personal: bool,
    /// Whether nobody writes it any more.
    #[serde(default)]
    pub closed: bool,
}

fn yes() -> bool {
    true
}

/// An own field of a community.
#[derive(Debug)]
pub struct OwnField {
    /// Where it stands: the kind of its records, or the key of the entries that have it.
    pub of: &'static str,
    /// Its name among all of the community: `residents:x:dogs`.
    pub name: &'static str,
    /// As the settings have it.
    pub definition: Definition,
    /// As a field. A closed one says so in its label, and stays as it was written.
    pub field: Field,
}

impl OwnField {
    /// The field that a community defined so: `name` is its key in the settings without [`DEFINED`], `text` what stands there. `None` if a
    /// newer gridwalk defined it.
    ///
    /// A definition that was read is kept as long as the program runs, like those of a kind: there are as many as a community's desk
    /// ever wrote.
    pub fn read(name: &str, text: &str) -> Option<&'static Self> {
        static READ: LazyLock<Mutex<HashMap<(String, String), &'static OwnField>>> = LazyLock::new(Mutex::default);
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(&(name.to_owned(), text.to_owned())) {
            return Some(known);
        }
        let made: &'static Self = Box::leak(Box::new(Self::made(name, serde_json::from_str(text).ok()?)?));
        read.insert((name.to_owned(), text.to_owned()), made);
        Some(made)
    }

    fn made(name: &str, definition: Definition) -> Option<Self> {
        let (of, key) = name.split_once(':').filter(|(_, key)| is_key(key))?;
        let ty = match definition.ty.as_str() {
            "text" => Type::Text(100),
            "note" => Type::Note(5_000),
            "choice" => Type::Choice(Box::leak(definition.choices.iter().map(|word| choice(word)).collect())),
            "number" => Type::Number { unit: Label { zh: "", en: "" }, min: -1_000_000_000_000, max: 1_000_000_000_000 },
            "date" => Type::Date,
            "flag" => Type::Flag,
            "telephone" => Type::Telephone,
            _ => return None,
        };
        let (zh, en) = if definition.closed { ("（已停用）", " (closed)") } else { ("", "") };
        let (zh, en) = (kept(format!("{}{zh}", definition.zh)), kept(format!("{}{en}", definition.en)));
        let mut field = Field::new(kept(key.to_owned()), zh, en, ty, ROSTER);
        if definition.personal {
            field = field.personal();
        }
        if definition.closed {
            field = field.once();
        }
        Some(Self { of: kept(of.to_owned()), name: kept(name.to_owned()), definition, field })
    }

    /// Whether people call it so: by its key or its label.
    pub fn is_called(&self, name: &str) -> bool {
        self.field.key == name || self.definition.zh == name || self.definition.en == name
    }

    /// The field with a value of it. A choice that the list has no more says so.
    pub fn shown(&self, value: &Value) -> Option<FieldValue> {
        let mut shown = self.field.shown_values(std::slice::from_ref(value))?;
        if let (Type::Choice(codes), Value::Text(word)) = (self.field.ty, value)
            && codes.iter().all(|code| code.code != word)
        {
            shown.text += "（已停用）";
            shown.text_en += " (closed)";
        }
        Some(shown)
    }
}

fn choice(word: &str) -> Code {
    let word = kept(word.to_owned());
    Code::new(word, word, word)
}

/// Whether a key is an own field's, in shape: `x:`, then small letters, digits and `_`, a letter first.
pub fn is_key(key: &str) -> bool {
    key.strip_prefix(OWN).is_some_and(|word| {
        word.len() <= LONGEST_KEY
            && word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    })
}

/// Where records of a kind have room for own fields: the keys of entries, and `""` for the record itself.
pub fn rooms(kind: &Kind) -> impl Iterator<Item = &'static str> {
    kind.rows().iter().filter_map(|row| {
        let of = row.path.strip_suffix(ROW)?;
        Some(of.strip_suffix("/*/").unwrap_or(of))
    })
}

/// What own fields in a room of a kind are `of`.
pub fn of(kind: &Kind, room: &'static str) -> &'static str {
    if room.is_empty() { kind.name } else { room }
}

/// The own fields of a record that have a value: what they are of, the entry that they stand in (empty for the record itself), key and value.
pub fn values<'a>(kind: &Kind, tree: &'a Map) -> Vec<(&'static str, &'a str, &'a str, &'a Value)> {
    let mut found = Vec::new();
    let mut add = |of, entry: &'a str, map: &'a Map| {
        let own = map.iter().filter(|e| e.key.starts_with(OWN) && *e.node.value() != Value::Null);
        found.extend(own.map(|e| (of, entry, e.key.as_str(), e.node.value())));
    };
    for room in rooms(kind) {
        if room.is_empty() {
            add(kind.name, "", tree);
        } else {
            tree.entries(room).filter(|(_, entry)| !entry.flag("removed")).for_each(|(id, entry)| add(room, id, entry));
        }
    }
    found
}

/// Whether what a change brings of own fields is of the right shape, size and number. `rooms` are the keys of entries that have them, and
/// `""` for the record itself. What stood there before refuses nothing: two phones may each have added the last one.
pub fn fits(attempt: &Attempt<'_>, rooms: &[&str]) -> bool {
    let before = |room: &str, id: &str| attempt.before.map(|tree| if room.is_empty() { tree } else { tree.map(room).map(id) });
    rooms.iter().all(|room| match *room {
        "" => fit(before("", ""), attempt.after),
        room => attempt.after.entries(room).all(|(id, entry)| fit(before(room, id), entry)),
    })
}

fn fit(before: Option<&Map>, after: &Map) -> bool {
    fn own(map: &Map) -> impl Iterator<Item = &Entry> {
        map.iter().filter(|entry| entry.key.starts_with(OWN))
    }
    let short = |node: &Node| if let Value::Text(text) = node.value() { text.len() <= LONGEST } else { true };
    let stood = |entry: &Entry| before.and_then(|map| map.get(&entry.key)) == Some(entry);
    let number = own(after).count();
    (number <= MOST || before.is_some_and(|map| own(map).count() >= number))
        && own(after).all(|entry| stood(entry) || is_key(&entry.key) && short(&entry.node) && entry.rivals.iter().all(short))
}
