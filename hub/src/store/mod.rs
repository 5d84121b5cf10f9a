//! The hub's database: SQLite embedded, or PostgreSQL when there is more than one process. One set of statements serves both;
//! what only one of them understands stands in `sqlite.rs` and `postgres.rs`, and nowhere else.

mod conn;
mod migrations;
mod postgres;
mod read_model;
mod sql;
mod sqlite;

pub use conn::{Conn, Row};
pub use migrations::{SCHEMA_VERSION, is_sqlite_backup};
pub use sql::{Arg, all, exec, insert_many, one, select_in};
pub use sqlite::{DB_FILE, aside as sqlite_aside, files as sqlite_files};

use std::hash::{BuildHasher, Hasher};
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;

use gridwalk_core::identity::HostRandom;
use prometheus::{Histogram, HistogramTimer};
use tokio::sync::{Mutex, OwnedMutexGuard};

use conn::Pool;

use crate::error::{HubError, Result};

/// Connections of one process to PostgreSQL: what one machine's cores can make use of.
const POSTGRES_CONNECTIONS: u32 = 16;
/// Each statement sees what was committed before it: nothing a writer reads under its lock is old.
const POSTGRES_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// Writers of this many groups of tenants wait for each other within the process, before they take a connection.
const TURNS: usize = 256;

/// What a hub's database runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file in the data folder.
    Sqlite,
    /// A server.
    Postgres,
}

/// The hub's database.
#[derive(Clone)]
pub struct Store {
    /// What it runs on.
    pub engine: Engine,
    writer: Pool,
    readers: Pool,
    /// Made anew when the store is made or restored.
    pub epoch: u64,
    url: Arc<str>,
    turns: Arc<[Arc<Mutex<()>>]>,
    /// Open as long as this store is: nothing replaces the database meanwhile.
    presence: Option<Arc<Mutex<Option<Conn>>>>,
    /// How long transactions wait to begin.
    wait: Option<Histogram>,
}

/// A transaction, rolled back unless it is committed.
pub struct Tx {
    tx: Conn,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Tx {
    /// Commits: what was written is durable and visible.
    pub async fn commit(self) -> sqlx::Result<()> {
        self.tx.commit().await
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.tx
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.tx
    }
}

impl Store {
    /// Opens the database, or makes it, and brings it up to date: that of PostgreSQL at the address `database`, else SQLite's in
    /// `folder`. `random` gives a new one its epoch.
    pub async fn open(folder: &Path, database: Option<&str>, random: &dyn HostRandom) -> Result<Self> {
        let Some(url) = database else { return Self::open_sqlite(folder, random).await };
        postgres_only(url)?;
        let mut presence = postgres::connect_shared(url).await?;
        if postgres::is_restoring(&mut presence).await? {
            return Err(HubError::usage("上次恢复没有完成，请重新运行 gridwalk-hub restore", "the last restore was cut off; run gridwalk-hub restore again"));
        }
        if !migrations::is_current(&mut presence, Engine::Postgres).await? {
            presence.close().await?;
            let mut alone = postgres::connect_exclusive(url).await?;
            migrations::migrate(&mut alone, Engine::Postgres, random).await?;
            alone.close().await?;
            presence = postgres::connect_shared(url).await?;
        }
        let pool = postgres::pool(url, POSTGRES_CONNECTIONS).await?;
        let epoch = epoch(&mut presence).await?;
        let presence = Some(Arc::new(Mutex::new(Some(presence))));
        Ok(Self { engine: Engine::Postgres, writer: pool.clone(), readers: pool, epoch, url: url.into(), turns: turns(), presence, wait: None })
    }

    async fn open_sqlite(folder: &Path, random: &dyn HostRandom) -> Result<Self> {
        let url = sqlite::url(folder)?;
        let writer = sqlite::pool(&url, 1, false).await?;
        let mut connection = writer.acquire().await?;
        migrations::migrate(&mut connection, Engine::Sqlite, random).await?;
        let epoch = epoch(&mut connection).await?;
        drop(connection);
        let readers = sqlite::pool(&url, 4, true).await?;
        Ok(Self { engine: Engine::Sqlite, writer, readers, epoch, url: url.into(), turns: turns(), presence: None, wait: None })
    }

