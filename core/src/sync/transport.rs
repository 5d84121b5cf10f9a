//! The seam to the network: a signed request, whoever carries it, and what comes back.

use std::future::Future;

use super::protocol::RefusedRequest;
use crate::error::Result;
use crate::identity::SignedHead;

/// A request as it travels.
#[derive(Debug)]
pub struct SignedRequest {
    /// The hub's address.
    pub hub: String,
    /// The path.
    pub path: &'static str,
    /// The signature's header fields.
    pub head: SignedHead,
    /// The body.
    pub body: Vec<u8>,
}

impl AsRef<Self> for SignedRequest {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// What came back for one request.
#[derive(Debug)]
pub enum Answer {
    /// The reply's bytes, signed by the community.
    Reply(Vec<u8>),
    /// A refusal in the protocol's words.
    Refused(RefusedRequest),
}

/// Carries a request to a hub and its answer back. An error means that nobody knows whether it arrived.
pub trait Transport {
    /// Posts a request's body under its path, with the signature's header fields.
    fn post(&self, request: &SignedRequest) -> impl Future<Output = Result<Answer>> + Send;
}
