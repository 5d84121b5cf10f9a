//! The good rows of a file, each number once.

use std::collections::HashMap;

use super::rejects::Place;

/// A good row and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    /// Where the row stands in the file.
    pub place: Place,
    /// What it says.
    pub content: T,
}

/// The good rows of one kind. A row given twice word for word is kept once and counted.
#[derive(Debug)]
pub struct Kept<T> {
    rows: Vec<Placed<T>>,
    by_number: HashMap<String, usize>,
    repeats: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), by_number: HashMap::new(), repeats: 0 }
    }
}

impl<T: PartialEq> Kept<T> {
    /// Keeps a row under its number. The error is the place of an earlier row with the number and other content.
    pub fn keep(&mut self, number: &str, place: Place, content: T) -> Result<(), Place> {
        match self.by_number.get(number).and_then(|at| self.rows.get(*at)) {
            Some(earlier) if earlier.content == content => self.repeats += 1,
            Some(earlier) => return Err(earlier.place.clone()),
            None => {
                self.by_number.insert(number.to_owned(), self.rows.len());
                self.rows.push(Placed { place, content });
            }
        }
        Ok(())
    }

    /// The rows in the order of the file, and how many repeats were left out.
    pub fn into_parts(self) -> (Vec<Placed<T>>, usize) {
        (self.rows, self.repeats)
    }
}
