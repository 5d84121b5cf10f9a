//! What would be lost if this phone's store went: all that is nowhere else.

use rusqlite::Connection;
use serde::Serialize;

use super::{Phone, UNSENT};
use crate::error::Result;

/// What this phone holds and the hub does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Leaving {
    /// Commands that neither the hub nor a carrier has.
    pub unsent: u64,
    /// Commands that a carrier has and the hub has not answered yet.
    pub handed_over: u64,
    /// Files of photos that the hub lacks. No carrier takes them.
    pub photos: u64,
    /// Commands that the hub refused, and that nobody resubmitted or gave up.
    pub refused: u64,
    /// Forms that were left open.
    pub drafts: u64,
    /// Envelopes of others that wait to be delivered. Their receipts the hub has too.
    pub carried: u64,
}

impl Leaving {
    /// What it is, in words, Chinese and English; `None` if nothing is lost.
    pub(crate) fn words(&self) -> Option<(String, String)> {
        let counted = [
            (self.unsent, "条未发送的记录", "unsent records"),
            (self.photos, "个未发送的照片文件", "unsent photo files"),
            (self.refused, "条未被接受的记录", "records that were not accepted"),
            (self.drafts, "份草稿", "drafts"),
            (self.carried, "份替同事代送的数据", "parcels carried for others"),
        ];
        let left: Vec<_> = counted.into_iter().filter(|(count, ..)| *count > 0).collect();
        if left.is_empty() {
            return None;
        }
        let zh: Vec<String> = left.iter().map(|(count, zh, _)| format!("{count}{zh}")).collect();
        let en: Vec<String> = left.iter().map(|(count, _, en)| format!("{count} {en}")).collect();
        Some((zh.join("、"), en.join(", ")))
    }
}

impl Phone {
    /// What would be lost if this phone's store went. [`Phone::unsent`], [`Phone::status`] and [`Phone::drafts`] name it one by one.
    pub fn leaving(&self) -> Result<Leaving> {
        self.store.read(leaving)
    }
}

pub(crate) fn leaving(connection: &Connection) -> Result<Leaving> {
    let count = |sql: &str| -> Result<u64> { Ok(connection.query_row(sql, [], |r| r.get(0))?) };
    let waiting = count(&format!("SELECT count(*) FROM ({UNSENT})"))?;
    // All that waits of a command is in bundles that someone else has too.
    let handed_over = count(&format!(
        "SELECT count(*) FROM ({UNSENT}) u WHERE NOT EXISTS (SELECT 1 FROM changes c LEFT JOIN bundles b ON b.n = c.bundle
           WHERE c.n BETWEEN u.n << 8 AND u.n << 8 | 255 AND c.taken = 0 AND NOT coalesce(b.handed, 0))"
    ))?;
    let carried = crate::carriers::status(connection)?;
    Ok(Leaving {
        unsent: waiting - handed_over,
        handed_over,
        // What the hub will not take stays unsent whatever anyone does.
        photos: count("SELECT count(*) FROM photo_files WHERE NOT sent AND NOT again AND trouble IS NULL")?,
        refused: count("SELECT count(*) FROM commands WHERE state = 'quarantined'")?,
        drafts: count("SELECT count(*) FROM drafts")?,
        carried: carried.waiting + carried.outcast,
    })
}
