//! What only PostgreSQL understands: its words for the schema, how a connection is set up, who is at work on the database,
//! `pg_dump` and `pg_restore`.

use std::path::Path;
use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use tokio::process::Command;

use super::conn::{Conn, Pool};
use super::sql::{Arg, all, one};
use crate::error::{HubError, Result};

/// The advisory lock that every hub process holds in common, and what replaces or changes the database alone.
const PRESENCE: i64 = 0x6772_6964_7761_6c6b;

/// Whether this is the address of a PostgreSQL database.
pub(super) fn is_url(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// A pool of at most `connections`.
pub(super) async fn pool(url: &str, connections: u32) -> Result<Pool> {
    let options = PgPoolOptions::new().max_connections(connections).min_connections(1).acquire_timeout(Duration::from_secs(30));
    let options = options.after_connect(|connection, _| {
        Box::pin(async move {
            // What was answered 'taken' survives power loss, whatever the server's default is. A host that vanishes gives its
            // tenant free after a minute. The hub's statements are short: compiling them costs more than running them.
            let settings = "SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'; SET jit = off;
                SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
            sqlx::raw_sql(settings).execute(&mut *connection).await?;
            Ok(())
        })
    });
    // Statements come in a few sizes each; all of them stay prepared.
    let cache = if url.contains("statement-cache-capacity") { "" } else { "statement-cache-capacity=500" };
    let joint = if cache.is_empty() { "" } else { if url.contains('?') { "&" } else { "?" } };
    Ok(Pool::Postgres(options.connect(&format!("{url}{joint}{cache}")).await?))
}

/// A connection that says, as long as it is open, that a hub is at work on the database.
pub(super) async fn connect_shared(url: &str) -> Result<Conn> {
    let mut connection = Conn::to_postgres(url).await?;
    if claimed(&mut connection, "SELECT pg_try_advisory_lock_shared($1)").await? {
        return Ok(connection);
    }
    Err(HubError::usage("数据库正在恢复或升级，请稍后再试", "the database is being restored or upgraded; try again later"))
}

/// A connection that says, as long as it is open, that no hub may be at work on the database; none is.
pub(super) async fn connect_exclusive(url: &str) -> Result<Conn> {
    let mut connection = Conn::to_postgres(url).await?;
    if claimed(&mut connection, "SELECT pg_try_advisory_lock($1)").await? {
        return Ok(connection);
    }
    Err(HubError::usage("还有服务器进程连着这个数据库，请全部停止后再试", "hub processes are connected to this database; stop them all and try again"))
}

/// Tries for some seconds: others may be making the database at this moment, or just be going.
async fn claimed(connection: &mut Conn, sql: &str) -> Result<bool> {
    for _ in 0..100 {
        if one(connection, sql, vec![Arg::int(PRESENCE)]).await?.get(0)? {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(false)
}

/// Whether there is a table of this name.
pub(super) async fn has_table(connection: &mut Conn, name: &str) -> Result<bool> {
    Ok(one(connection, "SELECT to_regclass($1) IS NOT NULL", vec![Arg::text(name)]).await?.get(0)?)
}

/// Locks a tenant's row until commit, if there is such a tenant. Returns the epoch that the database is in.
pub(super) async fn lock_tenant(connection: &mut Conn, tenant: &str) -> Result<Option<String>> {
    let sql = "SELECT (SELECT epoch FROM epoch) FROM tenants WHERE tenant_id = $1 FOR UPDATE";
    Ok(all(connection, sql, vec![Arg::text(tenant)]).await?.first().map(|row| row.get(0)).transpose()?.flatten())
}

/// The schema in PostgreSQL's words. Text is compared by its bytes, as in SQLite: pages and folds go in that order.
pub(super) fn translated(sql: &str) -> String {
    let mut text = String::new();
    for line in sql.lines() {
        let code = line.split("--").next().unwrap_or_default().trim_end();
        let words = code.split(' ').map(|word| match word.trim_end_matches(',') {
            "TEXT" => word.replace("TEXT", "TEXT COLLATE \"C\""),
            "BLOB" => word.replace("BLOB", "BYTEA"),
            _ => word.to_owned(),
        });
        text.push_str(&words.collect::<Vec<_>>().join(" ").replace(" WITHOUT ROWID", ""));
        text.push('\n');
    }
    text
}

/// A copy of the database by the system's `pg_dump`, without the epoch: no hub can serve what it is put back into before a
/// new one has begun.
pub(super) async fn backup(url: &str, to: &Path) -> Result<()> {
    let mut command = tool("pg_dump", url);
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--exclude-schema=before_restore_*", "--exclude-table-data=epoch", "--file"]).arg(to);
    run(command, "pg_dump").await
}

/// Writes the tables that hold what people recorded anew, their old files are truncated; and the planner's samples of them. Then
/// the server lets go of its own log. Returns whether nobody was in the way. What its archive holds, no statement reaches.
pub(super) async fn scrub(writer: &Pool) -> Result<bool> {
    let mut connection = writer.acquire().await?;
    if !wait_until_invisible(&mut connection).await? {
        return Ok(false);
    }
    let read_model = gridwalk_core::kinds::tables().map(|table| table.name);
    for table in ["documents", "changes", "entries", "audiences", "verdicts", "import_keys"].into_iter().chain(read_model).chain(["pg_catalog.pg_statistic"]) {
        let options = if table.starts_with("pg_catalog") { "FULL" } else { "FULL, ANALYZE" };
        match connection.execute_raw(&format!("VACUUM ({options}) {table}")).await {
            // Someone had the table for longer than `lock_timeout`.
            Err(HubError::Sql(sqlx::Error::Database(e))) if e.code().as_deref() == Some("55P03") => return Ok(false),
            other => other?,
        }
    }
    let_go_of_log(&mut connection).await?;
    Ok(true)
}

/// Has the server write its log in a new file and do without those before. They are gone then, unless it is set to use them again.
/// A server that does not let the hub do so is left as it is, with a word to its operator.
async fn let_go_of_log(connection: &mut Conn) -> Result<()> {
    for sql in ["SELECT pg_switch_wal()::text", "CHECKPOINT"] {
        match connection.execute_raw(sql).await {
            Err(HubError::Sql(sqlx::Error::Database(e))) if e.code().as_deref() == Some("42501") => {
                tracing::warn!(
                    "已删除的内容暂留在 PostgreSQL 的日志中，见 operations.md / erased text stays in PostgreSQL's log for now: the hub's role may not {sql}; see operations.md"
                );
                return Ok(());
            }
            other => other?,
        }
    }
    if one(connection, "SELECT current_setting('wal_recycle')::boolean", vec![]).await?.get(0)? {
        tracing::warn!(
            "已删除的内容暂留在 PostgreSQL 的日志中，见 operations.md / erased text stays in PostgreSQL's log until it is overwritten: wal_recycle is on; see operations.md"
        );
    }
    Ok(())
}

/// Waits until nobody sees any more what was deleted before now: a table written anew keeps it for whoever still does, a dump under
/// way or PostgreSQL's own sampling for its planner; and for who might, while a transaction that began before is open in any database of
/// the server: the new table's writer counts from there. Returns whether it came to that within half a minute.
async fn wait_until_invisible(connection: &mut Conn) -> Result<bool> {
    let now: String = one(connection, "SELECT pg_current_xact_id()::text", vec![]).await?.get(0)?;
    let sql = "SELECT count(*) + CASE WHEN pg_snapshot_xmin(pg_current_snapshot()) <= CAST($1 AS TEXT)::xid8 THEN 1 ELSE 0 END
        FROM pg_stat_activity WHERE (datname = current_database() OR datname IS NULL) AND pid <> pg_backend_pid()
        AND backend_xmin IS NOT NULL AND age(backend_xmin) > age((CAST($1 AS TEXT)::xid8)::xid)";
    for _ in 0..600 {
        if one(connection, sql, vec![Arg::text(&now)]).await?.get::<i64>(0)? == 0 {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(false)
}

/// Whether the file is a dump that `pg_restore` can read, of a hub's database.
pub(super) async fn is_backup(file: &Path) -> Result<bool> {
    let listed = Command::new("pg_restore").arg("--list").arg(file).kill_on_drop(true).output().await.map_err(|e| missing("pg_restore", &e))?;
    let list = String::from_utf8_lossy(&listed.stdout);
    Ok(listed.status.success() && [" meta ", " tenants ", " changes "].iter().all(|table| list.contains(table)))
}

/// Moves what is in the database aside, into a schema of its own, and puts the copy in its place. Until [`finish`] no hub opens
/// the database. If the copy cannot be put there, everything is as it was.
pub(super) async fn replace(connection: &mut Conn, url: &str, from: &Path, now: i64) -> Result<()> {
    connection.execute_raw("BEGIN").await?;
    let moved = move_aside(connection, now).await;
    connection.end(moved).await?;
    let mut command = tool("pg_restore", url);
    command.args(["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]).arg(from);
    let put = run(command, "pg_restore").await;
    if put.is_err() {
        let aside = aside(connection).await?;
        connection.execute_raw(&format!("BEGIN; DROP SCHEMA public CASCADE; ALTER SCHEMA {aside} RENAME TO public; COMMIT")).await?;
    }
    put
}

/// Moves what is in the database aside, and says where.
async fn move_aside(connection: &mut Conn, now: i64) -> Result<()> {
    if has_table(connection, RESTORING).await? {
        // An earlier restore was cut off; what it moved aside is there.
        let aside = aside(connection).await?;
        return connection.execute_raw(&format!("DROP SCHEMA public CASCADE; CREATE SCHEMA public; {}", marker(&aside))).await;
    }
    let aside = free_name(connection, &format!("before_restore_{now}")).await?;
    connection.execute_raw(&format!("ALTER SCHEMA public RENAME TO {aside}; CREATE SCHEMA public; {}", marker(&aside))).await
}

/// A schema name that begins so and is not taken: two restores may fall into one second.
async fn free_name(connection: &mut Conn, first: &str) -> Result<String> {
    let mut name = first.to_owned();
    for n in 2.. {
        let taken = one(connection, "SELECT count(*) FROM pg_namespace WHERE nspname = $1", vec![Arg::text(&name)]).await?;
        if taken.get::<i64>(0)? == 0 {
            break;
        }
        name = format!("{first}_{n}");
    }
    Ok(name)
}

/// The schemas that hold what restores moved aside.
pub(super) async fn all_aside(connection: &mut Conn) -> Result<Vec<String>> {
    let sql = "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'before!_restore!_%' ESCAPE '!' ORDER BY nspname";
    all(connection, sql, vec![]).await?.iter().map(|row| Ok(row.get(0)?)).collect()
}

/// Drops such a schema with all that is in it.
pub(super) async fn drop_aside(connection: &mut Conn, aside: &str) -> Result<()> {
    connection.execute_raw(&format!("DROP SCHEMA {aside} CASCADE")).await
}

/// A connection that sees what [`replace`] moved aside, if that was a hub's.
pub(super) async fn replaced(connection: &mut Conn, url: &str) -> Result<Option<Conn>> {
    let aside = aside(connection).await?;
    if !has_table(connection, &format!("{aside}.audit_log")).await? {
        return Ok(None);
    }
    let mut old = Conn::to_postgres(url).await?;
    old.execute_raw(&format!("SET search_path TO {aside}")).await?;
    Ok(Some(old))
}

/// Whether a restore was begun and not finished.
pub(super) async fn is_restoring(connection: &mut Conn) -> Result<bool> {
    has_table(connection, RESTORING).await
}

/// The copy may be opened, once the caller's transaction is committed.
pub(super) async fn finish(connection: &mut Conn) -> Result<()> {
    connection.execute_raw("DROP TABLE restoring").await
}

/// The table that is there while a restore is under way.
const RESTORING: &str = "restoring";

fn marker(aside: &str) -> String {
    format!("CREATE TABLE restoring (aside TEXT NOT NULL); INSERT INTO restoring VALUES ('{aside}')")
}

/// The schema that holds what was replaced.
async fn aside(connection: &mut Conn) -> Result<String> {
    Ok(one(connection, "SELECT aside FROM restoring", vec![]).await?.get(0)?)
}

/// One of PostgreSQL's programs on this database. The password goes by the environment: arguments can be read by anyone.
fn tool(program: &str, url: &str) -> Command {
    let mut command = Command::new(program);
    command.kill_on_drop(true);
    let (plain, password) = without_password(url);
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    command.arg("--dbname").arg(plain);
    command
}

/// An address without the password that it may hold, and the password.
fn without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let Some((user, host)) = authority.rsplit_once('@') else { return (url.to_owned(), None) };
    let Some((name, password)) = user.split_once(':') else { return (url.to_owned(), None) };
    let password = percent_encoding::percent_decode_str(password).decode_utf8_lossy().into_owned();
    (format!("{scheme}://{name}@{host}{}", &rest[authority.len()..]), Some(password))
}

async fn run(mut command: Command, program: &str) -> Result<()> {
    let done = command.output().await.map_err(|e| missing(program, &e))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(HubError::usage(format!("{program} 失败"), format!("{program} failed: {}", said.trim())))
}

fn missing(program: &str, e: &std::io::Error) -> HubError {
    HubError::usage(
        format!("无法运行 {program}，请安装 PostgreSQL 客户端（postgresql-client）"),
        format!("cannot run {program} ({e}); install PostgreSQL's client programs"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_translated_word_by_word() {
        let sql =
            "-- BLOB and TEXT in words\nCREATE TABLE t (\n  a TEXT PRIMARY KEY,  -- TEXT\n  b BLOB NOT NULL,\n  \"text\" TEXT,\n  c BIGINT\n) WITHOUT ROWID;";
        let expected = "\nCREATE TABLE t (\n  a TEXT COLLATE \"C\" PRIMARY KEY,\n  b BYTEA NOT NULL,\n  \"text\" TEXT COLLATE \"C\",\n  c BIGINT\n);\n";
        assert_eq!(translated(sql), expected);
    }

    #[test]
    fn a_password_is_no_argument() {
        let (plain, password) = without_password("postgres://hub:a%40b:c@db.example:5432/gridwalk?sslmode=require");
        assert_eq!(plain, "postgres://hub@db.example:5432/gridwalk?sslmode=require");
        assert_eq!(password.as_deref(), Some("a@b:c"));
        assert_eq!(without_password("postgres:///gridwalk?host=/run/postgresql").1, None);
        assert_eq!(without_password("postgres://hub@db/gridwalk").1, None);
    }
}
