//! What a document must say. A demand that is younger than what someone recorded refuses nothing of it: it is a mark on the record.

use crate::documents::{Map, Value};

/// What stands under a key of a document's root.
#[derive(Debug)]
pub struct Demand {
    /// The key.
    pub path: &'static str,
    /// How many characters at most; `None` where something must stand there.
    pub at_most: Option<usize>,
    /// The dictionary's number since which it is made.
    pub since: u32,
}

impl Demand {
    /// Something must stand under this key.
    pub const fn present(path: &'static str, since: u32) -> Self {
        Self { path, at_most: None, since }
    }

    /// What stands under this key has at most so many characters.
    pub const fn at_most(path: &'static str, characters: usize, since: u32) -> Self {
        Self { path, at_most: Some(characters), since }
    }

    /// Whether a document in this state meets it.
    pub fn is_met(&self, tree: &Map) -> bool {
        match (self.at_most, tree.value(self.path)) {
            (Some(most), Value::Text(text)) => text.chars().count() <= most,
            (Some(_), _) => true,
            (None, Value::Null) => false,
            (None, Value::Text(text)) => !text.is_empty(),
            (None, _) => true,
        }
    }

    /// The stable code of its mark.
    pub fn code(&self) -> &'static str {
        if self.at_most.is_some() { "too_long" } else { "missing" }
    }
}
