//! The hub's database: SQLite embedded, one writer and readers beside it. What only SQLite understands stands here and in
//! `schema.sql`; the statements elsewhere are such that PostgreSQL takes them too.

mod sql;

pub use sql::{Arg, all, exec, insert_many, one, select_in};

use std::path::Path;

use gridwalk_core::identity::HostRandom;
use gridwalk_core::kinds;
use gridwalk_core::projection::create_sql;
use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, Connection, Row, Transaction};

use crate::error::{HubError, Result};

/// The database file within the data folder.
pub const DB_FILE: &str = "hub.db";
const VERSION: &str = "1";

/// The hub's database.
#[derive(Clone)]
pub struct Store {
    writer: AnyPool,
    readers: AnyPool,
    /// Made anew when the store is made or restored.
    pub epoch: u64,
}

impl Store {
    /// Opens the database in `folder`, or makes it; `random` gives a new one its epoch.
    pub async fn open(folder: &Path, random: &dyn HostRandom) -> Result<Self> {
        sqlx::any::install_default_drivers();
        std::fs::create_dir_all(folder)?;
        let path = folder.join(DB_FILE);
        let path = path.to_str().ok_or_else(|| HubError::usage("数据目录的路径须为 UTF-8", "the data folder's path must be UTF-8"))?;
        make_private(Path::new(path))?;
        let url = format!("sqlite://{path}?mode=rwc");
        let writer = pool(&url, 1, false).await?;
        let mut connection = writer.acquire().await?;
        prepare(&mut connection, random).await?;
        let epoch = one(&mut connection, "SELECT value FROM meta WHERE name = 'epoch'", vec![]).await?.try_get::<String, _>(0)?;
        drop(connection);
        let epoch = epoch.parse().map_err(|_| HubError::usage("数据库已损坏：缺少纪元", "the database is damaged: no epoch"))?;
        Ok(Self { writer, readers: pool(&url, 4, true).await?, epoch })
    }

    /// Whether the file is a hub's database, complete enough to be restored.
    pub async fn is_one(file: &Path) -> bool {
        sqlx::any::install_default_drivers();
        let Some(path) = file.to_str() else { return false };
        let Ok(mut connection) = AnyConnection::connect(&format!("sqlite://{path}?mode=ro&immutable=1")).await else { return false };
        let version = one(&mut connection, "SELECT value FROM meta WHERE name = 'version'", vec![]).await;
        let whole = one(&mut connection, "PRAGMA integrity_check(1)", vec![]).await;
        let text = |row: Result<sqlx::any::AnyRow>| row.ok().and_then(|r| r.try_get::<String, _>(0).ok());
        text(version).as_deref() == Some(VERSION) && text(whole).as_deref() == Some("ok")
    }

    /// Begins a write transaction in `tenant`: the only one there is there at a time, so that the numbers of its sequence are
    /// given out and become visible in order. What was decided before on a snapshot may be stale; what is read from here on
    /// is not. SQLite has one writer for all tenants.
    pub async fn write(&self, _tenant: &str) -> Result<Transaction<'static, Any>> {
        self.write_any().await
    }

    /// Begins a write transaction for what concerns no tenant's sequence: the epoch, a tenant being made, devices of several.
    pub async fn write_any(&self) -> Result<Transaction<'static, Any>> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Begins a read transaction: one snapshot.
    pub async fn read(&self) -> Result<Transaction<'static, Any>> {
        Ok(self.readers.begin().await?)
    }

    /// Copies the database, whole and consistent, into a new file while the hub works.
    pub async fn backup(&self, to: &str) -> Result<()> {
        // Readers may not write, not even a new file.
        let mut connection = self.writer.acquire().await?;
        exec(&mut connection, "VACUUM INTO $1", vec![Arg::text(to)]).await?;
        Ok(())
    }

    /// Closes all connections; the write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// The database holds people's data and the communities' keys: its owner alone may read it.
fn make_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    if !path.exists() {
        std::fs::File::options().create(true).append(true).mode(0o600).open(path)?;
    }
    Ok(())
}

async fn pool(url: &str, connections: u32, readers: bool) -> Result<AnyPool> {
    let options = AnyPoolOptions::new().max_connections(connections).min_connections(1).acquire_timeout(std::time::Duration::from_secs(30));
    let options = options.after_connect(move |connection, _| {
        Box::pin(async move {
            // What was answered 'taken' survives power loss; deleted content is overwritten.
            let pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA busy_timeout = 30000; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 8000; PRAGMA temp_store = MEMORY";
            sqlx::raw_sql(pragmas).execute(&mut *connection).await?;
            if readers {
                sqlx::raw_sql("PRAGMA query_only = ON").execute(&mut *connection).await?;
            }
            Ok(())
        })
    });
    Ok(options.connect(url).await?)
}

async fn prepare(connection: &mut AnyConnection, random: &dyn HostRandom) -> Result<()> {
    let exists = one(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'meta'", vec![]).await?.try_get::<i64, _>(0)? > 0;
    if exists {
        let version: String = one(connection, "SELECT value FROM meta WHERE name = 'version'", vec![]).await?.try_get(0)?;
        if version != VERSION {
            return Err(HubError::usage(
                "数据由其他版本的 gridwalk-hub 写入，请使用新版本",
                "the data was written by another version of gridwalk-hub; use the newer one",
            ));
        }
        return Ok(());
    }
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut schema = [include_str!("schema.sql"), include_str!("append_only.sql")].concat();
    for table in kinds::tables() {
        for statement in create_sql(table, &["tenant_id"]) {
            schema.push_str(&statement);
            schema.push(';');
        }
    }
    sqlx::raw_sql(AssertSqlSafe(schema)).execute(&mut *tx).await?;
    exec(&mut tx, "INSERT INTO meta VALUES ('version', $1)", vec![Arg::text(VERSION)]).await?;
    set_new_epoch(&mut tx, random).await?;
    tx.commit().await?;
    Ok(())
}

/// A new epoch: phones send what they keep again and read from the beginning.
pub async fn set_new_epoch(connection: &mut AnyConnection, random: &dyn HostRandom) -> Result<()> {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    // 53 bits are exact in every language's numbers.
    let epoch = (u64::from_le_bytes(bytes) >> 11).max(1);
    exec(connection, "DELETE FROM meta WHERE name = 'epoch'", vec![]).await?;
    exec(connection, "INSERT INTO meta VALUES ('epoch', $1)", vec![Arg::text(&epoch.to_string())]).await?;
    Ok(())
}
