//! Making a store useless at once: a phone that is handed on, or about to be taken. Every byte is overwritten before its file goes,
//! because with the raw key each page of SQLCipher can be decrypted by itself, whatever becomes of the first one.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::files::{DB_FILE, PHOTO_FOLDER, cannot_write, write_durably};
use crate::error::{Error, Result};

/// There from before the first byte is overwritten until the last file is gone: an opening that meets it finishes the work.
const MARK_FILE: &str = "gridwalk.shredding";
/// All files of a store begin with this.
const PREFIX: &str = "gridwalk.";
/// Overwritten first in each file: salt, page 1 and the write-ahead log's header, without which nothing opens.
const HEAD_BYTES: u64 = 64 << 10;

/// Overwrites and removes every file of the store in `folder`, whether or not it can be opened. Cut at any point, the next opening
/// finishes it. Files that are not the store's stay.
///
/// # Errors
/// `not_found` if there is no store; `cannot_write`.
pub fn shred(folder: &Path) -> Result<()> {
    if !folder.join(DB_FILE).exists() && !folder.join(MARK_FILE).exists() {
        return Err(Error::not_found("此文件夹中没有网格行的数据", "there is no gridwalk store in this folder"));
    }
    write_durably(&folder.join(MARK_FILE), b"")?;
    finish(folder)
}

/// Finishes what was begun, if anything was.
pub(super) fn finish(folder: &Path) -> Result<()> {
    let mark = folder.join(MARK_FILE);
    if !mark.exists() {
        return Ok(());
    }
    let overwrite = || {
        let files = files(folder)?;
        // What opens a file goes first, in all of them.
        files.iter().try_for_each(|file| blank(file, HEAD_BYTES))?;
        files.iter().try_for_each(|file| blank(file, u64::MAX))?;
        files.iter().try_for_each(fs::remove_file)?;
        for name in own_names(folder)? {
            if name.is_dir() {
                fs::remove_dir_all(&name)?;
            }
        }
        File::open(folder)?.sync_all()?;
        fs::remove_file(&mark)?;
        File::open(folder)?.sync_all()
    };
    overwrite().map_err(cannot_write)
}

/// The files and folders of the store that lie in `folder` itself.
fn own_names(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let own = |entry: &fs::DirEntry| entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX) && name != MARK_FILE || name == PHOTO_FOLDER);
    let entries: Vec<fs::DirEntry> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    Ok(entries.into_iter().filter(own).map(|entry| entry.path()).collect())
}

/// All files of the store, the database before all others. Links are not followed: what they lead to is not the store's.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut open) = (Vec::new(), own_names(folder)?);
    while let Some(path) = open.pop() {
        if fs::symlink_metadata(&path)?.is_dir() {
            for entry in fs::read_dir(&path)? {
                open.push(entry?.path());
            }
        } else {
            files.push(path);
        }
    }
    files.sort_by_key(|path| (!path.ends_with(DB_FILE), path.clone()));
    Ok(files)
}

/// Overwrites a file's first bytes, at most `most`, and waits until the disk has them.
fn blank(path: &PathBuf, most: u64) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(());
    }
    let mut file = File::options().write(true).open(path)?;
    let length = file.metadata()?.len().min(most);
    file.seek(SeekFrom::Start(0))?;
    io::copy(&mut io::repeat(0).take(length), &mut file)?;
    file.flush()?;
    file.sync_all()
}
