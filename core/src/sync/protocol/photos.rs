//! The words of `POST /v1/photos`: pieces of files, up and down. Pictures do not get smaller: bodies are plain CBOR.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::decode;
use crate::error::{Error, Result};

/// The path that is signed for photos.
pub const PHOTOS_PATH: &str = "/v1/photos";
/// The largest body of a request or reply about photos, in bytes.
pub const MAX_PHOTOS_BODY: usize = 2 << 20;
/// The most asks of one request.
pub const MAX_PHOTO_ASKS: usize = 256;

/// Sends and asks for files of one community's photos.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct PhotosRequest {
    /// [`super::VERSION`].
    #[n(0)]
    pub version: u16,
    /// The community.
    #[n(1)]
    pub tenant: String,
    /// What is sent and asked for.
    #[n(2)]
    pub asks: Vec<PhotoAsk>,
}

/// One file, in part or whole.
#[derive(Debug, Clone, Encode, Decode)]
#[cbor(array)]
pub struct PhotoAsk {
    /// The photo's document: it names the file, and decides who may send and see it.
    #[n(0)]
    pub doc: String,
    /// Which of its files.
    #[n(1)]
    pub file: WireFile,
    /// Up or down.
    #[n(2)]
    pub verb: PhotoVerb,
    /// Where in the file the bytes begin.
    #[n(3)]
    pub offset: u32,
    /// Down: at most so many bytes.
    #[n(4)]
    pub length: u32,
    /// Up: the bytes; none asks only how much the hub has.
    #[n(5)]
    pub bytes: ByteVec,
}

/// Which of a photo's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum WireFile {
    /// The small one.
    #[n(0)]
    Thumbnail,
    /// The picture.
    #[n(1)]
    Original,
}

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum PhotoVerb {
    /// Here are bytes.
    #[n(0)]
    Put,
    /// Give me bytes.
    #[n(1)]
    Get,
}

/// The answer to a [`PhotosRequest`].
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct PhotosReply {
    /// The hub's time, in seconds since the Unix epoch (UTC).
    #[n(0)]
    pub hub_time: i64,
    /// An answer to each ask, in order.
    #[n(1)]
    pub answers: Vec<PhotoAnswer>,
}

/// The answer to one ask.
#[derive(Debug, Clone, Encode, Decode)]
#[cbor(array)]
pub struct PhotoAnswer {
    /// How it stands with the file.
    #[n(0)]
    pub word: PhotoWord,
    /// Up: how many bytes from its beginning the hub has. Down: its size.
    #[n(1)]
    pub held: u32,
    /// Down: the bytes asked for, or fewer where the reply is full.
    #[n(2)]
    pub bytes: ByteVec,
}

/// How it stands with a file at the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum PhotoWord {
    /// Some of it is there, or none.
    #[n(0)]
    Part,
    /// All of it is there.
    #[n(1)]
    Whole,
    /// No such photo for this device: not there yet, taken back, or not its to see.
    #[n(2)]
    Unknown,
    /// What came is not what the document names; it was thrown away. Begin again.
    #[n(3)]
    WrongHash,
    /// What came is not what the photo pipeline makes; it was thrown away.
    #[n(4)]
    NotAPhoto,
}

impl PhotosRequest {
    /// Reads a request's body.
    pub fn open(body: &[u8]) -> Result<Self> {
        let request: Self = decode(body, "photos")?;
        if request.asks.len() > MAX_PHOTO_ASKS { Err(Error::malformed("photos")) } else { Ok(request) }
    }
}
