//! Logging out (退出): everything is closed and sent, what is left is named, and only then does the store go.

use super::{Network, SyncProgress};
use crate::error::{Error, ErrorKind, Result};
use crate::phone::{Leaving, Phone, leaving};

impl Phone {
    /// Sends all there is, whatever its age, then makes the store useless as [`Phone::shred`] does. Ask the person first. Without the
    /// hub it goes on if nothing is lost by it. Returns what was left: with `forced` that is lost. Between the last look at it and the
    /// end nothing is recorded any more. The host then lets go of the key that it keeps.
    ///
    /// # Errors
    /// `unsent` if something is nowhere else, in words and counts, with why it was not sent. Nothing goes then: sync, hand it to a
    /// carrier, settle it, or force it.
    pub async fn log_out(&self, network: Network, forced: bool, progress: impl Fn(SyncProgress) + Send + Sync) -> Result<Leaving> {
        let sent = match self.sync(progress).await {
            Ok(_) => self.sync_photos(network, |_| {}).await.map(drop),
            Err(e) => Err(e),
        };
        let mut left = Leaving::default();
        self.store.shred_after(|c| {
            left = leaving(c)?;
            let Some((zh, en)) = left.words().filter(|_| !forced) else { return Ok(()) };
            let zh = format!("本机还有{zh}，别处没有，退出就会丢失；请先同步、交给同事代送或处理完，或确认放弃");
            let en = format!("this phone still holds {en} that are nowhere else; sync, hand over or settle them first, or say that they may be lost");
            Err(match sent {
                Ok(()) => Error::new(ErrorKind::Unsent, zh, en),
                Err(e) => Error::new(ErrorKind::Unsent, format!("{zh}。{}", e.message_zh()), format!("{en}. {}", e.message_en())).with_source(e),
            })
        })?;
        Ok(left)
    }
}
