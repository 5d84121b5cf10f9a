//! The demo's data folder: begun afresh each time, and never one that is not the demo's.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::Result;

/// Marks a folder as the demo's, and is locked while a demo runs.
const MARK: &str = ".gridwalk-demo";

/// An emptied folder that is this demo's alone until dropped.
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes the folder at `path`, made if need be, and empties it.
    ///
    /// # Errors
    /// When it has files but no mark of the demo's, or another demo is running in it.
    pub fn take(path: &Path) -> Result<Self> {
        let mark = path.join(MARK);
        let empty = match fs::read_dir(path) {
            Ok(mut entries) => entries.next().is_none(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => true,
            Err(e) => return Err(e.into()),
        };
        if fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink()) || (!empty && !mark.is_file()) {
            return Err(format!("{}：不是演示数据，不清空 / not the demo's, left alone", path.display()).into());
        }
        fs::create_dir_all(path)?;
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&mark)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err("另一个演示正在运行，请先结束它 / another demo is running; end it first".into()),
            Err(TryLockError::Error(e)) => return Err(e.into()),
        }
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else if entry.file_name() != MARK {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// `demo` in Cargo's target folder.
pub fn default_path() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    target.join("demo")
}

/// The bytes of all files in a folder.
pub(super) fn size(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|entry| entry.metadata().ok()).filter(|m| m.is_file()).map(|m| m.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_demos_own_folder_is_emptied() {
        let dir = tempfile::tempdir().unwrap();
        let mine = dir.path().join("demo");
        let first = Folder::take(&mine).unwrap();
        fs::create_dir(mine.join("hub")).unwrap();
        fs::write(mine.join("hub/hub.db"), "x").unwrap();
        assert!(Folder::take(&mine).is_err(), "a running demo keeps its folder");
        drop(first);
        Folder::take(&mine).unwrap();
        assert!(!mine.join("hub").exists());

        let other = dir.path().join("photos");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("one.jpg"), "x").unwrap();
        assert!(Folder::take(&other).is_err());
        assert!(other.join("one.jpg").exists());
    }
}
