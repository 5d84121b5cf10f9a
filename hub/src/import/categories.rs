//! Rows of the three-level list of matters.

use std::collections::HashMap;

use jiff::tz::Offset;

use super::fields::one_line;
use super::kept::Kept;
use super::rejects::{Place, Reason, Reject};
use super::table::{RowReader, Table};

/// One matter of the lowest level, with those above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its code, where the list has codes.
    pub code: Option<String>,
    /// The name of the first level.
    pub level1: String,
    /// The name of the second level.
    pub level2: String,
    /// The name of the third level.
    pub level3: String,
}

/// Reads the categories of a table. `codes` remembers where each code was seen, over all sheets of a file: one code
/// cannot mean two matters.
pub fn read(file: &str, table: &Table<'_>, kept: &mut Kept<Category>, codes: &mut HashMap<String, (Category, Place)>) -> Vec<Reject> {
    let mut rejects = Vec::new();
    // The list holds no times, so the clock does not matter.
    for mut row in table.rows(Offset::UTC) {
        let place = row.place();
        if row.is_whole()
            && let Some(category) = category(&mut row)
            && let Err((key, earlier)) = keep(category, &place, kept, codes)
        {
            row.problem(key, Reason::Repeated(earlier));
        }
        let problems = row.into_problems();
        if !problems.is_empty() {
            rejects.push(Reject::new(file, &place, &problems));
        }
    }
    rejects
}

/// The category of a row, or `None` when the row has problems.
fn category(row: &mut RowReader<'_>) -> Option<Category> {
    let category = Category {
        code: row.optional_number("code"),
        level1: row.text("level1", one_line),
        level2: row.text("level2", one_line),
        level3: row.text("level3", one_line),
    };
    row.is_good().then_some(category)
}

fn keep(category: Category, place: &Place, kept: &mut Kept<Category>, codes: &mut HashMap<String, (Category, Place)>) -> Result<(), (&'static str, Place)> {
    if let Some(code) = &category.code {
        match codes.get(code) {
            Some((other, earlier)) if *other != category => return Err(("code", earlier.clone())),
            Some(_) => {}
            None => {
                codes.insert(code.clone(), (category.clone(), place.clone()));
            }
        }
    }
    // Names hold no line breaks after cleaning, so the joined path is unambiguous.
    let path = [category.level1.as_str(), &category.level2, &category.level3].join("\n");
    kept.keep(&path, place.clone(), category).map_err(|earlier| ("level3", earlier))
}
