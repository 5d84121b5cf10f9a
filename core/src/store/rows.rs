//! The one writer of read-model rows.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use crate::documents::{Kind, Value};
use crate::error::Result;
use crate::projection::{Row, tables_of};

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Bool(b) => ValueRef::Integer((*b).into()),
            Self::Int(i) => ValueRef::Integer(*i),
            Self::Text(t) => ValueRef::Text(t.as_bytes()),
        }))
    }
}

/// Removes all rows of a document.
pub fn delete_rows(connection: &Connection, kind: &Kind, doc: &str) -> Result<()> {
    for table in tables_of(kind) {
        connection.prepare_cached(&format!("DELETE FROM {} WHERE doc = ?1", table.name))?.execute([doc])?;
    }
    Ok(())
}

/// Writes the rows of a document whose old rows are gone.
pub fn write_rows(connection: &Connection, doc: &str, rows: &[Row]) -> Result<()> {
    for row in rows {
        let places = ", ?".repeat(row.values.len());
        let head = [Value::from(doc), Value::from(row.entry.as_str())];
        connection
            .prepare_cached(&format!("INSERT INTO {} VALUES (?, ?{places})", row.table.name))?
            .execute(params_from_iter(head.iter().chain(&row.values)))?;
    }
    Ok(())
}
