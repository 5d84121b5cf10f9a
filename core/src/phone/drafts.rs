//! Drafts: forms that were left open, kept for the person who filled them in, on this phone alone. A draft carries the id of the
//! command that it becomes; recording that command drops it in the same transaction, and makes its photos the record's.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;

use super::{Membership, Phone, anchor, membership, state};
use crate::clock::Stamp;
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::photos::document::PHOTOS;
use crate::photos::{PhotoSize, ReadyPhoto};
use crate::store::{StoredDoc, from_json, to_json};

/// The most bytes of a draft, as JSON.
pub const MAX_DRAFT_BYTES: usize = 1 << 20;

/// A form that was left open.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DraftView {
    /// The name of the form, as it was saved under.
    pub form: String,
    /// The document that the form is about.
    pub about: Option<Id>,
    /// The id of the command to run, from [`Phone::new_command_id`].
    pub command: Id,
    /// What was filled in, as it was saved.
    pub body: Value,
    /// When it was saved, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Photos taken for it, oldest first. They become the record's when it is recorded.
    pub photos: Vec<DraftPhotoView>,
}

/// A photo of a draft; [`Phone::photo_thumbnail`] and [`Phone::photo_original`] give its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DraftPhotoView {
    /// Its id, as it was put.
    pub id: Id,
    /// When it was taken, by the best time known then; seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Width of the original in pixels.
    pub width: u32,
    /// Height of the original in pixels.
    pub height: u32,
    /// Size of the original in bytes.
    pub bytes: u32,
}

