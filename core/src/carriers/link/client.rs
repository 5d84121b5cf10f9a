//! The phone that hands over.

use minicbor::bytes::ByteArray;
use serde::Serialize;

use super::frame::{MAX_FRAME, Wire};
use super::{Answered, Begin, CarrierLink, Handed, Hello, VERSION, Welcome, proof};
use crate::carriers::hold::{MAX_HELD, envelopes_of, note_handed};
use crate::error::{Error, ErrorKind, Result};
use crate::phone::Phone;
use crate::sync::SyncReport;
use crate::sync::protocol::Receipt;

/// What handing over did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
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

impl Phone {
    /// Hands all unsent work of this phone over to a phone that listens, and takes the receipts that it has for this one.
    /// Nothing is marked as sent by handing it over.
    ///
    /// # Errors
    /// `offline` if the other phone is not found, the connection breaks, or the code is not its; `cannot_write` if it carries
    /// all it can. What was handed over before is kept there.
    pub async fn carry_to(&self, link: &CarrierLink) -> Result<HandedOver> {
        let envelopes = self.store.write(|tx| envelopes_of(self, tx))?;
        let mut wire = Wire::connect(&link.to).await?;
        self.shake_hands(&link.code, &mut wire).await?;
        let mut over = HandedOver::default();
        for envelope in envelopes.into_iter().take(usize::try_from(MAX_HELD).unwrap_or(usize::MAX)) {
            wire.send(&Handed::Envelope(envelope.clone().into())).await?;
            match wire.receive(MAX_FRAME).await? {
                Answered::Kept => over.handed += 1,
                Answered::Known => over.known += 1,
                Answered::Full => {
                    return Err(Error::new(
                        ErrorKind::CannotWrite,
                        "对方手机代送的数据已满，请让对方先同步",
                        "the other phone carries all it can; it must sync first",
                    ));
                }
                Answered::Receipts(_) => return Err(Error::malformed("conversation")),
            }
            self.store.write(|tx| note_handed(tx, &envelope))?;
        }
        wire.send(&Handed::Wanted(self.awaited_envelopes()?)).await?;
        let Answered::Receipts(receipts) = wire.receive(MAX_FRAME).await? else { return Err(Error::malformed("conversation")) };
        let mut report = SyncReport::default();
        for bytes in &receipts {
            over.receipts += u64::from(self.take_receipt(&Receipt::read(bytes)?, &mut report)?);
        }
        (over.sent, over.refused) = (report.sent, report.refused);
        Ok(over)
    }

    async fn shake_hands(&self, code: &str, wire: &mut Wire) -> Result<()> {
        const SMALL: usize = 256;
        let hello: Hello = wire.receive(SMALL).await?;
        if hello.version != VERSION {
            return Err(Error::malformed("version"));
        }
        let mut nonce = [0; 16];
        self.random.fill(&mut nonce);
        let nonce = nonce.into();
        wire.send(&Begin { version: VERSION, nonce, proof: proof(code, "hands over", &hello.nonce, &nonce) }).await?;
        let welcome: Welcome = wire.receive(SMALL).await?;
        if welcome.proof == proof(code, "listens", &hello.nonce, &nonce) { Ok(()) } else { Err(Error::malformed("code")) }
    }

    /// The envelopes of this phone's own that nobody has told it of yet.
    fn awaited_envelopes(&self) -> Result<Vec<ByteArray<32>>> {
        self.store.read(|c| {
            let mut statement = c.prepare("SELECT envelope_id FROM bundles WHERE envelope_id IS NOT NULL AND taken = 0 ORDER BY n LIMIT ?1")?;
            let ids = statement.query_map([MAX_HELD], |r| r.get::<_, [u8; 32]>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(ids.into_iter().map(ByteArray::from).collect())
        })
    }
}
