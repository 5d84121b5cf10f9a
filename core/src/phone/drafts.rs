//! Drafts: forms that were left open, kept for the person who filled them in, on this phone alone. A draft carries the id of the
//! command that it becomes; recording that command drops it in the same transaction.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;

use super::{Membership, Phone, membership};
use crate::error::{Error, Result};
use crate::ids::Id;
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
}

impl Phone {
    /// Keeps what is filled in so far, in the place of what was kept before of the same form about the same document by the same
    /// person. `form` is any name; a form about an entry (a resident) names it there. `command` is the id that the form will be
    /// recorded under.
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
            found.map(view).transpose()
        })
    }

    /// All drafts of the person signed in, newest first.
    pub fn drafts(&self) -> Result<Vec<DraftView>> {
        self.store.read(|c| {
            let sql = "SELECT d.form, d.about, d.command, d.body, d.at FROM drafts d JOIN tenants t ON t.tenant = d.tenant AND t.person = d.person
                 ORDER BY d.at DESC, d.rowid DESC";
            let rows = c.prepare_cached(sql)?.query_map([], row)?.collect::<rusqlite::Result<Vec<_>>>()?;
            rows.into_iter().map(view).collect()
        })
    }

    /// Drops a draft. There need not be one.
    ///
    /// # Errors
    /// `not_found` if what it is about is not on this phone.
    pub fn drop_draft(&self, form: &str, about: Option<Id>) -> Result<()> {
        let dropped = self.store.write(|tx| {
            let member = owner(tx, about)?;
            let sql = "DELETE FROM drafts WHERE tenant = ?1 AND person = ?2 AND form = ?3 AND about = ?4";
            Ok(tx.execute(sql, params![member.tenant, member.person, form, key(about)])?)
        })?;
        self.notify(if dropped > 0 { &["drafts"] } else { &[] });
        Ok(())
    }
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

fn view((form, about, command, body, at): (String, String, Id, String, i64)) -> Result<DraftView> {
    Ok(DraftView { form, about: Some(about).filter(|id| !id.is_empty()).map(|id| id.parse()).transpose()?, command, body: from_json(&body)?, at })
}
