//! The tables of the read model, as the kinds declare them. When the declarations change, the tables are made anew; their rows
//! follow from the documents (`sync::rebuild`).

use gridwalk_core::documents::hash_text;
use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::kinds;
use gridwalk_core::projection::create_sql;
use gridwalk_core::versions::DICTIONARY_VERSION;

use super::conn::Conn;
use super::sql::{Arg, all, exec};
use super::{Engine, postgres};
use crate::error::Result;

const DECLARED: &str = "read_model";
const DUE: &str = "rebuild";

fn statements() -> Vec<String> {
    kinds::tables().flat_map(|table| create_sql(table, &["tenant_id"])).collect()
}

/// What stands in `meta` for these declarations: their hash, with the dictionary's number (rows also change where no table does), and
/// the tables that go when others come.
fn declared() -> String {
    let names: Vec<&str> = kinds::tables().map(|table| table.name).collect();
    format!("{} {}", hash_text(&sha256(format!("{DICTIONARY_VERSION} {}", statements().join(";")).as_bytes())), names.join(" "))
}

/// Whether the tables are those of this hub's declarations.
pub(super) async fn is_current(connection: &mut Conn) -> Result<bool> {
    Ok(meta(connection, DECLARED).await? == Some(declared()))
}

/// Makes the tables, in the place of those that are there.
pub(super) async fn create(connection: &mut Conn, engine: Engine) -> Result<()> {
    let old = meta(connection, DECLARED).await?;
    let mut sql: Vec<String> = old.iter().flat_map(|old| old.split(' ').skip(1)).map(|table| format!("DROP TABLE {table}")).collect();
    sql.extend(statements());
    let sql = sql.join(";\n");
    let sql = if engine == Engine::Postgres { postgres::translated(&sql) } else { sql };
    connection.execute_raw(&sql).await?;
    set_meta(connection, DECLARED, &declared()).await?;
    if old.is_some() { set_meta(connection, DUE, "due").await } else { Ok(()) }
}

/// Whether rows are still to be made from the documents.
pub(super) async fn is_due(connection: &mut Conn) -> Result<bool> {
    Ok(meta(connection, DUE).await?.is_some())
}

/// The rows are made.
pub(super) async fn done(connection: &mut Conn) -> Result<()> {
    exec(connection, "DELETE FROM meta WHERE name = $1", vec![Arg::text(DUE)]).await.map(drop)
}

async fn meta(connection: &mut Conn, name: &str) -> Result<Option<String>> {
    let rows = all(connection, "SELECT value FROM meta WHERE name = $1", vec![Arg::text(name)]).await?;
    Ok(rows.first().map(|row| row.get(0)).transpose()?)
}

async fn set_meta(connection: &mut Conn, name: &str, value: &str) -> Result<()> {
    let sql = "INSERT INTO meta VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    exec(connection, sql, vec![Arg::text(name), Arg::text(value)]).await.map(drop)
}
