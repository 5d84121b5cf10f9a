//! What screens and sync ask about photos.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use crate::documents::Proof;
use crate::error::Result;
use crate::ids::Id;
use crate::settings::PhotoNetworks;
use crate::store::tenant_of;

/// A photo of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhotoView {
    /// The photo.
    pub id: Id,
    /// The visit, report, household or confidential document it was taken for.
    pub record: Id,
    /// Who took it (a person's id).
    pub by: String,
    /// The name of who took it, empty if not known here.
    pub by_name: String,
    /// When, by the best time known; seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether no hub has confirmed that time.
    pub unanchored: bool,
    /// Whether none ever will: it is not later than the hub received it, and that is all that is known.
    pub unknowable: bool,
    /// Width of the original in pixels.
    pub width: u32,
    /// Height of the original in pixels.
    pub height: u32,
    /// Size of the original in bytes.
    pub bytes: u32,
    /// Whether the thumbnail is on this phone.
    pub thumbnail_here: bool,
    /// Whether the original is on this phone.
    pub original_here: bool,
    /// Whether this phone still has a file of it to send.
    pub unsent: bool,
}

/// The photos of a visit, report, household or confidential document, newest first; of a household also those of its visits. Those taken back are
/// left out.
pub fn photos_of(connection: &Connection, record: Id) -> Result<Vec<PhotoView>> {
    let mut statement = connection.prepare_cached(
        "SELECT p.doc, p.record, coalesce(p.by, ''), coalesce(n.name, ''), coalesce(p.at, 0), coalesce(p.unanchored, 1), p.width, p.height, p.bytes,
           EXISTS (SELECT 1 FROM photo_files f WHERE f.hash = p.thumb_hash), EXISTS (SELECT 1 FROM photo_files f WHERE f.hash = p.hash),
           EXISTS (SELECT 1 FROM photo_files f WHERE f.hash IN (p.hash, p.thumb_hash) AND NOT f.sent AND NOT f.again)
         FROM photos p LEFT JOIN persons n ON n.doc = p.by
         WHERE (p.record = ?1 OR p.about = ?1) AND p.hash IS NOT NULL ORDER BY p.at DESC, p.doc",
    )?;
    let rows = statement.query_map([record], |r| {
        Ok(PhotoView {
            id: r.get(0)?,
            record: r.get(1)?,
            by: r.get(2)?,
            by_name: r.get(3)?,
            at: r.get(4)?,
            unanchored: r.get(5)?,
            unknowable: r.get::<_, i64>(5)? == Proof::Unknowable as i64,
            width: r.get(6)?,
            height: r.get(7)?,
            bytes: r.get(8)?,
            thumbnail_here: r.get(9)?,
            original_here: r.get(10)?,
            unsent: r.get(11)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Which of a photo's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhotoSize {
    /// The small one.
    Thumbnail,
    /// The picture.
    Original,
}

/// The hash and the size in bytes of a photo's file; `None` if the photo is not here or was taken back.
pub fn file_of(connection: &Connection, photo: Id, size: PhotoSize) -> Result<Option<(String, u32)>> {
    let sql = match size {
        PhotoSize::Thumbnail => "SELECT thumb_hash, thumb_bytes FROM photos WHERE doc = ?1 AND thumb_hash IS NOT NULL",
        PhotoSize::Original => "SELECT hash, bytes FROM photos WHERE doc = ?1 AND hash IS NOT NULL",
    };
    Ok(connection.prepare_cached(sql)?.query_row([photo], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
}

/// A photo's file that is not sent any more: what came at the hub was not what went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhotoTrouble {
    /// The photo.
    pub id: Id,
    /// Why, by a stable code: `wrong_hash`, `not_a_photo`, `damaged`.
    pub reason: String,
}

/// Photos that cannot be sent.
pub fn troubles(connection: &Connection) -> Result<Vec<PhotoTrouble>> {
    let mut statement = connection.prepare_cached("SELECT doc, min(trouble) FROM photo_files WHERE trouble IS NOT NULL GROUP BY doc ORDER BY doc")?;
    let rows = statement.query_map([], |r: &Row<'_>| Ok(PhotoTrouble { id: r.get(0)?, reason: r.get(1)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A photo that names no files any more, because it was taken back, sends and receives none.
pub fn drop_transfers(connection: &Connection, photo: &str) -> Result<()> {
    if connection.prepare_cached("SELECT 1 FROM photos WHERE doc = ?1 AND hash IS NOT NULL")?.exists([photo])? {
        Ok(())
    } else {
        erase_files(connection, photo)
    }
}

/// A photo leaves this phone. What the hub still lacks of its files stays until it has them, if the hub has the document.
pub fn leave(connection: &Connection, photo: &str, hub_has_it: bool) -> Result<()> {
    connection.prepare_cached("DELETE FROM photo_downloads WHERE doc = ?1")?.execute([photo])?;
    connection.prepare_cached("UPDATE photo_files SET owed = ?2 WHERE doc = ?1 AND NOT sent AND NOT again")?.execute(params![photo, hub_has_it])?;
    Ok(())
}

/// Nothing of a photo's files is needed any more, unless another photo names the same.
pub fn erase_files(connection: &Connection, photo: &str) -> Result<()> {
    connection.prepare_cached("DELETE FROM photo_downloads WHERE doc = ?1")?.execute([photo])?;
    let sql =
        "DELETE FROM photo_files WHERE doc = ?1 AND NOT EXISTS (SELECT 1 FROM photos p WHERE p.hash = photo_files.hash OR p.thumb_hash = photo_files.hash)";
    connection.prepare_cached(sql)?.execute([photo])?;
    Ok(())
}

/// A community's settings document, and over which networks its photos travel in full.
pub fn settings(connection: &Connection, tenant: &str) -> Result<Option<(Id, PhotoNetworks)>> {
    let mut statement = connection.prepare_cached("SELECT doc, photo_networks FROM settings")?;
    let rows = statement.query_map([], |r| Ok((r.get::<_, Id>(0)?, r.get::<_, Option<String>>(1)?)))?.collect::<rusqlite::Result<Vec<_>>>()?;
    for (id, networks) in rows {
        if tenant_of(connection, id)?.is_some_and(|t| t == tenant) {
            // What a newer app calls by another word is not more than what everyone has.
            return Ok(Some((id, networks.and_then(|code| code.parse().ok()).unwrap_or_default())));
        }
    }
    Ok(None)
}

/// Over which networks a community's photos travel in full.
pub fn networks(connection: &Connection, tenant: &str) -> Result<PhotoNetworks> {
    Ok(settings(connection, tenant)?.map(|(_, networks)| networks).unwrap_or_default())
}
