//! What a phone holds: its own unsent bundles as envelopes, and what it carries for others.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::identity::PublicKey;
use crate::phone::{Phone, state};
use crate::sync::protocol::{Envelope, Outcome, Receipt, Sealed, decode, encode};
use crate::sync::{close_bundles, tenants_of};

/// So many envelopes and receipts of others a phone holds at most.
pub const MAX_HELD: u64 = 512;
/// And so many bytes of them.
pub const MAX_HELD_BYTES: u64 = 32 << 20;

/// What this phone carries for others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CarriedStatus {
    /// Envelopes still to be delivered.
    pub waiting: u64,
    /// Envelopes of revoked devices: a cadre may vouch for them.
    pub outcast: u64,
    /// Receipts for authors.
    pub receipts: u64,
    /// When the oldest envelope still to be delivered came here, in seconds since the Unix epoch (UTC).
    pub oldest_at: Option<i64>,
}

/// What this phone carries for others.
pub(crate) fn status(connection: &Connection) -> Result<CarriedStatus> {
    let sql = "SELECT count(*) FILTER (WHERE envelope IS NOT NULL AND coalesce(outcome, 1) = 1), count(*) FILTER (WHERE envelope IS NOT NULL AND outcome = 2),
               count(*) FILTER (WHERE receipt IS NOT NULL), min(at) FILTER (WHERE envelope IS NOT NULL) FROM carried";
    Ok(connection.query_row(sql, [], |r| Ok(CarriedStatus { waiting: r.get(0)?, outcast: r.get(1)?, receipts: r.get(2)?, oldest_at: r.get(3)? }))?)
}

/// What became of an envelope that was handed to this phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is carried from now on.
    New,
    /// It came before.
    Known,
    /// It is this phone's own.
    Own,
}

/// Keeps an envelope to be delivered with the next sync. `vouch` is a cadre's reason for one of a revoked device.
///
/// # Errors
/// `malformed` if it is none, `cannot_write` if this phone carries all it can already.
pub(crate) fn keep_envelope(tx: &Transaction<'_>, bytes: &[u8], vouch: Option<&str>, now: i64) -> Result<Kept> {
    Envelope::read(bytes)?;
    let id = Envelope::id(bytes);
    if tx.query_row("SELECT EXISTS (SELECT 1 FROM bundles WHERE envelope_id = ?1)", [id], |r| r.get(0))? {
        return Ok(Kept::Own);
    }
    let known: Option<bool> =
        tx.query_row("SELECT outcome IS ?2 FROM carried WHERE id = ?1", params![id, Outcome::Outcast.number()], |r| r.get(0)).optional()?;
    if let Some(outcast) = known {
        // What was turned away is tried again, now that someone vouches for it.
        if vouch.is_some() {
            tx.execute("UPDATE carried SET vouch = ?2 WHERE id = ?1", params![id, vouch])?;
            if outcast {
                tx.execute("UPDATE carried SET outcome = NULL, asked = NULL WHERE id = ?1", [id])?;
            }
        }
        return Ok(Kept::Known);
    }
    let sql = "SELECT count(*), coalesce(sum(coalesce(length(envelope), 0) + coalesce(length(receipt), 0)), 0) FROM carried";
    let (count, held): (u64, u64) = tx.query_row(sql, [], |r| Ok((r.get(0)?, r.get(1)?)))?;
    if count >= MAX_HELD || held + bytes.len() as u64 > MAX_HELD_BYTES {
        return Err(Error::new(
            ErrorKind::CannotWrite,
            "本机代送的数据已满，请先联网同步，再接收",
            "this phone carries all it can; sync it first, then hand over again",
        ));
    }
    tx.execute("INSERT INTO carried (id, envelope, vouch, at) VALUES (?1, ?2, ?3, ?4)", params![id, bytes, vouch, now])?;
    Ok(Kept::New)
}

/// Keeps a receipt of someone else's beside their envelope, unless the hub gave this phone one itself. Says nothing of
/// whether it is genuine: only the author's phone can tell, and the envelope stays.
pub(crate) fn keep_receipt(tx: &Transaction<'_>, receipt: &Receipt, bytes: &[u8]) -> Result<bool> {
    Ok(tx.execute("UPDATE carried SET receipt = ?2 WHERE id = ?1 AND receipt IS NULL", params![&receipt.envelope[..], bytes])? > 0)
}

/// Someone else has this envelope of this phone's now, too.
pub(crate) fn note_handed(tx: &Transaction<'_>, envelope: &[u8]) -> Result<()> {
    Ok(tx.execute("UPDATE bundles SET handed = 1 WHERE envelope_id = ?1", [Envelope::id(envelope)]).map(drop)?)
}

/// All unsent work of this phone as envelopes: bundles are closed first, and each is put into its envelope once. `random` is
/// the phone's.
pub(crate) fn envelopes_of(phone: &Phone, tx: &Transaction<'_>) -> Result<Vec<Vec<u8>>> {
    let key = state(tx)?.key();
    let hubs: Vec<String> = tx.prepare("SELECT DISTINCT hub FROM tenants")?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut envelopes = Vec::new();
    for hub in hubs {
        for own in tenants_of(tx, &hub)? {
            let tenant = &own.cursor.tenant;
            let (to, rerun): (Vec<u8>, bool) = tx.query_row("SELECT key, rerun FROM tenants WHERE tenant = ?1", [tenant], |r| Ok((r.get(0)?, r.get(1)?)))?;
            // Enrolled again: what there is was made by another device and runs again after the next sync.
            if rerun {
                continue;
            }
            let to = PublicKey::from_bytes(&to)?;
            close_bundles(tx, &own.cursor, &key, &BTreeSet::new())?;
            let rows = tx
                .prepare("SELECT n, sealed, envelope FROM bundles WHERE tenant = ?1 AND taken = 0 ORDER BY n")?
                .query_map([tenant], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, Vec<u8>>(1)?, r.get::<_, Option<Vec<u8>>>(2)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            for (n, sealed, envelope) in rows {
                let envelope = match envelope {
                    Some(envelope) => envelope,
                    None => {
                        let envelope = encode(&Envelope::close(&decode::<Sealed>(&sealed, "stored bundle")?, tenant, &to, &*phone.random)?);
                        tx.execute("UPDATE bundles SET envelope = ?2, envelope_id = ?3 WHERE n = ?1", params![n, envelope, Envelope::id(&envelope)])?;
                        envelope
                    }
                };
                envelopes.push(envelope);
            }
        }
    }
    Ok(envelopes)
}
