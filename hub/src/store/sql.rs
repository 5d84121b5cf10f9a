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
        Arg::Text(t) => q.bind(t),
        Arg::Int(i) => q.bind(i),
        Arg::Blob(b) => q.bind(b),
    })
}

/// Runs a statement; answers with how many rows it changed.
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
    let mut rows = Vec::new();
    for chunk in chunks(keys, 64) {
        let places: Vec<String> = (2..chunk.len() + 2).map(|n| format!("${n}")).collect();
        let args = std::iter::once(Arg::text(tenant)).chain(chunk.iter().cloned()).collect();
        rows.extend(query(sql.replace("{in}", &places.join(", ")), args).fetch_all(&mut *connection).await?);
    }
    Ok(rows)
}

/// Inserts many rows into `table`.
pub async fn insert_many(connection: &mut AnyConnection, table: &str, rows: Vec<Vec<Arg>>) -> Result<()> {
    let most = MOST_VALUES / rows.first().map_or(1, Vec::len).max(1);
    for chunk in chunks(&rows, most.max(1)) {
        let mut n = 0;
        let values: Vec<String> = chunk
            .iter()
            .map(|row| {
                let places: Vec<String> = row
                    .iter()
                    .map(|_| {
                        n += 1;
                        format!("${n}")
                    })
                    .collect();
                format!("({})", places.join(", "))
            })
            .collect();
        let args = chunk.iter().flatten().cloned().collect();
        exec(connection, &format!("INSERT INTO {table} VALUES {}", values.join(", ")), args).await?;
    }
    Ok(())
}

/// Values bound in one statement: SQLite looks each `$n` up by its name among all of them, so many cost their square.
const MOST_VALUES: usize = 96;

/// Slices of at most `most`, of few different lengths, so that their statements are prepared once.
fn chunks<T>(mut all: &[T], most: usize) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let take = [64, 16, 4, 1].into_iter().find(|n| *n <= all.len() && *n <= most)?;
        let (chunk, rest) = all.split_at(take);
        all = rest;
        Some(chunk)
    })
}
