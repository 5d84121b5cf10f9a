//! What only SQLite understands: the file in the data folder, its pragmas, a copy of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqlitePoolOptions;

use super::conn::{Conn, Pool};
use super::sql::{Arg, exec, one};
use crate::error::{HubError, Result};

/// The database file within the data folder.
pub const DB_FILE: &str = "hub.db";

/// The address of the database in `folder`, whose file is made if it is not there. It holds people's data and the
/// communities' keys: its owner alone may read it.
pub(super) fn url(folder: &Path) -> Result<String> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::create_dir_all(folder)?;
    let path = folder.join(DB_FILE);
    if !path.exists() {
        std::fs::File::options().create(true).append(true).mode(0o600).open(&path)?;
    }
    let path = path.to_str().ok_or_else(|| HubError::usage("数据目录的路径须为 UTF-8", "the data folder's path must be UTF-8"))?;
    Ok(format!("sqlite://{path}?mode=rwc"))
}

/// One writer, or readers beside it.
pub(super) async fn pool(url: &str, connections: u32, readers: bool) -> Result<Pool> {
    let options = SqlitePoolOptions::new().max_connections(connections).min_connections(1).acquire_timeout(Duration::from_secs(30));
    let options = options.after_connect(move |connection, _| {
        Box::pin(async move {
            // What was answered 'taken' survives power loss; deleted content is overwritten.
            let pragmas = "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 8000; PRAGMA temp_store = MEMORY";
            sqlx::raw_sql(pragmas).execute(&mut *connection).await?;
            if readers {
                sqlx::raw_sql("PRAGMA query_only = ON").execute(&mut *connection).await?;
            }
            Ok(())
        })
    });
    Ok(Pool::Sqlite(options.connect(url).await?))
}

/// Whether there is a table of this name.
pub(super) async fn has_table(connection: &mut Conn, name: &str) -> Result<bool> {
    Ok(one(connection, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1", vec![Arg::text(name)]).await?.get::<i64>(0)? > 0)
}

/// What the copies begin with that restores kept of what they replaced.
const ASIDE: &str = "hub.db.before-restore-";

/// Where a restore at this time, in seconds since the Unix epoch (UTC), keeps what it replaces: under a name that nothing has yet.
pub fn aside(folder: &Path, now: i64) -> PathBuf {
    let first = format!("{ASIDE}{now}");
    let mut path = folder.join(&first);
    for n in 2.. {
        if !path.exists() {
            break;
        }
        path = folder.join(format!("{first}-{n}"));
    }
    path
}

/// The files of all such copies.
pub(super) fn all_aside(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(ASIDE) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Copies the database, whole and consistent, into a new file while the hub works.
pub(super) async fn backup(writer: &Pool, to: &Path) -> Result<()> {
    let to = to.to_str().ok_or_else(|| HubError::usage("路径须为 UTF-8", "the path must be UTF-8"))?;
    // Readers may not write, not even a new file.
    let mut connection = writer.acquire().await?;
    exec(&mut connection, "VACUUM INTO $1", vec![Arg::text(to)]).await?;
    Ok(())
}

/// Writes the file anew and empties the write-ahead log. Returns whether nobody was in the way.
pub(super) async fn scrub(writer: &Pool) -> Result<bool> {
    let mut connection = writer.acquire().await?;
    exec(&mut connection, "VACUUM", vec![]).await?;
    Ok(one(&mut connection, "PRAGMA wal_checkpoint(TRUNCATE)", vec![]).await?.get::<i64>(0)? == 0)
}

/// What a database moved aside consists of: the file and those that SQLite keeps beside it.
pub fn files(folder: &Path) -> impl Iterator<Item = (PathBuf, &'static str)> {
    ["", "-wal", "-shm"].into_iter().map(move |suffix| (folder.join(format!("{DB_FILE}{suffix}")), suffix))
}
