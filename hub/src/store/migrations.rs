//! Numbered versions of the schema: a hub of a newer version brings an older database up to date when it opens it.
//!
//! A released migration is never changed; what comes later is appended. Tables of the read model need none: they follow from the
//! kinds' declarations, and are made anew from the documents when those change (`sync::rebuild`).

use std::path::Path;

use gridwalk_core::identity::HostRandom;

use super::conn::{Conn, Row};
use super::sql::{Arg, exec, one};
use super::{Engine, postgres, read_model, set_new_epoch, sqlite};
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
async fn version(connection: &mut Conn, engine: Engine) -> Result<usize> {
    let made = match engine {
        Engine::Sqlite => sqlite::has_table(connection, "meta").await?,
        Engine::Postgres => postgres::has_table(connection, "meta").await?,
    };
    if !made {
        return Ok(0);
    }
    let version: String = one(connection, "SELECT value FROM meta WHERE name = 'version'", vec![]).await?.get(0)?;
    version.parse().ok().filter(|v| (1..=SCHEMA_VERSION).contains(v)).ok_or_else(|| {
        HubError::usage("数据由更新版本的 gridwalk-hub 写入，请使用新版本", "the data was written by a newer version of gridwalk-hub; use that one")
    })
}

/// Whether nothing is to be done.
pub(super) async fn is_current(connection: &mut Conn, engine: Engine) -> Result<bool> {
    Ok(version(connection, engine).await? == SCHEMA_VERSION && read_model::is_current(connection).await?)
}

/// Brings the database up to date, in one transaction; nothing happens if it is. A new one begins its first epoch.
pub(super) async fn migrate(connection: &mut Conn, engine: Engine, random: &dyn HostRandom) -> Result<()> {
    let begin = match engine {
        Engine::Sqlite => "BEGIN IMMEDIATE",
        Engine::Postgres => "BEGIN",
    };
    connection.execute_raw(begin).await?;
    let done = bring_up_to_date(connection, engine, random).await;
    connection.end(done).await
}

async fn bring_up_to_date(connection: &mut Conn, engine: Engine, random: &dyn HostRandom) -> Result<()> {
    let found = version(connection, engine).await?;
    for migration in &MIGRATIONS[found..] {
        connection.execute_raw(&migration(engine)).await?;
    }
    if found < SCHEMA_VERSION {
        exec(connection, "DELETE FROM meta WHERE name = 'version'", vec![]).await?;
        exec(connection, "INSERT INTO meta VALUES ('version', $1)", vec![Arg::text(&SCHEMA_VERSION.to_string())]).await?;
    }
    if !read_model::is_current(connection).await? {
        read_model::create(connection, engine).await?;
    }
    if found == 0 {
        set_new_epoch(connection, random).await?;
    }
    Ok(())
}

/// Whether the file is a hub's database, complete enough to be restored.
pub async fn is_sqlite_backup(file: &Path) -> bool {
    let Some(path) = file.to_str() else { return false };
    let Ok(mut connection) = Conn::to_sqlite(&format!("sqlite://{path}?mode=ro&immutable=1")).await else { return false };
    let version = one(&mut connection, "SELECT value FROM meta WHERE name = 'version'", vec![]).await;
    let whole = one(&mut connection, "PRAGMA integrity_check(1)", vec![]).await;
    let text = |row: Result<Row>| row.ok().and_then(|r| r.get::<String>(0).ok());
    text(version).and_then(|v| v.parse().ok()).is_some_and(|v: usize| (1..=SCHEMA_VERSION).contains(&v)) && text(whole).as_deref() == Some("ok")
}

#[cfg(test)]
mod tests {
    use gridwalk_core::kinds;
    use gridwalk_core::projection::create_sql;

    use super::*;

    /// Table and key of each table that these statements make.
    fn keys(sql: &str) -> Vec<(String, String)> {
        let code: Vec<&str> = sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
        let code = code.join("\n");
        let tables = code.split("CREATE TABLE ").skip(1);
        let key = |text: &str| {
            let name = text.split([' ', '(']).next().unwrap_or_default().to_owned();
            let key = match text.split_once("PRIMARY KEY (") {
                Some((_, columns)) => columns.split([',', ')']).next().unwrap_or_default().to_owned(),
                None => text.lines().find(|l| l.contains("PRIMARY KEY")).and_then(|l| l.split_whitespace().next()).unwrap_or_default().to_owned(),
            };
            (name, key)
        };
        tables.map(|text| key(text.split(';').next().unwrap_or_default())).collect()
    }

    /// Citus distributes tables by a column that is in their key. Those without are a row or two, and are looked at only at start.
    #[test]
    fn every_table_has_the_community_first_in_its_key() {
        let read_model: Vec<String> = kinds::tables().flat_map(|table| create_sql(table, &["tenant_id"])).collect();
        let own = keys(&first(Engine::Sqlite));
        assert!(own.len() >= 16, "{own:?}");
        let all: Vec<_> = own.into_iter().chain(keys(&read_model.join(";"))).collect();
        let others: Vec<&str> = all.iter().filter(|(_, key)| key != "tenant_id").map(|(name, _)| name.as_str()).collect();
        assert_eq!(others, ["meta", "epoch"]);
    }

    #[test]
    fn postgresql_gets_the_same_tables() {
        let names = |engine| keys(&first(engine)).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(Engine::Postgres), names(Engine::Sqlite));
        let sql = first(Engine::Postgres);
        for word in ["BLOB", "WITHOUT ROWID", "RAISE(ABORT"] {
            assert!(!sql.contains(word), "{word}");
        }
    }
}
