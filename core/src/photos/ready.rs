//! A photo on its way into the store: made small, its files written, then sent.

use std::path::Path;

use rusqlite::{Transaction, params};

use super::{Files, PreparedPhoto, TakePhoto, file_hash, prepare};
use crate::error::Result;
use crate::identity::HostRandom;
use crate::ids::Id;

/// A photo made small, with the names and sizes of its files.
#[derive(Debug)]
pub struct ReadyPhoto {
    /// The picture and its thumbnail.
    pub photo: PreparedPhoto,
    /// The original's SHA-256 in hex.
    pub hash: String,
    /// The thumbnail's SHA-256 in hex.
    pub thumb_hash: String,
    /// The original's size in bytes.
    pub bytes: u32,
    /// The thumbnail's size in bytes.
    pub thumb_bytes: u32,
}

impl ReadyPhoto {
    /// Makes small what a camera or a file gave: the work of a tenth of a second, to be done before anything is locked.
    pub fn of(taken: &[u8]) -> Result<Self> {
        let photo = prepare(taken)?;
        // Both are far below 4 GiB.
        let bytes = |file: &[u8]| u32::try_from(file.len()).unwrap_or(u32::MAX);
        let (original, thumbnail) = (&photo.original, &photo.thumbnail);
        let (hash, thumb_hash) = (file_hash(original), file_hash(thumbnail));
        Ok(Self { hash, thumb_hash, bytes: bytes(original), thumb_bytes: bytes(thumbnail), photo })
    }

    /// The command that adds it to a record.
    pub fn of_record(&self, record: Id) -> TakePhoto {
        let (hash, thumb_hash) = (self.hash.clone(), self.thumb_hash.clone());
        let (width, height) = (self.photo.width, self.photo.height);
        TakePhoto { record, hash, bytes: self.bytes, width, height, thumb_hash, thumb_bytes: self.thumb_bytes }
    }

    /// Writes both files, of the store in `folder`.
    pub fn write(&self, tx: &Transaction<'_>, folder: &Path, random: &dyn HostRandom) -> Result<()> {
        let files = Files::of(tx, folder)?;
        files.write(tx, &self.thumb_hash, &self.photo.thumbnail, random)?;
        files.write(tx, &self.hash, &self.photo.original, random)
    }
}

/// The files of photo `doc`, which are here, are to be sent.
pub fn send_files(tx: &Transaction<'_>, doc: Id, photo: &TakePhoto) -> Result<()> {
    for (hash, original) in [(&photo.thumb_hash, false), (&photo.hash, true)] {
        tx.prepare_cached("INSERT INTO photo_files (hash, doc, original, sent) VALUES (?1, ?2, ?3, 0) ON CONFLICT DO NOTHING")?
            .execute(params![hash, doc, original])?;
    }
    Ok(())
}
