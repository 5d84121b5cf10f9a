//! Running statements: one text for both engines, and many rows in few round trips, in sizes that stay in the statement cache.

use sqlx::AssertSqlSafe;

use super::conn::{Conn, Row};
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

/// A prepared statement with its values.
macro_rules! query {
    ($sql:expr, $args:expr) => {
        $args.into_iter().fold(sqlx::query(AssertSqlSafe($sql)), |query, arg| match arg {
            Arg::Text(text) => query.bind(text.map(without_nul)),
            Arg::Int(number) => query.bind(number),
            Arg::Blob(bytes) => query.bind(bytes),
        })
    };
}

/// PostgreSQL has no text with a NUL in it, and no person writes one.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// Runs a statement. Returns how many rows it changed.
pub async fn exec(connection: &mut Conn, sql: &str, args: Vec<Arg>) -> Result<u64> {
    run(connection, sql.to_owned(), args).await
}

async fn run(connection: &mut Conn, sql: String, args: Vec<Arg>) -> Result<u64> {
    match connection {
        Conn::Sqlite(source) => Ok(query!(sql, args).execute(source.connection()).await?.rows_affected()),
        Conn::Postgres(source) => Ok(query!(sql, args).execute(source.connection()).await?.rows_affected()),
    }
}

/// All rows of a query.
pub async fn all(connection: &mut Conn, sql: &str, args: Vec<Arg>) -> Result<Vec<Row>> {
    find(connection, sql.to_owned(), args).await
}

async fn find(connection: &mut Conn, sql: String, args: Vec<Arg>) -> Result<Vec<Row>> {
    match connection {
        Conn::Sqlite(source) => Ok(query!(sql, args).fetch_all(source.connection()).await?.into_iter().map(Row::Sqlite).collect()),
        Conn::Postgres(source) => Ok(query!(sql, args).fetch_all(source.connection()).await?.into_iter().map(Row::Postgres).collect()),
    }
}

/// The one row of a query.
pub async fn one(connection: &mut Conn, sql: &str, args: Vec<Arg>) -> Result<Row> {
    let sql = sql.to_owned();
    match connection {
        Conn::Sqlite(source) => Ok(Row::Sqlite(query!(sql, args).fetch_one(source.connection()).await?)),
        Conn::Postgres(source) => Ok(Row::Postgres(query!(sql, args).fetch_one(source.connection()).await?)),
    }
}

/// Rows for many keys: `sql` says `IN ({in})` of them, and has `$1` for the tenant.
pub async fn select_in(connection: &mut Conn, sql: &str, tenant: &str, keys: &[String]) -> Result<Vec<Row>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    if let Conn::Postgres(source) = connection {
        // One statement, however many there are.
        let query = sqlx::query(AssertSqlSafe(sql.replace("IN ({in})", "= ANY($2)"))).bind(tenant.to_owned()).bind(keys.to_vec());
        return Ok(query.fetch_all(source.connection()).await?.into_iter().map(Row::Postgres).collect());
    }
    let mut found = Vec::new();
    let mut keys = keys.iter();
    while keys.len() > 0 {
        let take = batch_size(keys.len(), 1);
        let args = std::iter::once(Arg::text(tenant)).chain(keys.by_ref().take(take).map(|key| Arg::text(key))).collect();
        found.extend(find(connection, sql.replace("{in}", &places(2, take)), args).await?);
    }
    Ok(found)
}

/// Inserts many rows into `table`; each column's values are of one type.
pub async fn insert_many(connection: &mut Conn, table: &str, rows: Vec<Vec<Arg>>) -> Result<()> {
    let columns = rows.first().map_or(1, Vec::len).max(1);
    if let Conn::Postgres(source) = connection {
        let Some(mut lists) = rows.first().map(|row| row.iter().map(List::of).collect::<Vec<_>>()) else { return Ok(()) };
        for row in rows {
            lists.iter_mut().zip(row).try_for_each(|(list, arg)| list.push(arg))?;
        }
        let places: Vec<String> = (1..).zip(&lists).map(|(n, list)| format!("${n}::{}", list.ty())).collect();
        let sql = format!("INSERT INTO {table} SELECT * FROM unnest({})", places.join(", "));
        let query = lists.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, list| match list {
            List::Texts(texts) => query.bind(texts),
            List::Ints(numbers) => query.bind(numbers),
            List::Blobs(blobs) => query.bind(blobs),
        });
        query.execute(source.connection()).await?;
        return Ok(());
    }
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let take = batch_size(rows.len(), columns);
        let values: Vec<String> = (0..take).map(|row| format!("({})", places(1 + row * columns, columns))).collect();
        let args = rows.by_ref().take(take).flatten().collect();
        run(connection, format!("INSERT INTO {table} VALUES {}", values.join(", ")), args).await?;
    }
    Ok(())
}

/// The values of one column, for PostgreSQL.
enum List {
    Texts(Vec<Option<String>>),
    Ints(Vec<Option<i64>>),
    Blobs(Vec<Vec<u8>>),
}

impl List {
    /// An empty one for values like this.
    fn of(arg: &Arg) -> Self {
        match arg {
            Arg::Text(_) => Self::Texts(Vec::new()),
            Arg::Int(_) => Self::Ints(Vec::new()),
            Arg::Blob(_) => Self::Blobs(Vec::new()),
        }
    }

    fn ty(&self) -> &'static str {
        match self {
            Self::Texts(_) => "text[]",
            Self::Ints(_) => "bigint[]",
            Self::Blobs(_) => "bytea[]",
        }
    }

    fn push(&mut self, arg: Arg) -> sqlx::Result<()> {
        match (self, arg) {
            (Self::Texts(list), Arg::Text(text)) => list.push(text.map(without_nul)),
            (Self::Ints(list), Arg::Int(number)) => list.push(number),
            (Self::Blobs(list), Arg::Blob(bytes)) => list.push(bytes),
            _ => return Err(sqlx::Error::Encode("values of two types in one column".into())),
        }
        Ok(())
    }
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
