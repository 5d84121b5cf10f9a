//! Numbered versions of the schema: a hub of a newer version brings an older database up to date when it opens it.
//!
//! A released migration is never changed; what comes later is appended. Tables of the read model need none: they follow from the
//! kinds' declarations, and are made anew from the documents when those change (`sync::rebuild`).

use gridwalk_core::identity::HostRandom;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

use super::{Arg, Engine, exec, one, postgres, read_model, set_new_epoch, sqlite};
use crate::error::{HubError, Result};

/// What brings a database from each version to the next, by engine; the first makes it from nothing.
const MIGRATIONS: [fn(Engine) -> String; 1] = [first];

/// The version that this hub writes.
pub const SCHEMA_VERSION: usize = MIGRATIONS.len();

fn first(engine: Engine) -> String {
    let schema = include_str!("schema.sql");
    match engine {
        Engine::Sqlite => [schema, include_str!("append_only.sql")].concat(),
        Engine::Postgres => [&postgres::translated(schema), include_str!("append_only_postgres.sql")].concat(),
    }
}

/// The version that the database has; 0 if there is nothing in it.
///
/// # Errors
/// If a newer hub wrote it.
async fn version(connection: &mut AnyConnection, engine: Engine) -> Result<usize> {
    let made = match engine {
        Engine::Sqlite => sqlite::has_table(connection, "meta").await?,
        Engine::Postgres => postgres::has_table(connection, "meta").await?,
    };
    if !made {
        return Ok(0);
    }
    let version: String = one(connection, "SELECT value FROM meta WHERE name = 'version'", vec![]).await?.try_get(0)?;
    version.parse().ok().filter(|v| (1..=SCHEMA_VERSION).contains(v)).ok_or_else(|| {
        HubError::usage("数据由更新版本的 gridwalk-hub 写入，请使用新版本", "the data was written by a newer version of gridwalk-hub; use that one")
    })
}

/// Whether nothing is to be done.
pub(super) async fn is_current(connection: &mut AnyConnection, engine: Engine) -> Result<bool> {
    Ok(version(connection, engine).await? == SCHEMA_VERSION && read_model::is_current(connection).await?)
}

/// Brings the database up to date, in one transaction; nothing happens if it is. A new one begins its first epoch.
pub(super) async fn migrate(connection: &mut AnyConnection, engine: Engine, random: &dyn HostRandom) -> Result<()> {
    let begin = match engine {
        Engine::Sqlite => "BEGIN IMMEDIATE",
        Engine::Postgres => "BEGIN",
    };
    let mut tx = connection.begin_with(begin).await?;
    let found = version(&mut tx, engine).await?;
    for migration in &MIGRATIONS[found..] {
        sqlx::raw_sql(AssertSqlSafe(migration(engine))).execute(&mut *tx).await?;
    }
    if found < SCHEMA_VERSION {
        exec(&mut tx, "DELETE FROM meta WHERE name = 'version'", vec![]).await?;
        exec(&mut tx, "INSERT INTO meta VALUES ('version', $1)", vec![Arg::text(&SCHEMA_VERSION.to_string())]).await?;
    }
    if !read_model::is_current(&mut tx).await? {
        read_model::create(&mut tx, engine).await?;
    }
    if found == 0 {
        set_new_epoch(&mut tx, random).await?;
    }
    Ok(tx.commit().await?)
}
