//! Asking a hub: the one loop that signs a request, has it carried, and signs it again where its time or nonce was refused.

use super::MAX_BYTES_RANGE;
use super::protocol::RefusalCode;
use super::transport::{Answer, SignedRequest, Transport};
use crate::error::{Error, Result};
use crate::identity::{DeviceKey, SignedHead};
use crate::phone::{Phone, state};

/// How often a request is signed: a hub that refuses time or nonce so often means something else.
const TRIES: u32 = 3;

/// Requests to one hub, one after the other.
pub(super) struct Exchange<'a, T> {
    phone: &'a Phone,
    hub: &'a str,
    transport: &'a T,
    /// By how many seconds the hub's clock is ahead of this phone's, as far as it has said so.
    offset: i64,
}

/// What one signature says beside the request: when it was made, and the nonce that no other has.
pub(super) struct Signing {
    hub: String,
    created: i64,
    nonce: [u8; 9],
}

impl Signing {
    /// Signs a request to the hub.
    pub fn sign(self, key: &DeviceKey, path: &'static str, body: Vec<u8>) -> SignedRequest {
        let head = SignedHead::sign(key, path, &body, self.created, self.nonce);
        SignedRequest { hub: self.hub, path, head, body }
    }
}

/// A request with its reply's bytes, of which nothing was checked.
type Answered<R> = std::result::Result<(R, Vec<u8>), Unanswered>;

/// Why a request has no reply.
pub(super) enum Unanswered {
    /// It was cut off: nobody knows whether it arrived.
    Cut(Error),
    /// The hub refused it.
    Refused(RefusalCode),
    /// It could not be made.
    Failed(Error),
}

impl From<Unanswered> for Error {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Cut(e) | Unanswered::Failed(e) => e,
            Unanswered::Refused(code) => code.into(),
        }
    }
}

impl<'a, T: Transport> Exchange<'a, T> {
    pub fn new(phone: &'a Phone, hub: &'a str, transport: &'a T) -> Self {
        Self { phone, hub, transport, offset: 0 }
    }

    /// Posts what `prepare` makes and signs. Returns it with the reply's bytes.
    pub async fn ask<R: AsRef<SignedRequest>>(&mut self, prepare: impl Fn(Signing) -> Result<R>) -> Answered<R> {
        let mut tries = 0;
        loop {
            let prepared = self.phone.signing(self.hub, self.offset).and_then(&prepare).map_err(Unanswered::Failed)?;
            let refused = match self.transport.post(prepared.as_ref()).await.map_err(Unanswered::Cut)? {
                Answer::Reply(bytes) => return Ok((prepared, bytes)),
                Answer::Refused(refused) => refused,
            };
            tries += 1;
            match refused.code {
                RefusalCode::Clock if tries < TRIES => {
                    self.offset = refused.hub_time.saturating_sub(self.phone.now().map_err(Unanswered::Failed)?);
                }
                RefusalCode::Replayed if tries < TRIES => {}
                code => return Err(Unanswered::Refused(code)),
            }
        }
    }

    /// The same of a request that can be smaller: after a cut the next ones are.
    pub async fn ask_sized<R: AsRef<SignedRequest>>(&mut self, prepare: impl Fn(Signing) -> Result<R>) -> Answered<R> {
        let answered = self.ask(prepare).await;
        if let Err(Unanswered::Cut(_)) = answered {
            self.phone.scale_max_bytes(|bytes| bytes / 2).map_err(Unanswered::Failed)?;
        }
        answered
    }
}

impl Phone {
    /// What to sign with now, `offset` seconds beside this phone's clock.
    pub(super) fn signing(&self, hub: &str, offset: i64) -> Result<Signing> {
        let mut nonce = [0; 9];
        self.random.fill(&mut nonce);
        Ok(Signing { hub: hub.to_owned(), created: self.now()?.saturating_add(offset), nonce })
    }

    pub(super) fn scale_max_bytes(&self, f: impl Fn(u32) -> u32) -> Result<()> {
        let now = self.store.read(|c| Ok(state(c)?.max_bytes))?;
        let next = f(now).clamp(*MAX_BYTES_RANGE.start(), *MAX_BYTES_RANGE.end());
        if next != now {
            self.store.write(|tx| Ok(tx.execute("UPDATE state SET max_bytes = ?1", [next]).map(drop)?))?;
        }
        Ok(())
    }
}
