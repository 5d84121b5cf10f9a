//! Work carried to the hub by other hands.

use std::path::Path;
use std::sync::Arc;

use gridwalk_core::carriers::{CarriedStatus, CarrierLink, CarrierServer, Exported, HandedOver, Imported, Received};

use crate::error::Result;
use crate::phone::Phone;
use crate::runtime::{drive, drive_while_awaited};

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

/// What one visitor handed over.
#[uniffi::remote(Record)]
pub struct Received {
    /// Envelopes that this phone carries from now on.
    pub kept: u64,
    /// Envelopes that were here before.
    pub known: u64,
    /// Receipts that were given back.
    pub receipts: u64,
}

/// What handing over did.
#[uniffi::remote(Record)]
pub struct HandedOver {
    /// Envelopes that the other phone carries from now on.
    pub handed: u64,
    /// Envelopes that it had before.
    pub known: u64,
    /// Receipts that told this phone what became of its own work.
    pub receipts: u64,
    /// Changes that the hub has now.
    pub sent: u64,
    /// Commands that were refused, with their reasons in the quarantine.
    pub refused: u64,
}

/// This phone listening for others on the same network, until it is let go.
#[derive(uniffi::Object)]
pub struct Listening {
    server: Arc<CarrierServer>,
    core: Arc<gridwalk_core::Phone>,
}

#[uniffi::export(async_runtime = "tokio")]
impl Listening {
    /// Address and code as a link, for a QR code.
    pub fn link(&self) -> String {
        self.server.link().to_string()
    }

    /// The address and port, to be typed.
    pub fn address(&self) -> String {
        self.server.link().to
    }

    /// The code, to be typed.
    pub fn code(&self) -> String {
        self.server.link().code
    }

    /// Waits for one visitor and takes what they hand over. After an error `offline` or `malformed` the next may come. A call
    /// that is cancelled ends at its next wait; what came whole is kept.
    pub async fn receive(&self) -> Result<Received> {
        let (server, core) = (self.server.clone(), self.core.clone());
        drive_while_awaited(|| async move { server.receive(&core).await }).await
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Listens for other phones on the same network; port 0 is any that is free.
    #[uniffi::method(default(port = 0))]
    pub async fn carry_listen(&self, port: u16) -> Result<Listening> {
        let core = self.core.clone();
        let listening = self.core.clone();
        let server = drive(move || async move { listening.carry_listen(port).await }).await?;
        Ok(Listening { server: Arc::new(server), core })
    }

    /// Hands all unsent work over to a phone that listens (its link, or `HOST:PORT` with its `code`), and takes the receipts
    /// that it has for this one.
    #[uniffi::method(default(code = None))]
    pub async fn carry_to(&self, to: String, code: Option<String>) -> Result<HandedOver> {
        let core = self.core.clone();
        let link = match code {
            Some(code) => CarrierLink { to, code },
            None => to.parse()?,
        };
        drive_while_awaited(|| async move { core.carry_to(&link).await }).await
    }

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
