//! Small helpers around sqlx: statements for many rows in few round trips, in sizes that stay in the statement cache.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AnyConnection, AssertSqlSafe};

use crate::error::Result;

/// A bound value. NULLs keep their type, as PostgreSQL wants it.
#[derive(Debug, Clone)]
pub enum Arg {
    /// Text or NULL.
    Text(Option<String>),
    /// A whole number or NULL.
    Int(Option<i64>),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Arg {
    /// Text.
    pub fn text(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }

    /// A whole number.
    pub fn int(number: impl TryInto<i64>) -> Self {
        // What does not fit is beyond any number the hub gives out.
        Self::Int(Some(number.try_into().unwrap_or(i64::MAX)))
    }
}

type Query = sqlx::query::Query<'static, Any, AnyArguments>;

fn query(sql: String, args: Vec<Arg>) -> Query {
    args.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), |q, arg| match arg {
        // PostgreSQL has no text with a NUL in it, and no person writes one.
        Arg::Text(t) => q.bind(t.map(|t| if t.contains('\0') { t.replace('\0', "\u{fffd}") } else { t })),
        Arg::Int(i) => q.bind(i),
        Arg::Blob(b) => q.bind(b),
    })
}

/// Runs a statement. Returns how many rows it changed.
pub async fn exec(connection: &mut AnyConnection, sql: &str, args: Vec<Arg>) -> Result<u64> {
    Ok(query(sql.to_owned(), args).execute(connection).await?.rows_affected())
}

/// All rows of a query.
pub async fn all(connection: &mut AnyConnection, sql: &str, args: Vec<Arg>) -> Result<Vec<AnyRow>> {
    Ok(query(sql.to_owned(), args).fetch_all(connection).await?)
}

/// The one row of a query.
pub async fn one(connection: &mut AnyConnection, sql: &str, args: Vec<Arg>) -> Result<AnyRow> {
    Ok(query(sql.to_owned(), args).fetch_one(connection).await?)
}

/// Rows for many keys: `sql` has `{in}` where the list of keys goes and `$1` for the tenant.
pub async fn select_in(connection: &mut AnyConnection, sql: &str, tenant: &str, keys: &[Arg]) -> Result<Vec<AnyRow>> {
    let mut found = Vec::new();
    let mut keys = keys.iter().cloned();
    while keys.len() > 0 {
        let take = batch_size(keys.len(), 1);
        let args = std::iter::once(Arg::text(tenant)).chain(keys.by_ref().take(take)).collect();
        found.extend(query(sql.replace("{in}", &places(2, take)), args).fetch_all(&mut *connection).await?);
    }
    Ok(found)
}

/// Inserts many rows into `table`.
pub async fn insert_many(connection: &mut AnyConnection, table: &str, rows: Vec<Vec<Arg>>) -> Result<()> {
    let columns = rows.first().map_or(1, Vec::len).max(1);
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let take = batch_size(rows.len(), columns);
        let values: Vec<String> = (0..take).map(|row| format!("({})", places(1 + row * columns, columns))).collect();
        let args = rows.by_ref().take(take).flatten().collect();
        query(format!("INSERT INTO {table} VALUES {}", values.join(", ")), args).execute(&mut *connection).await?;
    }
    Ok(())
}

/// How many of `left` rows go into one statement: one of few sizes, so that statements are prepared once, and few enough
/// values, because SQLite looks each `$n` up by its name among all of them.
fn batch_size(left: usize, columns: usize) -> usize {
    const MOST_VALUES: usize = 128;
    [64, 16, 8, 4].into_iter().find(|n| *n <= left && n * columns <= MOST_VALUES).unwrap_or(1)
}

/// `$first, …`: this many places for values.
fn places(first: usize, count: usize) -> String {
    let mut text = String::with_capacity(count * 5);
    for n in first..first + count {
        text.push_str(if n == first { "$" } else { ", $" });
        text.push_str(&n.to_string());
    }
    text
}
