//! A document's state as plain data: what projections, audiences, rules and folds read. Automerge stays behind it.

use automerge::iter::MapRange;
use automerge::{Automerge, ObjId, ROOT, ReadDoc, ScalarValue, ValueRef};

use crate::ids::Id;

/// How the key begins that says who last confirmed the value of the key that follows (`confirmed:phone`), and when: a field of that
/// value. It holds for as long as that value stands.
pub const CONFIRMED: &str = "confirmed:";

/// The key that says, with the time (seconds since the Unix epoch, UTC), that an entry was erased or, at the root, the whole
/// document. Nobody writes below it any more.
pub const ERASED: &str = "erased";

/// A single value. Kinds of scalars that gridwalk does not write read as [`Value::Null`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number; times are seconds since the Unix epoch (UTC), positions millionths of a WGS-84 degree.
    Int(i64),
    /// Text.
    Text(String),
}

impl Value {
    /// The value as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(b) => (*b).into(),
            Self::Int(i) => (*i).into(),
            Self::Text(t) => t.as_str().into(),
        }
    }
}

/// A value or a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A single value.
    Value(Value),
    /// A container, an entry of one, or an edited field (`{value, by, at}`).
    Map(Map),
}

impl Node {
    /// The bare value: of a field that was edited, its `value`.
    pub fn value(&self) -> &Value {
        match self {
            Self::Value(v) => v,
            Self::Map(m) => m.get("value").map_or(&Value::Null, |e| match &e.node {
                Node::Value(v) => v,
                Node::Map(_) => &Value::Null,
            }),
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(m) => Some(m),
            Self::Value(_) => None,
        }
    }
}

/// What stands at a key: the winner that every replica agrees on, and what others set at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The value that is shown.
    pub node: Node,
    /// Values set concurrently to the same key.
    pub rivals: Vec<Node>,
}

/// A map of a document, sorted by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Map(Vec<Entry>);

/// A value with who set it and when (seconds since the Unix epoch, UTC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    /// The value.
    pub value: Value,
    /// The person's id, empty if unknown.
    pub by: String,
    /// When.
    pub at: i64,
}

/// A field that people set differently at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Keys from the root, joined by `/`; `/` and `~` within a key are `~1` and `~0`.
    pub path: String,
    /// The different values, the shown one first.
    pub values: Vec<Stamped>,
}

impl Map {
    /// Reads the whole state of a document, as it was written.
    pub fn of(doc: &Automerge) -> Self {
        Self::read(doc, &ROOT, 0)
    }

    fn read(doc: &Automerge, obj: &ObjId, depth: usize) -> Self {
        // Nothing that gridwalk writes is deeper; hostile nesting ends here.
        if depth > 4 {
            return Self::default();
        }
        let range: MapRange<'_> = doc.map_range(obj, ..);
        let entries = range.map(|item| {
            let mut rivals = Vec::new();
            if item.conflict {
                let winner = item.id();
                for (value, id) in doc.get_all(obj, item.key.as_ref()).unwrap_or_default() {
                    if id != winner {
                        rivals.push(match value {
                            automerge::Value::Object(_) => Node::Map(Self::read(doc, &id, depth + 1)),
                            automerge::Value::Scalar(s) => Node::Value(scalar(&s)),
                        });
                    }
                }
            }
            let node = match &item.value {
                ValueRef::Object(automerge::ObjType::Map) => Node::Map(Self::read(doc, &item.id(), depth + 1)),
                ValueRef::Object(_) => Node::Value(Value::Null),
                ValueRef::Scalar(s) => Node::Value(scalar(&s.clone().into())),
            };
            Entry { key: item.key.into_owned(), node, rivals }
        });
        Self(entries.collect())
    }

    /// A map of these entries, which are sorted by key.
    pub(super) fn of_sorted(entries: Vec<Entry>) -> Self {
        Self(entries)
    }

