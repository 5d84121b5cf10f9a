//! Frames: a length in four bytes, most significant first, then a value in CBOR. Bounded in size and time, whatever the other
//! side does.

use std::time::Duration;

use minicbor::{Decode, Encode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::error::{Error, ErrorKind, Result};
use crate::sync::protocol::{MAX_ENVELOPE, decode, encode};

/// The largest frame.
pub(super) const MAX_FRAME: usize = MAX_ENVELOPE + 64;
/// How long one frame may take.
const FRAME: Duration = Duration::from_secs(10);
/// How long a whole conversation may take.
const CONVERSATION: Duration = Duration::from_secs(180);

/// One conversation.
pub(super) struct Wire {
    stream: TcpStream,
    end: Instant,
}

impl Wire {
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, end: Instant::now() + CONVERSATION }
    }

    /// Connects to a listening phone.
    pub async fn connect(to: &str) -> Result<Self> {
        let stream = timeout_at(Instant::now() + FRAME, TcpStream::connect(to)).await.map_err(|_| broken())?;
        Ok(Self::new(stream.map_err(|e| broken().with_source(e))?))
    }

    /// Sends one value.
    pub async fn send<T: Encode<()>>(&mut self, value: &T) -> Result<()> {
        let body = encode(value);
        let length = u32::try_from(body.len()).ok().filter(|n| *n as usize <= MAX_FRAME).ok_or_else(|| Error::malformed("frame"))?;
        let frame = [&length.to_be_bytes(), &body[..]].concat();
        let sent = timeout_at(self.deadline(), self.stream.write_all(&frame)).await.map_err(|_| broken())?;
        sent.map_err(|e| broken().with_source(e))
    }

    /// Receives one value of at most `most` bytes.
    pub async fn receive<T: for<'b> Decode<'b, ()>>(&mut self, most: usize) -> Result<T> {
        let deadline = self.deadline();
        let read = async {
            let length = self.stream.read_u32().await? as usize;
            if length > most {
                return Ok(None);
            }
            // Room is made as bytes come, not as they are announced.
            let mut body = Vec::new();
            (&mut self.stream).take(length as u64).read_to_end(&mut body).await?;
            if body.len() < length { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(Some(body)) }
        };
        let body: std::io::Result<Option<Vec<u8>>> = timeout_at(deadline, read).await.map_err(|_| broken())?;
        let body = body.map_err(|e| broken().with_source(e))?.ok_or_else(|| Error::malformed("frame"))?;
        decode(&body, "frame")
    }

    fn deadline(&self) -> Instant {
        self.end.min(Instant::now() + FRAME)
    }
}

fn broken() -> Error {
    Error::new(
        ErrorKind::Offline,
        "与对方手机的连接中断，请核对地址和配对码后再试；已交接的不会丢失",
        "the connection to the other phone broke; check address and code and try again. What was handed over is kept",
    )
}
