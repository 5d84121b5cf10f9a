//! What screens ask about categories.

use rusqlite::{Connection, params};
use serde::Serialize;

use crate::error::Result;
use crate::ids::Id;
use crate::search::Wanted;

/// A category of reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CategoryView {
    /// Its code.
    pub code: String,
    /// First, second and third level.
    pub levels: Vec<String>,
}

impl CategoryView {
    fn of(code: String, path: &str) -> Self {
        Self { code, levels: path.split('/').map(str::to_owned).collect() }
    }
}

/// The categories that match what was typed, by code: parts of a level's name, its pinyin or initials, or of the code. Nothing
/// typed is all of them.
pub fn categories(connection: &Connection, typed: &str, limit: u32) -> Result<Vec<CategoryView>> {
    let wanted = Wanted::parse(typed);
    let mut statement = connection.prepare_cached("SELECT entry, coalesce(path, '') FROM categories ORDER BY entry, doc")?;
    let mut rows = statement.query([])?;
    let mut found: Vec<CategoryView> = Vec::new();
    while found.len() < limit as usize
        && let Some(row) = rows.next()?
    {
        let category = CategoryView::of(row.get(0)?, &row.get::<_, String>(1)?);
        let levels: Vec<&str> = category.levels.iter().map(String::as_str).collect();
        if wanted.all_in(&levels, &[&category.code]) {
            found.push(category);
        }
    }
    Ok(found)
}

/// The categories of the reports that `person` raised, the last one used first.
pub fn recent_categories(connection: &Connection, person: Id, limit: u32) -> Result<Vec<CategoryView>> {
    let mut statement = connection.prepare_cached(
        "SELECT r.category, coalesce(c.path, '') FROM reports r JOIN categories c ON c.entry = r.category
         WHERE r.by = ?1 GROUP BY r.category ORDER BY max(r.at) DESC, r.category LIMIT ?2",
    )?;
    let rows = statement.query_map(params![person.to_string(), limit], |r| Ok(CategoryView::of(r.get(0)?, &r.get::<_, String>(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
