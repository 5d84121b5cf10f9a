//! The files of photos in a backup, and which of them are missing. They lie in a folder beside the backup; what did not change
//! since an earlier backup there is not stored twice.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use gridwalk_core::ids::Id;
use gridwalk_core::photos::file_hash;

use crate::error::{HubError, Result};
use crate::hub::{Hub, tenants};
use crate::store::{Arg, all};

/// What the folder of a backup's photos is called, behind the backup's own name.
const SUFFIX: &str = ".photos";

/// What a backup did with the files of photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopiedPhotos {
    /// They lie in the folder beside it.
    Copied {
        /// Files in it.
        files: usize,
        /// Of these the ones shared with an earlier backup.
        shared: usize,
    },
    /// They are in S3, and in no backup of ours.
    InS3,
}

/// A file that a photo's document names and the hub has not got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingFile {
    /// The community.
    pub tenant: String,
    /// The photo.
    pub photo: Id,
    /// Whether it is the original; else the thumbnail.
    pub original: bool,
    /// Its SHA-256 in hex.
    pub hash: String,
}

/// Copies the files of photos into the folder beside the backup `to`. The database was copied before: what it names is here, or
/// was erased since.
pub(super) async fn copy_photos(hub: &Hub, to: &Path) -> Result<CopiedPhotos> {
    let (folder, earlier) = (folder_of(to), earlier(to)?);
    let part = folder.with_extension("part");
    if part.exists() {
        fs::remove_dir_all(&part)?;
    }
    DirBuilder::new().mode(0o700).create(&part)?;
    let (mut files, mut shared) = (0, 0);
    let ids = tenants(&mut *hub.store.read().await?).await?;
    for tenant in ids {
        let Some(from) = hub.photos.folder_of(&tenant) else {
            fs::remove_dir(&part)?;
            return Ok(CopiedPhotos::InS3);
        };
        fs::create_dir(part.join(&tenant))?;
        for hash in hub.photos.hashes(&tenant).await? {
            let copy = part.join(&tenant).join(&hash);
            // Files never change: their names are their hashes.
            if earlier.as_ref().is_some_and(|earlier| fs::hard_link(earlier.join(&tenant).join(&hash), &copy).is_ok()) {
                shared += 1;
            } else {
                match fs::copy(from.join(&hash), &copy) {
                    // Taken back or erased since it was listed.
                    Err(e) if e.kind() == ErrorKind::NotFound => continue,
                    other => other?,
                };
                File::open(&copy)?.sync_all()?;
            }
            files += 1;
        }
        File::open(part.join(&tenant))?.sync_all()?;
    }
    fs::rename(&part, &folder)?;
    Ok(CopiedPhotos::Copied { files, shared })
}

/// Puts back what the folder beside the backup `from` has of the files that documents name and the hub has not got: nothing that
/// was erased since, if the journals were repeated before. Returns how many came back, and with what is missing still.
pub async fn restore_photos(hub: &Hub, from: &Path) -> Result<(usize, Vec<MissingFile>)> {
    let (folder, mut back, mut missing) = (folder_of(from), 0, Vec::new());
    for file in missing_photos(hub).await? {
        match fs::read(folder.join(&file.tenant).join(&file.hash)) {
            Ok(bytes) if file_hash(&bytes) == file.hash => {
                hub.photos.keep(&file.tenant, &file.hash, bytes).await?;
                back += 1;
            }
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(e.into()),
            // Not in the backup, or damaged there.
            _ => missing.push(file),
        }
    }
    Ok((back, missing))
}

/// The files that photos' documents name and the hub has not got: their phones have not sent them yet, or they were lost.
pub async fn missing_photos(hub: &Hub) -> Result<Vec<MissingFile>> {
    let mut missing = Vec::new();
    let ids = tenants(&mut *hub.store.read().await?).await?;
    for tenant in ids {
        let there: BTreeSet<String> = hub.photos.hashes(&tenant).await?.into_iter().collect();
        let sql = "SELECT doc, hash, thumb_hash FROM photos WHERE tenant_id = $1 AND removed = 0 ORDER BY doc";
        for row in all(&mut *hub.store.read().await?, sql, vec![Arg::text(&tenant)]).await? {
            let photo: Id = row.get(0)?;
            for (column, original) in [(1, true), (2, false)] {
                let hash = row.get::<Option<String>>(column)?;
                missing.extend(hash.filter(|hash| !there.contains(hash)).map(|hash| MissingFile { tenant: tenant.clone(), photo, original, hash }));
            }
        }
    }
    Ok(missing)
}

/// The folder beside a backup for its photos.
fn folder_of(backup: &Path) -> PathBuf {
    let mut name = backup.as_os_str().to_owned();
    name.push(SUFFIX);
    name.into()
}

/// The photos of the newest earlier backup in the same folder.
fn earlier(to: &Path) -> Result<Option<PathBuf>> {
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().ends_with(SUFFIX) && entry.metadata()?.is_dir() {
            found.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    Ok(found.into_iter().max().map(|(_, path)| path))
}

/// Nothing of a backup's photos is there yet.
pub(super) fn check_free(to: &Path) -> Result<()> {
    if folder_of(to).exists() {
        return Err(HubError::usage("目标文件的照片目录已存在，请换一个名字", "the folder of photos beside the target exists already; choose another name"));
    }
    Ok(())
}