impl Phone {
    /// Keeps what is filled in so far, in the place of what was kept before of the same form about the same document by the same
    /// person; its photos stay. `form` is any name; a form about an entry (a resident) names it there. `command` is the id that the
    /// form will be recorded under.
    ///
    /// # Errors
    /// `not_found` if what it is about is not on this phone (any more), `invalid` if it is too large, or was recorded or taken
    /// back under this id; then nothing was changed.
    pub fn save_draft(&self, form: &str, about: Option<Id>, command: Id, body: &Value) -> Result<()> {
        let at = self.now()?;
        let body = to_json(body)?;
        if form.is_empty() || form.len() > 200 {
            return Err(Error::invalid("表单名称须为1到200个字节", "the name of a form has 1 to 200 bytes"));
        }
        if body.len() > MAX_DRAFT_BYTES {
            return Err(Error::invalid("草稿太大，请先保存或分开填写", "the draft is too large; save it or split it"));
        }
        self.store.write(|tx| {
            let member = owner(tx, about)?;
            if is_used(tx, command)? {
                return Err(Error::invalid("这份表单已保存或已收回，请重新打开", "this form was recorded or taken back; open it again"));
            }
            let sql = "UPDATE draft_photos SET command = ?1 WHERE command = (SELECT command FROM drafts WHERE tenant = ?2 AND person = ?3 AND form = ?4 AND about = ?5)";
            tx.prepare_cached(sql)?.execute(params![command, member.tenant, member.person, form, key(about)])?;
            tx.prepare_cached("INSERT OR REPLACE INTO drafts (command, tenant, person, form, about, body, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
                .execute(params![command, member.tenant, member.person, form, key(about), body, at])?;
            Ok(())
        })?;
        self.notify(&["drafts"]);
        Ok(())
    }

    /// The draft of a form about a document, of the person signed in.
    ///
    /// # Errors
    /// `not_found` if what it is about is not on this phone.
    pub fn draft(&self, form: &str, about: Option<Id>) -> Result<Option<DraftView>> {
        self.store.read(|c| {
            let member = owner(c, about)?;
            let sql = "SELECT form, about, command, body, at FROM drafts WHERE tenant = ?1 AND person = ?2 AND form = ?3 AND about = ?4";
            let found = c.prepare_cached(sql)?.query_row(params![member.tenant, member.person, form, key(about)], row).optional()?;
            found.map(|found| view(c, found)).transpose()
        })
    }

    /// All drafts of the person signed in, newest first.
    pub fn drafts(&self) -> Result<Vec<DraftView>> {
        self.store.read(|c| {
            let sql = "SELECT d.form, d.about, d.command, d.body, d.at FROM drafts d JOIN tenants t ON t.tenant = d.tenant AND t.person = d.person
                 ORDER BY d.at DESC, d.rowid DESC";
            let rows = c.prepare_cached(sql)?.query_map([], row)?.collect::<rusqlite::Result<Vec<_>>>()?;
            rows.into_iter().map(|row| view(c, row)).collect()
        })
    }

    /// Puts a photo to a draft: the bytes of a JPEG, PNG or WebP, made small as by [`Phone::take_photo`] and kept here encrypted, until
    /// the record is there. `photo` is an id from [`Phone::new_command_id`]; the same id again is one photo.
    ///
    /// # Errors
    /// `not_found` if there is no such draft: save it first. What is wrong with the bytes, in words for a person.
    pub fn add_draft_photo(&self, form: &str, about: Option<Id>, photo: Id, taken: &[u8]) -> Result<()> {
        let reading = self.read_clock()?;
        let ready = ReadyPhoto::of(taken)?;
        self.store.write(|tx| {
            let member = owner(tx, about)?;
            let sql = "SELECT command FROM drafts WHERE tenant = ?1 AND person = ?2 AND form = ?3 AND about = ?4";
            let found = tx.query_row(sql, params![member.tenant, member.person, form, key(about)], |r| r.get::<_, String>(0)).optional()?;
            let command = found.ok_or_else(|| Error::not_found("没有这份草稿，请先保存草稿", "no such draft; save it first"))?;
            if is_used(tx, photo)? {
                return Err(Error::invalid("这张照片已经添加过", "this photo was added before"));
            }
            let stamp = Stamp::new(reading.clone(), anchor(tx, &reading)?.as_ref(), state(tx)?.hub_time);
            ready.write(tx, self.store.folder(), &*self.random)?;
            let sql =
                "INSERT INTO draft_photos (id, command, stamp, hash, bytes, width, height, thumb_hash, thumb_bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT DO NOTHING";
            let (width, height) = (ready.photo.width, ready.photo.height);
            tx.execute(sql, params![photo, command, to_json(&stamp)?, ready.hash, ready.bytes, width, height, ready.thumb_hash, ready.thumb_bytes])?;
            Ok(())
        })?;
        self.notify(&["drafts"]);
        Ok(())
    }

    /// Removes a photo from its draft. There need not be one.
    pub fn remove_draft_photo(&self, photo: Id) -> Result<()> {
        let sql = format!("DELETE FROM draft_photos WHERE id = ?1 AND command IN ({OWN})");
        let removed = self.store.write(|tx| Ok(tx.execute(&sql, [photo])?))?;
        if removed > 0 {
            self.notify(&["drafts", PHOTOS.name]);
        }
        Ok(())
    }

    /// Drops a draft with its photos. There need not be one.
    ///
    /// # Errors
    /// `not_found` if what it is about is not on this phone.
    pub fn drop_draft(&self, form: &str, about: Option<Id>) -> Result<()> {
        let dropped = self.store.write(|tx| {
            let member = owner(tx, about)?;
            let sql = "DELETE FROM drafts WHERE tenant = ?1 AND person = ?2 AND form = ?3 AND about = ?4";
            Ok(tx.execute(sql, params![member.tenant, member.person, form, key(about)])?)
        })?;
        // The files of its photos are swept.
        if dropped > 0 {
            self.notify(&["drafts", PHOTOS.name]);
        }
        Ok(())
    }
}

/// The drafts of the person signed in.
const OWN: &str = "SELECT d.command FROM drafts d JOIN tenants t ON t.tenant = d.tenant AND t.person = d.person";

/// The file of a photo of a draft of the person signed in.
pub(super) fn draft_file(connection: &Connection, photo: Id, size: PhotoSize) -> Result<Option<String>> {
    let column = match size {
        PhotoSize::Thumbnail => "thumb_hash",
        PhotoSize::Original => "hash",
    };
    let sql = format!("SELECT {column} FROM draft_photos WHERE id = ?1 AND command IN ({OWN})");
    Ok(connection.prepare_cached(&sql)?.query_row([photo], |r| r.get(0)).optional()?)
}

/// Who a draft belongs to: the person in the community of what it is about.
fn owner(connection: &Connection, about: Option<Id>) -> Result<Membership> {
    let Some(id) = about else { return membership(connection, None) };
    let stored = StoredDoc::find(connection, id)?;
    let gone = || Error::not_found("这份资料已不在本机", "what the form is about is not on this device any more");
    membership(connection, Some(&stored.ok_or_else(gone)?.tenant))
}

/// Whether a command was recorded, or taken back, under this id.
fn is_used(connection: &Connection, command: Id) -> Result<bool> {
    let sql = "SELECT 1 FROM commands WHERE n = ?2 AND id = ?1 UNION ALL SELECT 1 FROM commands WHERE form AND id = ?1 UNION ALL SELECT 1 FROM taken_back WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.exists(params![command, command.counter])?)
}

fn key(about: Option<Id>) -> String {
    about.map(|id| id.to_string()).unwrap_or_default()
}

fn row(r: &Row<'_>) -> rusqlite::Result<(String, String, Id, String, i64)> {
    Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?))
}

fn view(connection: &Connection, (form, about, command, body, at): (String, String, Id, String, i64)) -> Result<DraftView> {
    let about = Some(about).filter(|id| !id.is_empty()).map(|id| id.parse()).transpose()?;
    let mut statement = connection.prepare_cached("SELECT id, stamp, width, height, bytes FROM draft_photos WHERE command = ?1 ORDER BY rowid")?;
    let rows = statement.query_map([command], |r| Ok((r.get::<_, String>(1)?, (r.get(0)?, r.get(2)?, r.get(3)?, r.get(4)?))))?;
    let photo = |(stamp, (id, width, height, bytes)): (String, _)| Ok(DraftPhotoView { id, at: from_json::<Stamp>(&stamp)?.at, width, height, bytes });
    let photos = rows.map(|row| row.map_err(Error::from).and_then(photo)).collect::<Result<_>>()?;
    Ok(DraftView { form, about, command, body: from_json(&body)?, at, photos })
}
