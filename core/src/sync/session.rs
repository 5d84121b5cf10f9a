//! The loop around requests: until nothing is unsent and nothing more is to be read.

use std::future::Future;

use rusqlite::params;
use serde::Serialize;

use super::protocol::{RefusalCode, RefusedRequest, encode};
use super::{Asked, HttpHub, MAX_BYTES_RANGE, Prepared};
use crate::error::Result;
use crate::phone::Phone;

/// What came back for one request.
#[derive(Debug)]
pub enum Answer {
    /// The reply's bytes, signed by the community.
    Reply(Vec<u8>),
    /// A refusal in the protocol's words.
    Refused(RefusedRequest),
}

/// Carries a request to a hub and its answer back. An error means that nobody knows whether it arrived.
pub trait Hub {
    /// Posts `body` under `path` with the signature's header fields.
    fn post(&self, request: &Prepared) -> impl Future<Output = Result<Answer>> + Send;
}

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

/// What a sync did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SyncReport {
    /// Requests answered.
    pub requests: u32,
    /// Changes that the hub has now.
    pub sent: u64,
    /// Commands that were refused, with their reasons in the quarantine.
    pub refused: u64,
    /// Commands that were run again on the hub's state.
    pub rerun: u64,
    /// Documents with news.
    pub received: u64,
    /// Documents that left this phone.
    pub withdrawn: u64,
    /// Households among them that lie in another grid now.
    pub moved: u64,
    /// Documents among them that left because a role of the person's ended.
    pub ended: u64,
    /// Envelopes of others that were delivered.
    pub carried: u64,
    /// Commands that were too young for a sync that nobody asked for, with what builds on them: sync again in a minute.
    pub young: u64,
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
            let ca = self.store.read(|c| Ok(c.query_row("SELECT ca FROM tenants WHERE hub = ?1", [&hub], |r| r.get::<_, Option<String>>(0))?))?;
            let carrier = HttpHub::new(&hub, ca.as_deref())?;
            // One hub that is down keeps no other waiting.
            if let Err(e) = self.sync_with_as(asked, &hub, &carrier, &mut report, &progress).await {
                failed.get_or_insert(e);
            }
        }
        failed.map_or(Ok(report), Err)
    }

    /// Syncs with the hub at address `hub`, carried by `carrier`.
    pub async fn sync_with(&self, hub: &str, carrier: &impl Hub, report: &mut SyncReport, progress: &(impl Fn(SyncProgress) + Send + Sync)) -> Result<()> {
        self.sync_with_as(Asked::Person, hub, carrier, report, progress).await
    }

    /// The same, as whoever asked for it.
    pub async fn sync_with_as(
        &self,
        asked: Asked,
        hub: &str,
        carrier: &impl Hub,
        report: &mut SyncReport,
        progress: &(impl Fn(SyncProgress) + Send + Sync),
    ) -> Result<()> {
        let (mut offset, mut again) = (0, 0);
        loop {
            let prepared = self.prepare_sync_as(asked, hub, offset)?;
            let answer = match carrier.post(&prepared).await {
                Ok(answer) => answer,
                Err(e) => {
                    self.scale_max_bytes(|bytes| bytes / 2)?;
                    return Err(e);
                }
            };
            match answer {
                Answer::Reply(bytes) => {
                    let taken = self.take_reply(&prepared, &bytes, report)?;
                    report.requests += 1;
                    progress(SyncProgress { requests: report.requests, unsent: taken.unsent, received: report.received });
                    self.scale_max_bytes(|bytes| bytes.saturating_mul(2))?;
                    if !taken.again {
                        return Ok(());
                    }
                }
                Answer::Refused(refused) => {
                    again += 1;
                    match refused.code {
                        // Sign again with the hub's time, or with a new nonce; a hub that says so thrice means something else.
                        RefusalCode::Clock if again < 3 => offset = refused.hub_time.saturating_sub(self.now()?),
                        RefusalCode::Replayed if again < 3 => {}
                        code => {
                            // Screens say it until a request is answered again.
                            self.store.write(|tx| Ok(tx.execute("UPDATE tenants SET refused = ?1 WHERE hub = ?2", params![encode(&code), hub])?))?;
                            self.notify(&["tenants"]);
                            return Err(code.into());
                        }
                    }
                }
            }
        }
    }

    pub(super) fn scale_max_bytes(&self, f: impl Fn(u32) -> u32) -> Result<()> {
        let now = self.store.read(|c| Ok(crate::phone::state(c)?.max_bytes))?;
        let next = f(now).clamp(*MAX_BYTES_RANGE.start(), *MAX_BYTES_RANGE.end());
        if next != now {
            self.store.write(|tx| Ok(tx.execute("UPDATE state SET max_bytes = ?1", [next]).map(drop)?))?;
        }
        Ok(())
    }
}
