//! Envelopes and receipts in a file: carried by hand, by messenger, on a stick.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use serde::Serialize;

use super::hold::{Kept, MAX_HELD, MAX_HELD_BYTES, envelopes_of, keep_envelope, keep_receipt, note_handed};
use crate::error::{Error, ErrorKind, Result};
use crate::phone::{Phone, membership};
use crate::rules::Role;
use crate::sync::SyncReport;
use crate::sync::protocol::{Envelope, Receipt, decode, encode};

/// How every file of this kind begins.
const MAGIC: &[u8] = b"gridwalk carry 1\n";
/// The longest reason for vouching, in characters.
const MAX_REASON: usize = 200;

/// What a file holds, in CBOR after the magic words.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Parcel {
    #[n(0)]
    envelopes: Vec<ByteVec>,
    #[n(1)]
    receipts: Vec<ByteVec>,
}

/// What was written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Envelopes or receipts in it.
    pub count: u64,
    /// The file's size in bytes.
    pub bytes: u64,
}

/// What a file brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Envelopes of others that this phone carries from now on.
    pub kept: u64,
    /// Envelopes that were here before, or are this phone's own.
    pub known: u64,
    /// Receipts that told this phone what became of its own work.
    pub receipts: u64,
    /// Receipts kept for others.
    pub receipts_kept: u64,
    /// Changes that the hub has now.
    pub sent: u64,
    /// Commands that were refused, with their reasons in the quarantine.
    pub refused: u64,
}

impl Phone {
    /// Writes all unsent work of this phone to a new file at `path`, closed to everyone but the hub. Nothing is marked as
    /// sent: it is sent again by the next sync, and the hub takes it once. Also for a phone whose device was revoked.
    ///
    /// # Errors
    /// `not_found` if nothing is unsent, `cannot_write`.
    pub fn export_bundles(&self, path: &Path) -> Result<Exported> {
        let envelopes = self.store.write(|tx| envelopes_of(self, tx))?;
        if envelopes.is_empty() {
            return Err(Error::not_found("没有未发送的记录，不必导出", "nothing is unsent; there is nothing to export"));
        }
        let exported = write(path, envelopes.clone(), Vec::new())?;
        self.store.write(|tx| envelopes.iter().try_for_each(|envelope| note_handed(tx, envelope)))?;
        Ok(exported)
    }

    /// Writes the hub's receipts for what this phone carried to a new file at `path`, to be brought back to the authors.
    ///
    /// # Errors
    /// `not_found` if there is none, `cannot_write`.
    pub fn export_receipts(&self, path: &Path) -> Result<Exported> {
        let receipts: Vec<Vec<u8>> = self.store.read(|c| {
            Ok(c.prepare("SELECT receipt FROM carried WHERE receipt IS NOT NULL ORDER BY n")?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
        })?;
        if receipts.is_empty() {
            return Err(Error::not_found("没有可带回的回执，请先同步", "there are no receipts to bring back; sync first"));
        }
        write(path, Vec::new(), receipts)
    }

    /// Takes in a file of another phone's [`Phone::export_bundles`], to be delivered with the next sync, or of
    /// [`Phone::export_receipts`]. With `vouch`, a cadre's reason, the hub takes also what a revoked device made, and marks it.
    /// All of the file or nothing.
    ///
    /// # Errors
    /// `malformed` if it is not such a file, `cannot_write` if this phone carries all it can, `not_allowed` if the person may
    /// not vouch.
    pub fn take_carried(&self, path: &Path, vouch: Option<&str>) -> Result<Imported> {
        let parcel = read(path)?;
        let envelopes = parcel.envelopes.iter().map(|bytes| Envelope::read(bytes)).collect::<Result<Vec<_>>>()?;
        let receipts = parcel.receipts.iter().map(|bytes| Receipt::read(bytes)).collect::<Result<Vec<_>>>()?;
        let now = self.now()?;
        let mut imported = Imported::default();
        self.store.write(|tx| {
            for (bytes, envelope) in parcel.envelopes.iter().zip(&envelopes) {
                if let Some(reason) = vouch {
                    may_vouch(reason, &membership(tx, Some(&envelope.tenant))?.grants)?;
                }
                match keep_envelope(tx, bytes, vouch, now)? {
                    Kept::New => imported.kept += 1,
                    Kept::Known | Kept::Own => imported.known += 1,
                }
            }
            for (bytes, receipt) in parcel.receipts.iter().zip(&receipts) {
                imported.receipts_kept += u64::from(keep_receipt(tx, receipt, bytes)?);
            }
            Ok(())
        })?;
        let mut report = SyncReport::default();
        for receipt in &receipts {
            imported.receipts += u64::from(self.take_receipt(receipt, &mut report)?);
        }
        (imported.sent, imported.refused) = (report.sent, report.refused);
        self.notify(&["carried"]);
        Ok(imported)
    }
}

fn may_vouch(reason: &str, grants: &[crate::rules::Grant]) -> Result<()> {
    if reason.trim().is_empty() || reason.chars().count() > MAX_REASON {
        return Err(Error::invalid("请写明担保的理由，不超过200字", "say why you vouch, in at most 200 characters"));
    }
    if grants.iter().any(|g| g.role == Role::Cadre) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::NotAllowed, "只有社区干部可以担保", "only a cadre may vouch for a revoked device's work"))
}

/// Writes a file that is there whole or not at all, for its owner's eyes.
fn write(path: &Path, envelopes: Vec<Vec<u8>>, receipts: Vec<Vec<u8>>) -> Result<Exported> {
    let count = (envelopes.len() + receipts.len()) as u64;
    let of = |all: Vec<Vec<u8>>| all.into_iter().map(ByteVec::from).collect();
    let bytes = [MAGIC, &encode(&Parcel { envelopes: of(envelopes), receipts: of(receipts) })].concat();
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let write = || {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&part)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().map_err(|e| {
        Error::new(ErrorKind::CannotWrite, "文件无法写入，请检查位置和剩余空间", "the file cannot be written; check its place and the free space")
            .with_source(e)
    })?;
    Ok(Exported { count, bytes: bytes.len() as u64 })
}

fn read(path: &Path) -> Result<Parcel> {
    let most = 2 * MAX_HELD_BYTES;
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    read.map_err(|e| Error::not_found("文件无法读取", "the file cannot be read").with_source(e))?;
    let bad = || Error::malformed("carried file");
    let parcel: Parcel = decode(bytes.strip_prefix(MAGIC).filter(|b| b.len() as u64 <= most).ok_or_else(bad)?, "carried file")?;
    if (parcel.envelopes.len() + parcel.receipts.len()) as u64 > MAX_HELD { Err(bad()) } else { Ok(parcel) }
}