    /// The same store, which says how long transactions wait to begin.
    pub(crate) fn measured(self, wait: Histogram) -> Self {
        Self { wait: Some(wait), ..self }
    }

    /// Measures until it is dropped.
    fn timer(&self) -> Option<HistogramTimer> {
        self.wait.as_ref().map(Histogram::start_timer)
    }

    async fn begin(&self, pool: &Pool, statement: &'static str) -> Result<Tx> {
        Ok(Tx { tx: pool.begin(statement).await?, _turn: None })
    }

    /// Begins a write transaction in `tenant`: the only one there is there at a time, so that the numbers of its sequence are
    /// given out and become visible in order. What was decided before on a snapshot may be stale; what is read from here on
    /// is not. SQLite has one writer for all tenants.
    pub async fn write(&self, tenant: &str) -> Result<Tx> {
        if self.engine == Engine::Sqlite {
            return self.write_any().await;
        }
        let _timer = self.timer();
        // Who waits for this process's own writers holds no connection meanwhile: others need them.
        let mut hasher = std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default().build_hasher();
        hasher.write(tenant.as_bytes());
        let turn = usize::try_from(hasher.finish() % TURNS as u64).unwrap_or(0);
        let turn = self.turns[turn].clone().lock_owned().await;
        let mut tx = self.begin(&self.writer, POSTGRES_WRITE).await?;
        if let Some(epoch) = postgres::lock_tenant(&mut tx, tenant).await?
            && epoch != self.epoch.to_string()
        {
            return Err(HubError::usage(
                "数据库已恢复到新的纪元，请重新启动服务器",
                "the database was restored and a new epoch has begun; start this hub again",
            ));
        }
        tx._turn = Some(turn);
        Ok(tx)
    }

    /// Begins a write transaction for what concerns no one tenant's sequence: the epoch, a tenant being made, devices of several.
    pub async fn write_any(&self) -> Result<Tx> {
        let _timer = self.timer();
        let begin = if self.engine == Engine::Sqlite { "BEGIN IMMEDIATE" } else { POSTGRES_WRITE };
        self.begin(&self.writer, begin).await
    }

