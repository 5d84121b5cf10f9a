//! The listening phone.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};

use minicbor::bytes::ByteVec;
use rusqlite::OptionalExtension;
use serde::Serialize;
use tokio::net::TcpListener;

use super::frame::{MAX_FRAME, Wire};
use super::{Answered, Begin, CarrierLink, Handed, Hello, VERSION, Welcome, proof};
use crate::carriers::hold::{Kept, MAX_HELD, keep_envelope};
use crate::error::{Error, ErrorKind, Result};
use crate::phone::Phone;

/// So many wrong codes end the listening.
const WRONG_CODES: u32 = 5;
/// Letters and digits that nobody confuses when reading aloud.
const ALPHABET: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";

/// A phone that listens for others on the same network.
#[derive(Debug)]
pub struct CarrierServer {
    listener: TcpListener,
    address: SocketAddr,
    code: String,
    wrong: AtomicU32,
}

/// What one visitor handed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Received {
    /// Envelopes that this phone carries from now on.
    pub kept: u64,
    /// Envelopes that were here before.
    pub known: u64,
    /// Receipts that were given back.
    pub receipts: u64,
}

impl Phone {
    /// Listens for other phones on `port` (0: any that is free), with a new code.
    ///
    /// # Errors
    /// `invalid` if the port is taken.
    pub async fn carry_listen(&self, port: u16) -> Result<CarrierServer> {
        let taken = |e| Error::invalid("端口无法使用，请换一个", "the port cannot be used; choose another").with_source(e);
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await.map_err(taken)?;
        let port = listener.local_addr().map_err(taken)?.port();
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes);
        let code = bytes.iter().map(|b| char::from(ALPHABET[usize::from(b % 31)])).collect();
        Ok(CarrierServer { listener, address: SocketAddr::new(own_address(), port), code, wrong: AtomicU32::new(0) })
    }
}

impl CarrierServer {
    /// Where others find it.
    pub fn link(&self) -> CarrierLink {
        CarrierLink { to: self.address.to_string(), code: self.code.clone() }
    }

    /// Waits for one visitor and takes what they hand over, to be delivered with the next sync of `phone`.
    ///
    /// # Errors
    /// `offline` and `malformed` for a visitor who broke off or spoke nonsense: what came whole before is kept, and the next
    /// may come. `not_allowed` after too many wrong codes: listening is over.
    pub async fn receive(&self, phone: &Phone) -> Result<Received> {
        if self.wrong.load(Ordering::Relaxed) >= WRONG_CODES {
            return Err(Error::new(ErrorKind::NotAllowed, "配对码多次不对，已停止接收，请重新开始", "too many wrong codes; listening has ended, begin again"));
        }
        let (stream, _) = self.listener.accept().await.map_err(|e| Error::internal("accept").with_source(e))?;
        let mut wire = Wire::new(stream);
        self.shake_hands(phone, &mut wire).await?;
        let mut received = Received::default();
        for _ in 0..=MAX_HELD {
            match wire.receive::<Handed>(MAX_FRAME).await? {
                Handed::Envelope(envelope) => {
                    let now = phone.now()?;
                    let answer = match phone.store.write(|tx| keep_envelope(tx, &envelope, None, now)) {
                        Ok(Kept::New) => {
                            received.kept += 1;
                            Answered::Kept
                        }
                        Ok(Kept::Known | Kept::Own) => {
                            received.known += 1;
                            Answered::Known
                        }
                        Err(e) if e.kind() == ErrorKind::CannotWrite => Answered::Full,
                        Err(e) => return Err(e),
                    };
                    phone.notify(&["carried"]);
                    wire.send(&answer).await?;
                }
                Handed::Wanted(ids) => {
                    let receipts = phone.store.read(|c| {
                        let mut statement = c.prepare_cached("SELECT receipt FROM carried WHERE id = ?1 AND receipt IS NOT NULL")?;
                        let (mut found, mut room) = (Vec::new(), MAX_FRAME / 2);
                        for id in ids.iter().take(usize::try_from(MAX_HELD).unwrap_or(usize::MAX)) {
                            let receipt: Option<Vec<u8>> = statement.query_row([&id[..]], |r| r.get(0)).optional()?;
                            if let Some(receipt) = receipt.filter(|r| r.len() <= room) {
                                room -= receipt.len();
                                found.push(ByteVec::from(receipt));
                            }
                        }
                        Ok(found)
                    })?;
                    received.receipts = receipts.len() as u64;
                    wire.send(&Answered::Receipts(receipts)).await?;
                    return Ok(received);
                }
            }
        }
        Err(Error::malformed("conversation"))
    }

    async fn shake_hands(&self, phone: &Phone, wire: &mut Wire) -> Result<()> {
        const SMALL: usize = 256;
        let mut nonce = [0; 16];
        phone.random.fill(&mut nonce);
        let hello = Hello { version: VERSION, nonce: nonce.into() };
        wire.send(&hello).await?;
        let begin: Begin = wire.receive(SMALL).await?;
        if begin.version != VERSION {
            return Err(Error::malformed("version"));
        }
        if begin.proof != proof(&self.code, "hands over", &hello.nonce, &begin.nonce) {
            self.wrong.fetch_add(1, Ordering::Relaxed);
            return Err(Error::malformed("code"));
        }
        wire.send(&Welcome { proof: proof(&self.code, "listens", &hello.nonce, &begin.nonce) }).await
    }
}

/// This phone's address on the network that leads outside. Nothing is sent to find it out.
fn own_address() -> IpAddr {
    let route = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        // An address for documentation, which nobody has.
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    });
    // Without any network this machine alone can come by.
    route.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |a| a.ip())
}
