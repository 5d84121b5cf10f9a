//! The phone's store: one encrypted SQLite file, one writer, readers beside it. [`Store::read`] and [`Store::write`] are the
//! only doors.

mod documents;
mod drafts;
mod files;
mod open;
mod read_model;
mod rows;
mod shred;

pub(crate) use documents::kind_name;
pub use documents::{MANY_CHUNKS, Projected, Stored, StoredDoc, Touched, is_known, kind_of, kind_of_schema, load, push_chunk, tenant_of};
pub(crate) use drafts::drop_drafts_about;
pub use files::{DB_FILE, PHOTO_FOLDER};
pub(crate) use files::{cannot_write, write_durably};
pub use read_model::rebuild;
pub use rows::{delete_rows, write_rows};
pub use shred::shred;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::error::{Error, ErrorKind, Result};
use crate::versions::Dictionary;

/// The encrypted store of one phone.
pub struct Store {
    folder: PathBuf,
    key: [u8; 32],
    /// Opened for the first write: a phone that only shows its list opens sooner.
    writer: Mutex<Option<Connection>>,
    readers: Mutex<Vec<Connection>>,
    /// Nothing is opened any more: the files are gone.
    shredded: AtomicBool,
    /// What the app that opened it knows.
    dictionary: Dictionary,
}

impl Store {
    /// Opens the store in `folder` with the raw key that the host keeps, or makes a new one there.
    ///
    /// # Errors
    /// `wrong_key` (nothing touched), `damaged` (set aside, not deleted), `newer_store` (nothing touched), `cannot_write`.
    pub fn open(folder: &Path, key: &[u8; 32]) -> Result<Self> {
        Self::open_as(folder, key, Dictionary::OURS)
    }

    /// The same as an app that knows this much.
    pub(crate) fn open_as(folder: &Path, key: &[u8; 32], dictionary: Dictionary) -> Result<Self> {
        let reader = dictionary.run(|| open::open(folder, key))?;
        let (writer, readers, shredded) = (Mutex::new(None), Mutex::new(vec![reader]), AtomicBool::new(false));
        Ok(Self { folder: folder.to_owned(), key: *key, writer, readers, shredded, dictionary })
    }

    /// The folder the store lies in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads beside the writer, from one snapshot.
    pub fn read<T>(&self, f: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let pooled = lock(&self.readers).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => {
                self.check_there()?;
                open::connect_reader(&self.folder, &self.key)?
            }
        };
        let snapshot = connection.unchecked_transaction()?;
        let result = self.noticing_damage(self.dictionary.run(|| f(&snapshot)));
        drop(snapshot);
        if !self.shredded.load(Ordering::SeqCst) {
            lock(&self.readers).push(connection);
        }
        result
    }

    /// Writes in one transaction: all of `f` or nothing. What returned is durable.
    pub fn write<T>(&self, f: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut writer = lock(&self.writer);
        let run = || {
            let writer = self.opened(&mut writer)?;
            let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = self.dictionary.run(|| f(&tx))?;
            tx.commit()?;
            Ok(value)
        };
        self.noticing_damage(run())
    }

    /// Writes the file anew, without free pages and what stands in the gaps of others, and empties the write-ahead log. Answers
    /// whether that was done: not while something else reads an older state, or writes.
    pub fn rewrite(&self) -> Result<bool> {
        let mut writer = lock(&self.writer);
        let busy = |e: &rusqlite::Error| matches!(e.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked));
        let result = self.opened(&mut writer).and_then(|writer| match writer.execute_batch("VACUUM") {
            Err(e) if busy(&e) => Ok(false),
            Err(e) => Err(e.into()),
            Ok(()) => Ok(writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |r| r.get::<_, i64>(0))? == 0),
        });
        self.noticing_damage(result)
    }

    /// Makes the store useless at once, and this object with it: see [`shred`].
    pub fn shred(&self) -> Result<()> {
        self.destroy(&mut lock(&self.writer))
    }

    /// The same if `check` finds nothing against it. Between the two nothing is written.
    pub(crate) fn shred_after(&self, check: impl FnOnce(&Connection) -> Result<()>) -> Result<()> {
        let mut writer = lock(&self.writer);
        let found = self.opened(&mut writer).and_then(|c| self.dictionary.run(|| check(c)));
        self.noticing_damage(found)?;
        self.destroy(&mut writer)
    }

    fn destroy(&self, writer: &mut Option<Connection>) -> Result<()> {
        self.shredded.store(true, Ordering::SeqCst);
        let result = shred(&self.folder);
        // Closed last: the last connection would remove its log without overwriting it.
        writer.take();
        lock(&self.readers).clear();
        result
    }

    fn check_there(&self) -> Result<()> {
        if self.shredded.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Enrolment, "本机数据已销毁，请重新打开并入网", "the data on this device was destroyed; open again and enrol"));
        }
        Ok(())
    }

    /// Runs `f` on the writer and a reader in turn: for tests of what every connection must be.
    pub fn with_connections(&self, mut f: impl FnMut(&Connection)) -> Result<()> {
        f(self.opened(&mut lock(&self.writer))?);
        self.read(|c| {
            f(c);
            Ok(())
        })
    }

    fn opened<'a>(&self, writer: &'a mut Option<Connection>) -> Result<&'a mut Connection> {
        match writer {
            Some(open) => Ok(open),
            none => {
                self.check_there()?;
                Ok(none.insert(open::connect_writer(&self.folder, &self.key)?))
            }
        }
    }

    /// Damage found while working is remembered beside the file, so that the next opening looks closely.
    fn noticing_damage<T>(&self, result: Result<T>) -> Result<T> {
        match result {
            Err(e) if e.kind() == ErrorKind::Damaged => Err(open::suspect(&self.folder).err().unwrap_or(e)),
            other => other,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic between statements leaves a connection whose transaction was rolled back.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// JSON kept in a column.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::internal("stored JSON").with_source(e))
}

/// A value as JSON for a column.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::internal("JSON").with_source(e))
}
