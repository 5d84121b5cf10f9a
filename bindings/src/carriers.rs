//! Work carried to the hub by other hands.

use std::path::Path;

use gridwalk_core::carriers::{CarriedStatus, Exported, Imported};

use crate::error::Result;
use crate::phone::Phone;

/// What this phone carries for others.
#[uniffi::remote(Record)]
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

/// What was written to a file.
#[uniffi::remote(Record)]
pub struct Exported {
    /// Envelopes or receipts in it.
    pub count: u64,
    /// The file's size in bytes.
    pub bytes: u64,
}

/// What a file brought.
#[uniffi::remote(Record)]
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

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Writes all unsent work to a new file that only the hub can open, for a colleague to carry. Nothing is marked as sent.
    pub async fn export_bundles(&self, path: String) -> Result<Exported> {
        self.call(move |core| core.export_bundles(Path::new(&path))).await
    }

    /// Writes the hub's receipts for what this phone carried to a new file, to be brought back to the authors.
    pub async fn export_receipts(&self, path: String) -> Result<Exported> {
        self.call(move |core| core.export_receipts(Path::new(&path))).await
    }

    /// Takes in a colleague's file, to be delivered with the next sync, or receipts. `vouch` is a cadre's reason for taking in
    /// what a revoked device made.
    #[uniffi::method(default(vouch = None))]
    pub async fn take_carried(&self, path: String, vouch: Option<String>) -> Result<Imported> {
        self.call(move |core| core.take_carried(Path::new(&path), vouch.as_deref())).await
    }
}
