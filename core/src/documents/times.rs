//! Times as far as they can be believed. Who wrote a record wrote its time, by a clock that may be wrong. What is found out about it later
//! stands at the document's root, beside what people wrote, and holds for every stamp in the document, whatever its kind:
//!
//! - `start:<boot>`: when that boot of a phone began, in seconds since the Unix epoch (UTC). The phone found it by an anchor after the
//!   record; a stamp of the boot is as many seconds later as it says. `false`: the boot is over without an anchor, nobody can find it.
//! - `late:<time>`: written by the hub. Something in the document claims that time, or that hybrid time, and the hub had it before;
//!   the value is when, in seconds since the Unix epoch (UTC). Nothing is believed to be later than that.
//!
//! What is read here is what every projection, fold and rule reads: no kind has to know of it.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Entry, Map, Node, Value};
use crate::clock::Hybrid;

/// The root's keys that say when a boot began.
const START: &str = "start:";
/// The root's keys that say until when a claimed time came in.
const LATE: &str = "late:";
/// Where a stamp's [`Proof`] stands once something was found out about it. Nobody may write it.
const PROOF: &str = "proof";
/// Times of what has happened that people give themselves.
const HAPPENED: [&str; 3] = ["agreed_at", "held_at", "signed_out_at"];

/// How far a stamp's time can be believed, as a number of the read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A hub's time.
    Proven = 0,
    /// By a wall clock; an anchor may still be found.
    Waiting = 1,
    /// By a wall clock, or by none, and it will never be found: it was not later than this, or as the wall clock said.
    Unknowable = 2,
}

impl From<Proof> for Value {
    fn from(proof: Proof) -> Self {
        Self::Int(proof as i64)
    }
}

/// What a key of a document's root says about times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundTime<'a> {
    /// When this boot began.
    Start(&'a str),
    /// When what claims this time came in.
    Late(i64),
}

impl<'a> FoundTime<'a> {
    /// What the key says, if it is one of these.
    pub fn of(key: &'a str) -> Option<Self> {
        match key.strip_prefix(START) {
            Some(boot) if !boot.is_empty() => Some(Self::Start(boot)),
            _ => key.strip_prefix(LATE).and_then(|claimed| claimed.parse().ok()).map(Self::Late),
        }
    }
}

/// The key that says when `boot` began.
pub fn start_key(boot: &str) -> String {
    format!("{START}{boot}")
}

/// The key that says when what claims `time` came in.
pub fn late_key(time: i64) -> String {
    format!("{LATE}{time}")
}

/// What is known about the times of one document.
struct Found {
    starts: BTreeMap<String, Option<i64>>,
    late: BTreeMap<i64, i64>,
}

impl Found {
    fn of(root: &Map) -> Self {
        let (mut starts, mut late) = (BTreeMap::new(), BTreeMap::new());
        for entry in root.iter() {
            match (FoundTime::of(&entry.key), entry.node.value()) {
                (Some(FoundTime::Start(boot)), Value::Int(start)) => {
                    starts.insert(boot.to_owned(), Some(*start));
                }
                (Some(FoundTime::Start(boot)), _) => {
                    starts.insert(boot.to_owned(), None);
                }
                (Some(FoundTime::Late(claimed)), Value::Int(received)) => {
                    late.insert(claimed, *received);
                }
                _ => {}
            }
        }
        Self { starts, late }
    }

    /// Corrects every stamp in `map` and below.
    fn correct(&self, map: &mut Map) {
        if let Some(Entry { node: Node::Value(Value::Int(claimed)), .. }) = map.get("at") {
            let claimed = *claimed;
            let start = self.starts.get(map.text("boot"));
            let (mut at, mut proof) = match (start, map.int("since_boot")) {
                (Some(Some(start)), Some(since)) => (start.saturating_add(since), Proof::Proven),
                (Some(_), _) => (claimed, Proof::Unknowable),
                (None, _) => (claimed, Proof::of(map)),
            };
            if let Some(received) = self.late.get(&at) {
                at = *received;
                proof = if proof == Proof::Waiting { proof } else { Proof::Unknowable };
            }
            // What says "now" beside its stamp is no other time than the stamp.
            for entry in map.entries_mut().filter(|e| e.key == "value" || e.key.ends_with("_at") || e.key == "at") {
                if entry.node == Node::Value(Value::Int(claimed)) {
                    entry.node = Node::Value(Value::Int(at));
                }
            }
            map.insert(PROOF, proof.into());
        }
        for entry in map.entries_mut() {
            let is_order = entry.key == "order";
            if is_order || HAPPENED.contains(&entry.key.as_str()) {
                self.bound(&mut entry.node, is_order);
            }
            for node in std::iter::once(&mut entry.node).chain(&mut entry.rivals) {
                if let Node::Map(inner) = node {
                    self.correct(inner);
                }
            }
        }
    }

    /// Bounds a claimed time, bare or as a field's value.
    fn bound(&self, node: &mut Node, is_order: bool) {
        match node {
            Node::Value(Value::Int(claimed)) => {
                if let Some(received) = self.late.get(claimed) {
                    *claimed = if is_order { Hybrid::last_of(*received).0 } else { *received };
                }
            }
            Node::Map(field) => {
                if let Some(value) = field.entries_mut().find(|e| e.key == "value") {
                    self.bound(&mut value.node, is_order);
                }
            }
            Node::Value(_) => {}
        }
    }
}

impl Proof {
    /// How far the time of the entry, field or document `map` can be believed.
    pub fn of(map: &Map) -> Self {
        match map.int(PROOF) {
            Some(0) => Self::Proven,
            Some(2) => Self::Unknowable,
            Some(_) => Self::Waiting,
            None if map.get("boot").is_some() => Self::Waiting,
            None => Self::Proven,
        }
    }
}

impl Map {
    /// The state with every time corrected by what was found out about it.
    #[must_use]
    pub fn with_found_times(mut self) -> Self {
        if self.iter().any(|e| FoundTime::of(&e.key).is_some()) {
            Found::of(&self).correct(&mut self);
        }
        self
    }

    /// When it was, by the best time known, and how far that can be believed, for rows.
    pub fn when(&self) -> [Value; 2] {
        [self.value("at").clone(), Proof::of(self).into()]
    }

    /// Whether a stamp in it bears this boot; `by` asks for this person's alone.
    pub fn bears_boot(&self, boot: &str, by: Option<&str>) -> bool {
        let own = self.get("boot").is_some() && self.text("boot") == boot && by.is_none_or(|by| self.text("by") == by);
        own || self.iter().any(|e| std::iter::once(&e.node).chain(&e.rivals).filter_map(Node::as_map).any(|m| m.bears_boot(boot, by)))
    }

    /// The times that it claims of what has happened, hybrid ones among them, that are later than `latest` (seconds since the Unix
    /// epoch, UTC).
    pub fn later_than(&self, latest: i64) -> BTreeSet<i64> {
        let mut found = BTreeSet::new();
        self.find_later(latest, &mut found);
        found
    }

    fn find_later(&self, latest: i64, found: &mut BTreeSet<i64>) {
        for entry in self.iter() {
            for node in std::iter::once(&entry.node).chain(&entry.rivals) {
                let claimed = match node.value() {
                    Value::Int(claimed) => Some(*claimed),
                    _ => None,
                };
                found.extend(claimed.filter(|claimed| match entry.key.as_str() {
                    "order" => Hybrid(*claimed).seconds() > latest,
                    key => (key == "at" || HAPPENED.contains(&key)) && *claimed > latest,
                }));
                if let Node::Map(inner) = node {
                    inner.find_later(latest, found);
                }
            }
        }
    }
}
