//! What screens ask about conflicts.

use rusqlite::Connection;
use serde::Serialize;

use crate::error::Result;
use crate::ids::Id;
use crate::store::load;

/// A field with the values that people set at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConflictView {
    /// The document.
    pub document: Id,
    /// The field, keys from the root joined by `/`.
    pub path: String,
    /// The values, the shown one first.
    pub values: Vec<ConflictValue>,
    /// What people call the field.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// One of the values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConflictValue {
    /// The value as JSON.
    pub value: String,
    /// Who set it (a person's id).
    pub by: String,
    /// Their name, empty if not known here.
    pub by_name: String,
    /// When, in seconds since the Unix epoch (UTC).
    pub at: i64,
}

/// All conflicts on this phone.
pub fn conflicts(connection: &Connection) -> Result<Vec<ConflictView>> {
    let mut statement = connection
        .prepare_cached("SELECT c.doc, c.path, c.value, coalesce(c.by, ''), coalesce(p.name, ''), c.at FROM conflicts c LEFT JOIN persons p ON p.doc = c.by ORDER BY c.doc, c.path, c.number")?;
    let mut rows = statement.query([])?;
    let mut views: Vec<ConflictView> = Vec::new();
    while let Some(r) = rows.next()? {
        let (document, path): (Id, String) = (r.get(0)?, r.get(1)?);
        let value = ConflictValue { value: r.get(2)?, by: r.get(3)?, by_name: r.get(4)?, at: r.get(5)? };
        match views.last_mut().filter(|v| v.document == document && v.path == path) {
            Some(view) => view.values.push(value),
            None => {
                let (zh, en) = load(connection, document)?.map_or_else(|| (path.clone(), path.clone()), |doc| doc.kind().words_at(&path));
                views.push(ConflictView { document, path, values: vec![value], zh, en });
            }
        }
    }
    Ok(views)
}
