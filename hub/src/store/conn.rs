//! Connections and rows of both engines. What sqlx calls them is known in this folder alone: the rest sees [`Conn`] and [`Row`].

use gridwalk_core::documents::Audience;
use gridwalk_core::error::Error as CoreError;
use gridwalk_core::ids::{DeviceId, Id};
use gridwalk_core::rules::Role;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{
    AssertSqlSafe, Column as _, Connection, Database, PgConnection, PgPool, Postgres, Row as _, Sqlite, SqliteConnection, SqlitePool, Transaction, TypeInfo,
    ValueRef,
};

use crate::error::Result;

/// A connection to the database; what a transaction is open on, if one is.
pub enum Conn {
    /// To SQLite's file.
    Sqlite(Source<Sqlite>),
    /// To PostgreSQL.
    Postgres(Source<Postgres>),
}

/// Where a connection comes from: with what else it goes when it is let go.
pub enum Source<DB: Database> {
    /// A transaction on a connection of a pool: it is rolled back unless it was committed.
    Tx(Transaction<'static, DB>),
    /// A connection of a pool.
    Pooled(PoolConnection<DB>),
    /// One of its own: it is closed.
    Own(Box<DB::Connection>),
}

impl<DB: Database> Source<DB> {
    pub(super) fn connection(&mut self) -> &mut DB::Connection {
        match self {
            Self::Tx(tx) => tx,
            Self::Pooled(pooled) => pooled,
            Self::Own(own) => own,
        }
    }

    async fn commit(self) -> sqlx::Result<()> {
        if let Self::Tx(tx) = self { tx.commit().await } else { Ok(()) }
    }

    async fn close(self) -> sqlx::Result<()> {
        if let Self::Own(own) = self { own.close().await } else { Ok(()) }
    }
}

impl Conn {
    /// One of its own to SQLite's file.
    pub(super) async fn to_sqlite(url: &str) -> Result<Self> {
        Ok(Self::Sqlite(Source::Own(Box::new(SqliteConnection::connect(url).await?))))
    }

    /// One of its own to PostgreSQL.
    pub(super) async fn to_postgres(url: &str) -> Result<Self> {
        Ok(Self::Postgres(Source::Own(Box::new(PgConnection::connect(url).await?))))
    }

    /// Runs statements that are not prepared and have no values.
    pub(super) async fn execute_raw(&mut self, sql: &str) -> Result<()> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(source) => sql.execute(source.connection()).await.map(|_| ())?,
            Self::Postgres(source) => sql.execute(source.connection()).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Ends what `BEGIN` began, by what came of it.
    pub(super) async fn end(&mut self, done: Result<()>) -> Result<()> {
        let ended = self.execute_raw(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }).await;
        done.and(ended)
    }

    pub(super) async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(source) => source.commit().await,
            Self::Postgres(source) => source.commit().await,
        }
    }

    /// Closes a connection of its own.
    pub async fn close(self) -> Result<()> {
        match self {
            Self::Sqlite(source) => Ok(source.close().await?),
            Self::Postgres(source) => Ok(source.close().await?),
        }
    }
}

/// Connections that are kept open.
#[derive(Clone)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Pool {
    /// Begins a transaction with this statement.
    pub async fn begin(&self, statement: &'static str) -> Result<Conn> {
        match self {
            Self::Sqlite(pool) => Ok(Conn::Sqlite(Source::Tx(pool.begin_with(statement).await?))),
            Self::Postgres(pool) => Ok(Conn::Postgres(Source::Tx(pool.begin_with(statement).await?))),
        }
    }

    /// A connection on which no transaction is open.
    pub async fn acquire(&self) -> Result<Conn> {
        match self {
            Self::Sqlite(pool) => Ok(Conn::Sqlite(Source::Pooled(pool.acquire().await?))),
            Self::Postgres(pool) => Ok(Conn::Postgres(Source::Pooled(pool.acquire().await?))),
        }
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A row that a query found.
pub enum Row {
    /// SQLite's.
    Sqlite(SqliteRow),
    /// PostgreSQL's.
    Postgres(PgRow),
}

impl Row {
    /// What stands in the column of this number; the first is 0.
    ///
    /// # Errors
    /// If it is of another type, or NULL where that is none of `T`'s values.
    pub fn get<T: Column>(&self, column: usize) -> sqlx::Result<T> {
        T::of(self, column)
    }

    /// The names of the columns.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Sqlite(row) => row.columns().iter().map(|c| c.name()).collect(),
            Self::Postgres(row) => row.columns().iter().map(|c| c.name()).collect(),
        }
    }
}

/// What a column may hold.
pub trait Column: Sized + sealed::Sealed {
    /// See [`Row::get`].
    fn of(row: &Row, column: usize) -> sqlx::Result<Self>;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! column {
    ($($ty:ty),*) => {$(
        impl sealed::Sealed for $ty {}

        impl Column for $ty {
            fn of(row: &Row, column: usize) -> sqlx::Result<Self> {
                match row {
                    Row::Sqlite(row) => row.try_get(column),
                    Row::Postgres(row) => row.try_get(column),
                }
            }
        }
    )*};
}

column!(String, Option<String>, Vec<u8>, Option<Vec<u8>>, bool);

macro_rules! parsed {
    ($($ty:ty),*) => {$(
        impl sealed::Sealed for $ty {}

        impl Column for $ty {
            fn of(row: &Row, column: usize) -> sqlx::Result<Self> {
                String::of(row, column)?.parse().map_err(|e: CoreError| sqlx::Error::ColumnDecode { index: column.to_string(), source: e.into() })
            }
        }
    )*};
}

parsed!(Id, DeviceId, Audience, Role);

impl sealed::Sealed for i64 {}
impl sealed::Sealed for Option<i64> {}

impl Column for Option<i64> {
    fn of(row: &Row, column: usize) -> sqlx::Result<Self> {
        match row {
            Row::Sqlite(row) => row.try_get(column),
            // What a statement computes of small numbers is a small number there.
            Row::Postgres(row) => match row.try_get_raw(column)?.type_info().name() {
                "INT4" => Ok(row.try_get::<Option<i32>, _>(column)?.map(i64::from)),
                _ => row.try_get(column),
            },
        }
    }
}

impl Column for i64 {
    fn of(row: &Row, column: usize) -> sqlx::Result<Self> {
        let null = || sqlx::Error::ColumnDecode { index: column.to_string(), source: "NULL".into() };
        Option::<Self>::of(row, column)?.ok_or_else(null)
    }
}
