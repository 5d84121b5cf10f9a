//! The loop around requests: until nothing is unsent and nothing more is to be read.

use rusqlite::params;

use super::exchange::{Exchange, Unanswered};
use super::protocol::encode;
use super::{Asked, SyncReport, Transport};
use crate::error::Result;
use crate::phone::Phone;

/// How far a sync has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncProgress {
    /// Requests answered so far.
    pub requests: u32,
    /// Commands that the hub has not answered yet.
    pub unsent: u64,
    /// Documents received so far.
    pub received: u64,
}

impl Phone {
    /// Syncs with every hub this phone is enrolled with, over HTTP, because a person asked for it: everything goes.
    ///
    /// # Errors
    /// `offline` if a hub cannot be reached: everything is kept and sent next time. `hub_refused` with the hub's words.
    pub async fn sync(&self, progress: impl Fn(SyncProgress) + Send + Sync) -> Result<SyncReport> {
        self.sync_as(Asked::Person, progress).await
    }

    /// The same, as whoever asked for it. In the background what is too young stays ([`SyncReport::young`]); then this is called again
    /// a minute later, also in the background.
    ///
    /// # Errors
    /// As [`Phone::sync`].
    pub async fn sync_as(&self, asked: Asked, progress: impl Fn(SyncProgress) + Send + Sync) -> Result<SyncReport> {
        let (mut report, mut failed) = (SyncReport::default(), None);
        for hub in self.hubs()? {
            let transport = self.transport_to(&hub)?;
            // One hub that is down keeps no other waiting.
            if let Err(e) = self.sync_with_as(asked, &hub, &transport, &mut report, &progress).await {
                failed.get_or_insert(e);
            }
        }
        failed.map_or(Ok(report), Err)
    }

    /// Syncs with the hub at address `hub`, carried by `transport`.
    pub async fn sync_with(
        &self,
        hub: &str,
        transport: &impl Transport,
        report: &mut SyncReport,
        progress: &(impl Fn(SyncProgress) + Send + Sync),
    ) -> Result<()> {
        self.sync_with_as(Asked::Person, hub, transport, report, progress).await
    }

    /// The same, as whoever asked for it.
    pub async fn sync_with_as(
        &self,
        asked: Asked,
        hub: &str,
        transport: &impl Transport,
        report: &mut SyncReport,
        progress: &(impl Fn(SyncProgress) + Send + Sync),
    ) -> Result<()> {
        let mut exchange = Exchange::new(self, hub, transport);
        loop {
            let answered = exchange.ask_sized(|signing| self.prepare_signed(asked, hub, signing)).await;
            if let Err(Unanswered::Refused(code)) = &answered {
                // Screens say it until a request is answered again.
                self.store.write(|tx| Ok(tx.execute("UPDATE tenants SET refused = ?1 WHERE hub = ?2", params![encode(code), hub])?))?;
                self.notify(&["tenants"]);
            }
            let (prepared, bytes) = answered?;
            let taken = self.take_reply(&prepared, &bytes, report)?;
            report.requests += 1;
            progress(SyncProgress { requests: report.requests, unsent: taken.unsent, received: report.received });
            self.scale_max_bytes(|bytes| bytes.saturating_mul(2))?;
            if !taken.again {
                return Ok(());
            }
        }
    }
}
