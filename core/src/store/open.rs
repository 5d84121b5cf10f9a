//! Opening: the key is checked before the file is judged, a file of a newer app is refused, a damaged one set aside.

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;
use std::{fs, thread};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::files::{DB_FILE, PHOTO_FOLDER, cannot_write, write_durably};
use super::read_model;
use crate::error::{Error, ErrorKind, Result};
use crate::identity::cipher::key_check;

/// Tells a wrong key from damage, which SQLCipher cannot.
const KEY_CHECK_FILE: &str = "gridwalk.key-check";
/// There when damage was met while working.
const SUSPECT_FILE: &str = "gridwalk.suspect";

/// Of the phone's own tables alone: what screens read is made anew instead ([`read_model`]).
const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001.sql"), include_str!("migrations/0002.sql"), include_str!("migrations/0003.sql"), include_str!("migrations/0004.sql")];

/// Opens the store for reading, after checking it and bringing it up to date.
pub(super) fn open(folder: &Path, key: &[u8; 32]) -> Result<Connection> {
    fs::create_dir_all(folder).map_err(cannot_write)?;
    super::shred::finish(folder)?;
    let path = folder.join(DB_FILE);
    let check_path = folder.join(KEY_CHECK_FILE);
    let known = match fs::read(&check_path) {
        Ok(check) if check == key_check(key) => true,
        Ok(_) => return Err(wrong_key()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => false,
        Err(e) => return Err(cannot_write(e)),
    };
    if !known && !path.exists() {
        write_durably(&check_path, &key_check(key))?;
    }
    let suspect = folder.join(SUSPECT_FILE);
    match connect(&path, key).and_then(|c| prepare(c, suspect.exists())) {
        Ok(connection) => {
            if !known {
                write_durably(&check_path, &key_check(key))?;
            }
            if suspect.exists() {
                fs::remove_file(&suspect).map_err(cannot_write)?;
            }
            connection.pragma_update(None, "query_only", true)?;
            Ok(connection)
        }
        Err(e) if e.kind() == ErrorKind::Damaged && !known => Err(wrong_key().with_source(e)),
        Err(e) if e.kind() == ErrorKind::Damaged => {
            let aside = set_aside(folder)?;
            Err(Error::new(
                ErrorKind::Damaged,
                format!("数据文件已损坏，已另存为“{aside}”，没有删除；请联系技术人员取出未同步的记录，重新打开即可从服务器恢复其余数据"),
                format!("the data file is damaged and was set aside as {aside}, not deleted; ask support to recover unsent records from it, and open again to get the rest from the hub"),
            )
            .with_source(e))
        }
        Err(e) => Err(e),
    }
}

pub(super) fn connect_reader(folder: &Path, key: &[u8; 32]) -> Result<Connection> {
    let connection = connect(&folder.join(DB_FILE), key)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// The writer meets every index: pages it holds need not be decrypted again for each record.
pub(super) fn connect_writer(folder: &Path, key: &[u8; 32]) -> Result<Connection> {
    let connection = connect(&folder.join(DB_FILE), key)?;
    connection.pragma_update(None, "cache_size", -10240)?;
    Ok(connection)
}

pub(super) fn suspect(folder: &Path) -> Result<()> {
    write_durably(&folder.join(SUSPECT_FILE), b"")
}

/// Waits until SQLCipher has begun. It does so from SQLite's extra initialisation, which runs after SQLite says that it is initialised: who
/// opens a database at that moment, on another thread, cannot set its key (utelle/SQLite3MultipleCiphers issue 194 tells the same of another cipher).
fn begin() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        let takes_a_key = || Connection::open_in_memory().is_ok_and(|c| c.pragma_update(None, "key", "x").is_ok());
        // Where it never does, opening the file says why.
        (0..100).any(|_| {
            takes_a_key() || {
                thread::sleep(Duration::from_millis(5));
                false
            }
        });
    });
}

fn connect(path: &Path, key: &[u8; 32]) -> Result<Connection> {
    begin();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let hex: String = key.iter().map(|b| format!("{b:02x}")).collect();
    // A wrong key or damage is told by the error; SQLCipher need not print it as well.
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    connection.pragma_update(None, "key", format!("x'{hex}'"))?;
    // Each page read or written is authenticated. SHA-256 is as good for that as the SHA-512 of SQLCipher's default, and phones compute it
    // in hardware.
    connection.execute_batch("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    // WAL and FULL: a command that returned survives power loss. Deleted content is overwritten. Android has no folder for
    // temporary files. 4 MiB of pages is enough for a screen and leaves the phone's memory to others.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;",
    )?;
    Ok(connection)
}

fn prepare(mut connection: Connection, look_closely: bool) -> Result<Connection> {
    let version: usize = connection.pragma_query_value(None, "user_version", |r| r.get::<_, i64>(0)).map(|v| usize::try_from(v).unwrap_or(usize::MAX))?;
    if version > MIGRATIONS.len() {
        return Err(Error::new(
            ErrorKind::NewerStore,
            "数据由更新版本的应用写入，请更新应用；数据没有改动",
            "the store was written by a newer app; update the app. Nothing was changed",
        ));
    }
    if look_closely {
        let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |r| r.get(0))?;
        if verdict != "ok" {
            return Err(Error::new(ErrorKind::Damaged, "数据文件已损坏", "the data file is damaged"));
        }
    }
    if version < MIGRATIONS.len() {
        let tx = connection.transaction()?;
        for migration in &MIGRATIONS[version..] {
            tx.execute_batch(migration)?;
        }
        tx.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))?;
        tx.commit()?;
    }
    if !read_model::is_current(&connection)? {
        // All or nothing: killed in the middle, the next opening begins again with what was there.
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        read_model::rebuild(&tx)?;
        tx.commit()?;
    }
    Ok(connection)
}

/// Renames the store's files; a number tells several apart. The write-ahead log goes with its database.
fn set_aside(folder: &Path) -> Result<String> {
    let free = (1..).map(|n| format!("gridwalk.damaged-{n}.db")).find(|name| !folder.join(name).exists()).unwrap_or_default();
    for suffix in ["", "-wal", "-shm"] {
        let from: PathBuf = folder.join(format!("{DB_FILE}{suffix}"));
        if from.exists() {
            fs::rename(&from, folder.join(format!("{free}{suffix}"))).map_err(cannot_write)?;
        }
    }
    // The key of the photos' files is in the database: they belong to it.
    let photos = folder.join(PHOTO_FOLDER);
    if photos.exists() {
        fs::rename(photos, folder.join(free.replace(".db", ".photos"))).map_err(cannot_write)?;
    }
    if folder.join(SUSPECT_FILE).exists() {
        fs::remove_file(folder.join(SUSPECT_FILE)).map_err(cannot_write)?;
    }
    Ok(free)
}

fn wrong_key() -> Error {
    Error::new(ErrorKind::WrongKey, "数据库密钥不正确，数据没有改动", "this is not the key of this store; nothing was changed")
}
