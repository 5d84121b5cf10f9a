//! Signed requests after RFC 9421 (HTTP Message Signatures) with RFC 9530 content digests: one label `g`, covering method,
//! path and digest, with `created`, `nonce` and `keyid`. A request proves its device by itself; there is no session to open.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::cipher::{DeviceKey, PublicKey, SignatureBytes, sha256};
use crate::error::{Error, Result};
use crate::ids::DeviceId;

/// A request whose `created` is further than this from the hub's time is refused as `clock`.
pub const CLOCK_TOLERANCE_SECONDS: i64 = 600;

/// The three header fields that sign a request, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// When the request was signed, in seconds since the Unix epoch (UTC).
    pub created: i64,
    /// Random text, used once.
    pub nonce: String,
    /// The signing device.
    pub device: DeviceId,
    /// The signature itself.
    pub signature: SignatureBytes,
    digest: [u8; 32],
}

impl SignedHead {
    /// Signs a POST of `body` to `path`.
    pub fn sign(key: &DeviceKey, path: &str, body: &[u8], created: i64, nonce: [u8; 9]) -> Self {
        let mut head = Self { created, nonce: STANDARD.encode(nonce), device: key.device(), signature: [0; 64], digest: sha256(body) };
        head.signature = key.sign(head.base(path).as_bytes());
        head
    }

    /// The header fields, by name.
    pub fn fields(&self) -> [(&'static str, String); 3] {
        [
            ("content-digest", self.content_digest()),
            ("signature-input", format!("g={}", self.parameters())),
            ("signature", format!("g=:{}:", STANDARD.encode(self.signature))),
        ]
    }

    /// Reads the header fields with `field` (lower-case name to value).
    pub fn parse<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Self> {
        let bad = || Error::malformed("signature");
        let bytes = |name: &str, prefix: &str| {
            let value = field(name)?.strip_prefix(prefix)?.strip_suffix(':')?;
            STANDARD.decode(value).ok()
        };
        let digest = bytes("content-digest", "sha-256=:").and_then(|b| b.try_into().ok()).ok_or_else(bad)?;
        let signature = bytes("signature", "g=:").and_then(|b| b.try_into().ok()).ok_or_else(bad)?;
        let input = field("signature-input").ok_or_else(bad)?;
        let parameter = |name: &str| input.split(';').find_map(|p| p.strip_prefix(name)?.strip_prefix('='));
        let quoted = |name: &str| parameter(name).and_then(|v| v.strip_prefix('"')?.strip_suffix('"'));
        let created = parameter("created").and_then(|v| v.parse().ok()).ok_or_else(bad)?;
        let nonce = quoted("nonce").filter(|n| n.len() <= 64).ok_or_else(bad)?.to_owned();
        let device = quoted("keyid").and_then(|v| v.parse().ok()).ok_or_else(bad)?;
        let head = Self { created, nonce, device, signature, digest };
        // Only our own form is spoken: what we would have written must be what came.
        if input == format!("g={}", head.parameters()) { Ok(head) } else { Err(bad()) }
    }

    /// Whether `key` signed this head and `body` is the body that was signed.
    pub fn verifies(&self, key: &PublicKey, path: &str, body: &[u8]) -> bool {
        key.device() == self.device && self.digest == sha256(body) && key.verifies(self.base(path).as_bytes(), &self.signature)
    }

    fn content_digest(&self) -> String {
        format!("sha-256=:{}:", STANDARD.encode(self.digest))
    }

    fn parameters(&self) -> String {
        format!(r#"("@method" "@path" "content-digest");created={};nonce="{}";keyid="{}""#, self.created, self.nonce, self.device)
    }

    fn base(&self, path: &str) -> String {
        format!("\"@method\": POST\n\"@path\": {path}\n\"content-digest\": {}\n\"@signature-params\": {}", self.content_digest(), self.parameters())
    }
}
