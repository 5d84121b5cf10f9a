//! A phone's process that dies at a storage step: SQLite's own hooks count its work, and at the chosen step the files are copied
//! as they stand on the disk and everything after is refused. The copy is what the next process finds.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use gridwalk_core::store::{DB_FILE, Store};

use super::event::Fault;

/// SQLite operations between two steps.
const OPERATIONS: i32 = 40;

/// Where a phone's process dies.
pub struct CrashPoint {
    folder: PathBuf,
    /// Steps left, or commits left where `torn` says how much of the last one reaches the disk.
    left: AtomicI64,
    torn: Option<u32>,
    /// The log's length before the commit that is torn.
    before: AtomicU64,
    in_commit: AtomicBool,
    dead: AtomicBool,
    /// Database and log as they were.
    image: Mutex<Option<[Vec<u8>; 2]>>,
}

impl CrashPoint {
    /// Lets the process that has `store` open die by `fault`; `None` if that is no crash of a phone.
    pub fn arm(store: &Store, fault: Fault) -> gridwalk_core::Result<Option<Arc<Self>>> {
        let (left, torn) = match fault {
            Fault::PhoneCrash { step } => (step, None),
            Fault::TornCommit { commit, thousandths } => (commit, Some(thousandths)),
            _ => return Ok(None),
        };
        let point = Arc::new(Self {
            folder: store.folder().to_owned(),
            left: AtomicI64::new(left.into()),
            torn,
            before: AtomicU64::new(0),
            in_commit: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            image: Mutex::new(None),
        });
        // The writer comes first; readers change nothing.
        let mut writer = true;
        let mut failed = None;
        store.with_connections(|connection| {
            if std::mem::take(&mut writer) {
                let (stepping, committing) = (point.clone(), point.clone());
                let hooks = connection
                    .progress_handler(OPERATIONS, Some(move || stepping.step()))
                    .and_then(|()| connection.commit_hook(Some(move || committing.commit())));
                failed = hooks.err();
            }
        })?;
        failed.map_or(Ok(Some(point)), |e| Err(e.into()))
    }

    /// Lets the process that has `store` open live.
    pub fn disarm(store: &Store) -> gridwalk_core::Result<()> {
        let mut failed = None;
        store.with_connections(|connection| {
            let hooks = connection.progress_handler(0, None::<fn() -> bool>).and_then(|()| connection.commit_hook(None::<fn() -> bool>));
            failed = failed.take().or(hooks.err());
        })?;
        failed.map_or(Ok(()), |e| Err(e.into()))
    }

    /// A step of SQLite's. Returns whether the process is dead.
    fn step(&self) -> bool {
        let comes = |left: &AtomicI64| left.fetch_sub(1, Relaxed) <= 1;
        if self.in_commit.load(Relaxed) || self.torn.is_none() && !self.is_dead() && comes(&self.left) {
            self.die();
        }
        self.is_dead()
    }

    /// A commit begins. Returns whether the process is dead.
    fn commit(&self) -> bool {
        if self.torn.is_none() || self.in_commit.load(Relaxed) {
            return self.step();
        }
        if !self.is_dead() && self.left.fetch_sub(1, Relaxed) <= 1 {
            self.before.store(fs::metadata(self.log()).map_or(0, |m| m.len()), Relaxed);
            self.in_commit.store(true, Relaxed);
        }
        self.is_dead()
    }

    /// What was in the middle of its last act when that ended is dead too. Returns whether the process died.
    pub fn over(&self) -> bool {
        if self.in_commit.load(Relaxed) {
            self.die();
        }
        self.is_dead()
    }

    fn is_dead(&self) -> bool {
        self.dead.load(Relaxed)
    }

    fn log(&self) -> PathBuf {
        self.folder.join(format!("{DB_FILE}-wal"))
    }

    fn die(&self) {
        if self.dead.swap(true, Relaxed) {
            return;
        }
        let mut log = fs::read(self.log()).unwrap_or_default();
        if let Some(thousandths) = self.torn {
            let before = usize::try_from(self.before.load(Relaxed)).unwrap_or(0).min(log.len());
            let written = (log.len() - before) * thousandths as usize / 1000;
            log.truncate(before + written);
        }
        let database = fs::read(self.folder.join(DB_FILE)).unwrap_or_default();
        *self.image.lock().unwrap_or_else(PoisonError::into_inner) = Some([database, log]);
    }

    /// Puts the files as the process left them into its folder. The store must be closed.
    pub fn leave(&self) -> std::io::Result<()> {
        let Some([database, log]) = self.image.lock().unwrap_or_else(PoisonError::into_inner).take() else { return Ok(()) };
        put(&self.folder, DB_FILE, &database, &log)
    }
}

/// Writes a database and its log, whatever was there before.
pub fn put(folder: &Path, name: &str, database: &[u8], log: &[u8]) -> std::io::Result<()> {
    for suffix in ["-shm", "-wal"] {
        match fs::remove_file(folder.join(format!("{name}{suffix}"))) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    fs::write(folder.join(name), database)?;
    if log.is_empty() { Ok(()) } else { fs::write(folder.join(format!("{name}-wal")), log) }
}
