//! Joining a community, and the words in which a whole request is refused.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::keys::KeyStatement;
use super::reply::Granted;
use crate::error::{Error, ErrorKind};

/// Joins a community with a code from an invite.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct EnrolRequest {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// The community.
    #[n(1)]
    pub tenant: String,
    /// The one-time code.
    #[n(2)]
    pub code: String,
    /// The device's public key, which signs this request.
    #[n(3)]
    pub key: ByteArray<32>,
    /// [`CommunityKeys::mark`](super::CommunityKeys::mark) of the community's keys that the phone goes by: those it pinned, or those of the invite.
    #[n(4)]
    pub keys: Option<ByteArray<4>>,
}

/// The answer to an enrolment.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct EnrolReply {
    /// The hub's time, in seconds since the Unix epoch (UTC).
    #[n(0)]
    pub hub_time: i64,
    /// The person's document.
    #[n(1)]
    pub person: String,
    /// What the device may read and do.
    #[n(2)]
    pub granted: Granted,
    /// The epoch of the hub's store.
    #[n(3)]
    pub epoch: u64,
    /// What leads from those keys to the community's keys now, if they are others.
    #[n(4)]
    pub keys: Option<Vec<KeyStatement>>,
}

/// A refusal in the protocol's own words; the HTTP status only repeats it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RefusedRequest {
    /// The word.
    #[n(0)]
    pub code: RefusalCode,
    /// The hub's time, in seconds since the Unix epoch (UTC): what a phone with a wrong clock signs with next.
    #[n(1)]
    pub hub_time: i64,
}

/// Why a whole request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum RefusalCode {
    /// Not what this protocol speaks.
    #[n(0)]
    Malformed,
    /// Larger than the hub reads.
    #[n(1)]
    TooBig,
    /// A protocol version the hub does not speak.
    #[n(2)]
    Version,
    /// A device that is not enrolled here.
    #[n(3)]
    UnknownDevice,
    /// A device whose key was revoked.
    #[n(4)]
    Revoked,
    /// The signature is not the device's, or not of this body.
    #[n(5)]
    Signature,
    /// Signed at a time too far from the hub's.
    #[n(6)]
    Clock,
    /// The very same request came before; nothing was changed.
    #[n(7)]
    Replayed,
    /// The code is wrong, used or expired.
    #[n(8)]
    Code,
    /// The hub cannot answer now; try again later.
    #[n(9)]
    Busy,
    /// More than this device or community may send within a minute; nothing was looked at. Try again later.
    #[n(10)]
    TooMany,
}

impl RefusalCode {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooBig => "too_big",
            Self::Version => "version",
            Self::UnknownDevice => "unknown_device",
            Self::Revoked => "revoked",
            Self::Signature => "signature",
            Self::Clock => "clock",
            Self::Replayed => "replayed",
            Self::Code => "code",
            Self::Busy => "busy",
            Self::TooMany => "too_many",
        }
    }

    /// What to tell a person, Chinese and English.
    pub fn message(self) -> (&'static str, &'static str) {
        match self {
            Self::Malformed => ("服务器无法识别请求，请更新应用", "the hub could not read the request; update the app"),
            Self::TooBig => ("一次发送的内容过大", "the request is too big"),
            Self::Version => ("应用版本与服务器不一致，请更新应用", "the hub does not speak this app's protocol; update the app"),
            Self::UnknownDevice => ("这台设备尚未入网，请向社区索取入网链接", "this device is not enrolled; ask the community for an enrolment link"),
            Self::Revoked => (
                "这台设备已被停用。未同步的记录仍在本机：请导出后交给社区干部，或向社区索取新的入网链接重新入网",
                "this device was revoked. Unsent records are still here: export them for a cadre of the community, or ask for a new link and enrol again",
            ),
            Self::Signature => ("签名无效，请重新入网", "the signature is not valid; enrol again"),
            Self::Clock => ("本机时间与服务器相差过大", "this device's clock is too far from the hub's"),
            Self::Replayed => ("重复的请求，没有改动", "a repeated request; nothing was changed"),
            Self::Code => ("入网码不正确、已使用或已过期", "the enrolment code is wrong, used or expired"),
            Self::Busy => ("服务器正忙，请稍后再试", "the hub is busy; try again later"),
            Self::TooMany => ("发送过于频繁，请过一分钟再试，记录都在本机", "too many requests; try again in a minute. Everything is kept here"),
        }
    }
}

impl From<RefusalCode> for Error {
    fn from(code: RefusalCode) -> Self {
        let (zh, en) = code.message();
        Self::new(ErrorKind::HubRefused, format!("{zh}（{}）", code.name()), format!("{en} ({})", code.name()))
    }
}
