//! Handing over on the same network: one phone listens and shows an address and a code, the other connects and hands its
//! unsent work over, envelope by envelope, and takes back the receipts that are there for it. A connection that breaks
//! anywhere leaves whole envelopes only; handing over again goes on from there.
//!
//! Both prove that they know the code without saying it. What passes is closed to everyone but hub and author anyway: the
//! code keeps strangers from filling a phone up, nothing else rests on it.

mod client;
mod frame;
mod server;

pub use client::HandedOver;
pub use server::{CarrierServer, Received};

use std::fmt;
use std::str::FromStr;

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use crate::error::{Error, Result};
use crate::identity::cipher::hmac;

/// The version of what is spoken.
const VERSION: u16 = 1;

/// Where a listening phone is found: `gridwalk://carry?to=<address>&code=<code>`, short enough for a QR code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierLink {
    /// Its address and port.
    pub to: String,
    /// The code that it shows.
    pub code: String,
}

impl fmt::Display for CarrierLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gridwalk://carry?to={}&code={}", self.to, self.code)
    }
}

impl FromStr for CarrierLink {
    type Err = Error;

    fn from_str(link: &str) -> Result<Self> {
        let parts = link.trim().strip_prefix("gridwalk://carry?to=").filter(|rest| rest.len() <= 200).and_then(|rest| rest.split_once("&code="));
        let (to, code) = parts.ok_or_else(|| Error::invalid("这不是有效的代送链接", "this is not a valid link of a listening phone"))?;
        Ok(Self { to: to.to_owned(), code: code.to_owned() })
    }
}

/// The listening phone's first word.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Hello {
    #[n(0)]
    version: u16,
    #[n(1)]
    nonce: ByteArray<16>,
}

/// The answer: proof that the code is known.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Begin {
    #[n(0)]
    version: u16,
    #[n(1)]
    nonce: ByteArray<16>,
    #[n(2)]
    proof: ByteArray<32>,
}

/// The listening phone's proof.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Welcome {
    #[n(0)]
    proof: ByteArray<32>,
}

/// From the phone that hands over.
#[derive(Encode, Decode)]
enum Handed {
    /// An envelope.
    #[n(0)]
    Envelope(#[n(0)] ByteVec),
    /// The last word: the envelopes for which it would have receipts.
    #[n(1)]
    Wanted(#[n(0)] Vec<ByteArray<32>>),
}

/// From the listening phone, one for each of the other's words.
#[derive(Encode, Decode)]
enum Answered {
    /// The envelope is stored and will be delivered.
    #[n(0)]
    Kept,
    /// It was here before.
    #[n(1)]
    Known,
    /// This phone carries all it can.
    #[n(2)]
    Full,
    /// The receipts that are here.
    #[n(3)]
    Receipts(#[n(0)] Vec<ByteVec>),
}

/// What a side proves with: the code over both nonces.
fn proof(code: &str, side: &str, hello: &ByteArray<16>, begin: &ByteArray<16>) -> ByteArray<32> {
    hmac(code.as_bytes(), &[b"gridwalk carry v1 ", side.as_bytes(), hello.as_slice(), begin.as_slice()].concat()).into()
}