    /// Begins a read transaction: one snapshot.
    pub async fn read(&self) -> Result<Tx> {
        let _timer = self.timer();
        let begin = if self.engine == Engine::Sqlite { "BEGIN" } else { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" };
        self.begin(&self.readers, begin).await
    }

    /// Whether the read model's tables were made anew and wait for their rows.
    pub(crate) async fn rows_are_due(&self) -> Result<bool> {
        read_model::is_due(&mut *self.read().await?).await
    }

    /// The read model has its rows.
    pub(crate) async fn rows_are_made(&self) -> Result<()> {
        let mut tx = self.write_any().await?;
        read_model::done(&mut tx).await?;
        Ok(tx.commit().await?)
    }

    /// Copies the database, whole and consistent, into a new file while the hub works: SQLite's own file, or a dump of
    /// PostgreSQL's.
    pub async fn backup(&self, to: &Path) -> Result<()> {
        match self.engine {
            Engine::Sqlite => sqlite::backup(&self.writer, to).await,
            Engine::Postgres => postgres::backup(&self.url, to).await,
        }
    }

    /// Leaves no byte of what was deleted in the database: files are written anew without what stands in the gaps of pages, and
    /// SQLite's write-ahead log is emptied. Returns whether that was done: not while something reads for longer than half a minute.
    pub async fn scrub(&self) -> Result<bool> {
        match self.engine {
            Engine::Sqlite => sqlite::scrub(&self.writer).await,
            Engine::Postgres => postgres::scrub(&self.writer).await,
        }
    }

    /// Names of what restores replaced and kept: files in `folder`, or PostgreSQL's schemas.
    pub async fn replaced(&self, folder: &Path) -> Result<Vec<String>> {
        match self.engine {
            Engine::Sqlite => Ok(sqlite::all_aside(folder)?.iter().map(|path| path.display().to_string()).collect()),
            Engine::Postgres => postgres::all_aside(&mut *self.read().await?).await,
        }
    }

    /// Removes one of them, by its name.
    pub async fn drop_replaced(&self, name: &str) -> Result<()> {
        match self.engine {
            Engine::Sqlite => Ok(std::fs::remove_file(name)?),
            Engine::Postgres => {
                let mut tx = self.write_any().await?;
                postgres::drop_aside(&mut tx, name).await?;
                Ok(tx.commit().await?)
            }
        }
    }

    /// Closes all connections; SQLite's write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        if let Some(presence) = &self.presence
            && let Some(connection) = presence.lock().await.take()
        {
            // The server gives the lock free in either case.
            drop(connection.close().await);
        }
    }
}

fn turns() -> Arc<[Arc<Mutex<()>>]> {
    (0..TURNS).map(|_| Arc::default()).collect()
}

fn postgres_only(url: &str) -> Result<()> {
    if postgres::is_url(url) {
        return Ok(());
    }
    Err(HubError::usage(
        "--database 须为 postgres://… 形式的地址；不写则使用数据目录中的 SQLite",
        "--database takes an address like postgres://user@host/name; without it SQLite in the data folder is used",
    ))
}

/// The epoch that the database is in.
async fn epoch(connection: &mut Conn) -> Result<u64> {
    let rows = all(connection, "SELECT epoch FROM epoch", vec![]).await?;
    let found = rows.first().and_then(|row| row.get::<String>(0).ok()?.parse().ok());
    found.ok_or_else(|| {
        HubError::usage(
            "数据库刚从备份恢复，还没有纪元，请先运行 gridwalk-hub new-epoch",
            "the database was put back from a backup and has no epoch; run gridwalk-hub new-epoch first",
        )
    })
}

/// A new epoch: phones send what they keep again and read from the beginning.
pub async fn set_new_epoch(connection: &mut Conn, random: &dyn HostRandom) -> Result<()> {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    // 53 bits are exact in every language's numbers.
    let epoch = (u64::from_le_bytes(bytes) >> 11).max(1);
    exec(connection, "DELETE FROM epoch", vec![]).await?;
    exec(connection, "INSERT INTO epoch VALUES ($1)", vec![Arg::text(&epoch.to_string())]).await?;
    Ok(())
}

/// A PostgreSQL database that no hub is at work on, while something is done to all of it.
pub struct Alone {
    url: String,
    connection: Conn,
}

impl Alone {
    /// Waits until no hub is at work on the database.
    ///
    /// # Errors
    /// If one goes on.
    pub async fn at(url: &str) -> Result<Self> {
        postgres_only(url)?;
        Ok(Self { url: url.to_owned(), connection: postgres::connect_exclusive(url).await? })
    }

    /// Puts a dump in the place of the database; what was there is kept beside it. No hub opens it before [`Alone::finish`].
    pub async fn replace(&mut self, from: &Path, now: i64) -> Result<()> {
        if !postgres::is_backup(from).await? {
            return Err(HubError::usage("这不是完好的备份文件，没有改动", "this is not a sound backup; nothing was changed"));
        }
        postgres::replace(&mut self.connection, &self.url, from, now).await
    }

    /// The database that was replaced, if there was one.
    pub async fn replaced(&mut self) -> Result<Option<Conn>> {
        postgres::replaced(&mut self.connection, &self.url).await
    }

    /// Begins a write transaction, on a database that is up to date.
    pub async fn write(&mut self, random: &dyn HostRandom) -> Result<AloneTx<'_>> {
        migrations::migrate(&mut self.connection, Engine::Postgres, random).await?;
        self.connection.execute_raw("BEGIN").await?;
        Ok(AloneTx(&mut self.connection))
    }

    /// Within the transaction that makes a replaced database whole: hubs may open it.
    pub async fn finish(tx: &mut Conn) -> Result<()> {
        postgres::finish(tx).await
    }

    /// Lets hubs in again.
    pub async fn close(self) -> Result<()> {
        self.connection.close().await
    }
}

/// A transaction of [`Alone`]; given up with it unless it is committed.
pub struct AloneTx<'a>(&'a mut Conn);

impl AloneTx<'_> {
    /// Commits.
    pub async fn commit(self) -> Result<()> {
        self.0.execute_raw("COMMIT").await
    }
}

impl Deref for AloneTx<'_> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.0
    }
}

impl DerefMut for AloneTx<'_> {
    fn deref_mut(&mut self) -> &mut Conn {
        self.0
    }
}