    /// What stands at `key`.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.0.binary_search_by(|e| e.key.as_str().cmp(key)).ok().map(|i| &self.0[i])
    }

    /// All keys with what stands there, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    pub(super) fn entries_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.0.iter_mut()
    }

    /// Puts a value at `key`, over whatever stands there.
    pub(super) fn insert(&mut self, key: &str, value: Value) {
        let entry = Entry { key: key.to_owned(), node: Node::Value(value), rivals: Vec::new() };
        match self.0.binary_search_by(|e| e.key.as_str().cmp(key)) {
            Ok(i) => self.0[i] = entry,
            Err(i) => self.0.insert(i, entry),
        }
    }

    /// The value at `key`, [`Value::Null`] if there is none.
    pub fn value(&self, key: &str) -> &Value {
        self.get(key).map_or(&Value::Null, |e| e.node.value())
    }

    /// The text at `key`, empty if there is none.
    pub fn text(&self, key: &str) -> &str {
        match self.value(key) {
            Value::Text(t) => t,
            _ => "",
        }
    }

    /// The whole number at `key`.
    pub fn int(&self, key: &str) -> Option<i64> {
        match self.value(key) {
            Value::Int(i) => Some(*i),
            _ => None,
        }
    }

    /// Whether `true` stands at `key`.
    pub fn flag(&self, key: &str) -> bool {
        *self.value(key) == Value::Bool(true)
    }

    /// The id at `key`.
    pub fn id(&self, key: &str) -> Option<Id> {
        self.text(key).parse().ok()
    }

    /// The map at `key`, empty if there is none.
    pub fn map(&self, key: &str) -> &Map {
        static EMPTY: Map = Map(Vec::new());
        self.get(key).and_then(|e| e.node.as_map()).unwrap_or(&EMPTY)
    }

    /// The entries of the container at `key` that are maps, with their keys.
    pub fn entries(&self, key: &str) -> impl Iterator<Item = (&str, &Map)> {
        self.map(key).iter().filter_map(|e| Some((e.key.as_str(), e.node.as_map()?)))
    }

    /// All fields that people set differently at the same time. Equal values are no conflict.
    pub fn conflicts(&self) -> Vec<Conflict> {
        let mut found = Vec::new();
        if !self.has_rivals() {
            return found;
        }
        self.find_conflicts("", ("", 0), &mut found);
        found
    }

    fn has_rivals(&self) -> bool {
        self.0.iter().any(|e| !e.rivals.is_empty() || e.node.as_map().is_some_and(Map::has_rivals))
    }

    fn find_conflicts(&self, prefix: &str, stamp: (&str, i64), found: &mut Vec<Conflict>) {
        // Before a field is edited, who and when are those of the entry it is in.
        let own = self.get("by").map_or(stamp, |_| (self.text("by"), self.int("at").unwrap_or(0)));
        for entry in self.0.iter().filter(|entry| !entry.key.starts_with(CONFIRMED)) {
            // A tag may hold a slash: as in JSON Pointer (RFC 6901), one path is one field.
            let key = entry.key.replace('~', "~0").replace('/', "~1");
            let path = if prefix.is_empty() { key } else { format!("{prefix}/{key}") };
            let mut values = Vec::<Stamped>::new();
            for node in std::iter::once(&entry.node).chain(&entry.rivals) {
                let (by, at) = node.as_map().filter(|m| m.get("value").is_some()).map_or(own, |m| (m.text("by"), m.int("at").unwrap_or(0)));
                let value = node.value();
                if values.iter().all(|v| v.value != *value) {
                    values.push(Stamped { value: value.clone(), by: by.to_owned(), at });
                }
            }
            if values.len() > 1 {
                found.push(Conflict { path: path.clone(), values });
            }
            if let Node::Map(map) = &entry.node {
                map.find_conflicts(&path, own, found);
            }
        }
    }

    /// The state as JSON, with fields that were edited as their plain values.
    pub fn to_json(&self) -> serde_json::Value {
        let field = |e: &Entry| {
            let json = match &e.node {
                Node::Map(m) if m.get("value").is_none() => m.to_json(),
                node => node.value().to_json(),
            };
            (e.key.clone(), json)
        };
        serde_json::Value::Object(self.0.iter().map(field).collect())
    }
}

pub(super) fn scalar(value: &ScalarValue) -> Value {
    match value {
        ScalarValue::Boolean(b) => Value::Bool(*b),
        ScalarValue::Int(i) | ScalarValue::Timestamp(i) => Value::Int(*i),
        ScalarValue::Uint(u) => i64::try_from(*u).map_or(Value::Null, Value::Int),
        ScalarValue::Str(s) => Value::Text(s.to_string()),
        _ => Value::Null,
    }
}
