//! The store's files: their names, and how one is written.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};

/// The store's file within its folder.
pub const DB_FILE: &str = "gridwalk.db";
/// The folder of photos' files, beside the store's file.
pub const PHOTO_FOLDER: &str = "photos";

/// Writes a file so that it is there whole, or not at all, also when the power goes.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = path.with_extension("part");
    let write = || {
        let mut file = fs::File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        // The new name is in the folder, which has to reach the disk too.
        path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    write().map_err(cannot_write)
}

pub(crate) fn cannot_write(e: std::io::Error) -> Error {
    Error::new(ErrorKind::CannotWrite, "无法写入数据文件夹，请检查权限和剩余空间", "the data folder cannot be written to; check its permissions and free space")
        .with_source(e)
}
