//! Databases for tests on a PostgreSQL server, if one is named: each hub folder has its own, found again as long as the folder
//! is there.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use gridwalk_core::documents::hash_text;
use gridwalk_core::identity::cipher::sha256;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, Row};

/// Names the server that tests use, as `postgres://user@host:port`; without it hubs stand on SQLite.
pub const VARIABLE: &str = "GRIDWALK_TEST_POSTGRES";

/// The server that this run promised, if it did.
pub fn server() -> Option<String> {
    std::env::var(VARIABLE).ok()
}

/// The address of the database of the hub in `folder`, made if it is not there yet; `None` without a server.
pub async fn database(folder: &Path) -> Result<Option<String>, sqlx::Error> {
    let Some(server) = server() else { return Ok(None) };
    let name = format!("gridwalk_test_{}", &hash_text(&sha256(folder.as_os_str().as_encoded_bytes()))[..20]);
    let mut connection = PgConnection::connect(&format!("{server}/postgres")).await?;
    let known = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(&name).fetch_optional(&mut connection).await?;
    if known.is_none() {
        sweep(&mut connection).await?;
        told(&mut connection, &format!("CREATE DATABASE {name}")).await?;
        told(&mut connection, &format!("COMMENT ON DATABASE {name} IS '{}'", folder.display().to_string().replace('\'', "''"))).await?;
    }
    connection.close().await?;
    Ok(Some(format!("{server}/{name}")))
}

/// Drops databases whose folder is gone: tests end without saying so. Once a process is enough.
async fn sweep(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    static SWEPT: AtomicBool = AtomicBool::new(false);
    if SWEPT.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let sql = "SELECT datname::text, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname LIKE 'gridwalk\\_test\\_%'";
    let found: Vec<PgRow> = sqlx::query(sql).fetch_all(&mut *connection).await?;
    for row in found {
        let (name, folder): (String, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
        if folder.is_some_and(|folder| !Path::new(&folder).exists()) {
            told(connection, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        }
    }
    Ok(())
}

async fn told(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.map(drop)
}
