//! Fields that a typed query does not name: a new field of a household stands on its card without a change there.

use std::fmt;

use rusqlite::Row;

use super::queries::value;
use crate::dictionary::{Field, FieldValue};
use crate::documents::Value;

/// The columns of the fields that a query does not name; shown as what follows its own columns.
#[derive(Debug)]
pub(crate) struct Further {
    table: &'static str,
    fields: Vec<&'static Field>,
}

impl Further {
    /// Those of `fields` that `named` does not name, in the table that the query calls `table`.
    pub(crate) fn of(table: &'static str, fields: &'static [Field], named: &[&str]) -> Self {
        Self { table, fields: fields.iter().filter(|f| !named.contains(&f.key)).collect() }
    }

    /// The fields with their values, in a row where their columns begin at `first`.
    pub(crate) fn read(&self, row: &Row<'_>, first: usize) -> rusqlite::Result<Vec<FieldValue>> {
        let mut at = first..;
        let mut shown = Vec::new();
        for field in &self.fields {
            let values = field.columns().zip(&mut at).map(|(_, n)| row.get_ref(n).map(value)).collect::<rusqlite::Result<Vec<Value>>>()?;
            shown.extend(field.shown_values(&values));
        }
        Ok(shown)
    }
}

impl fmt::Display for Further {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fields.iter().flat_map(|field| field.columns()).try_for_each(|(name, _)| write!(f, ", {}.\"{name}\"", self.table))
    }
}
