//! The files of photos on the phone: in a folder beside the store, named by the SHA-256 of what they hold, encrypted with a key
//! that only the encrypted store knows.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction};

use crate::error::{Error, ErrorKind, Result};
use crate::identity::HostRandom;
use crate::identity::cipher::{open_file, seal_file};
use crate::store::{PHOTO_FOLDER, cannot_write, write_durably};

/// The files of one store.
pub struct Files {
    folder: PathBuf,
    key: [u8; 32],
}

impl Files {
    /// The files of the store in `folder`.
    pub fn of(connection: &Connection, folder: &Path) -> Result<Self> {
        let key = connection.query_row("SELECT photo_key FROM state", [], |r| r.get(0))?;
        Ok(Self { folder: folder.join(PHOTO_FOLDER), key })
    }

    /// Writes a file durably, in the transaction that says it is here: what is left of one that is given up is swept.
    pub fn write(&self, _: &Transaction<'_>, hash: &str, plain: &[u8], random: &dyn HostRandom) -> Result<()> {
        if !self.folder.exists() {
            fs::create_dir_all(&self.folder).map_err(cannot_write)?;
            // The new folder's name has to reach the disk as well.
            if let Some(parent) = self.folder.parent() {
                fs::File::open(parent).and_then(|f| f.sync_all()).map_err(cannot_write)?;
            }
        }
        write_durably(&self.path(hash), &seal_file(&self.key, hash, plain, random))
    }

    /// What a file holds; `None` if it is not here.
    ///
    /// # Errors
    /// `damaged` if it is not what was written.
    pub fn read(&self, hash: &str) -> Result<Option<Vec<u8>>> {
        match fs::read(self.path(hash)) {
            Ok(sealed) => open_file(&self.key, hash, &sealed).map(Some).ok_or_else(damaged),
            Err(e) if e.kind() == Io::NotFound => Ok(None),
            Err(e) => Err(cannot_write(e)),
        }
    }

    fn path(&self, hash: &str) -> PathBuf {
        self.folder.join(hash)
    }
}

fn damaged() -> Error {
    Error::new(ErrorKind::Damaged, "照片文件已损坏，请重新拍摄或从服务器重新获取", "the photo's file is damaged; take it again or fetch it from the hub")
}

/// Names of files in `folder` that nothing in the store needs: not a photo, not the hub, not a draft, not a command that may run
/// again.
fn unneeded(connection: &Connection, folder: &Path) -> Result<Vec<String>> {
    let there = names(&folder.join(PHOTO_FOLDER))?;
    if there.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "SELECT hash FROM photos WHERE hash IS NOT NULL UNION ALL SELECT thumb_hash FROM photos WHERE thumb_hash IS NOT NULL
        UNION ALL SELECT hash FROM photo_files WHERE owed AND NOT sent
        UNION ALL SELECT hash FROM draft_photos UNION ALL SELECT thumb_hash FROM draft_photos
        UNION ALL SELECT json_extract(body, '$.input.hash') FROM commands WHERE state <> 'taken' AND json_extract(body, '$.command') = 'photos.take'
        UNION ALL SELECT json_extract(body, '$.input.thumb_hash') FROM commands WHERE state <> 'taken' AND json_extract(body, '$.command') = 'photos.take'";
    let needed: BTreeSet<String> =
        connection.prepare(sql)?.query_map([], |r| r.get::<_, Option<String>>(0))?.filter_map(rusqlite::Result::transpose).collect::<rusqlite::Result<_>>()?;
    Ok(there.into_iter().filter(|name| !needed.contains(name)).collect())
}

/// Whether there is anything to sweep: looking costs no lock.
pub fn is_swept(connection: &Connection, folder: &Path) -> Result<bool> {
    Ok(unneeded(connection, folder)?.is_empty())
}

/// Removes the files that nothing needs. The transaction keeps others from writing files meanwhile.
pub fn sweep(tx: &Transaction<'_>, folder: &Path) -> Result<()> {
    for name in unneeded(tx, folder)? {
        match fs::remove_file(folder.join(PHOTO_FOLDER).join(&name)) {
            Err(e) if e.kind() != Io::NotFound => return Err(cannot_write(e)),
            _ => tx.execute("DELETE FROM photo_files WHERE hash = ?1", [&name])?,
        };
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == Io::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(cannot_write(e)),
    };
    // This module gives no names that are not UTF-8.
    entries.map(|e| Ok(e.map_err(cannot_write)?.file_name().into_string().unwrap_or_default())).filter(|name| !matches!(name, Ok(n) if n.is_empty())).collect()
}
