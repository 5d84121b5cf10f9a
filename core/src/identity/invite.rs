//! The enrolment link: what a phone needs to join a community, printed by the hub and carried by hand or as a QR code.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::cipher::PublicKey;
use crate::error::{Error, Result};

/// An enrolment link: `gridwalk://enrol?hub=…&tenant=…&role=…&audiences=…&code=…&key=…&spare=…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The hub's address, `https://…` (`http://` only within one machine, for tests).
    pub hub: String,
    /// The community.
    pub tenant: String,
    /// The role that is granted, as its stable name.
    pub role: String,
    /// What the device will read, for the person to see; the hub decides.
    pub audiences: Vec<String>,
    /// The one-time code.
    pub code: String,
    /// The community's public key, pinned by the phone: every answer is signed with it.
    pub key: PublicKey,
    /// A spare key of the community, kept apart, accepted when the first one is lost.
    pub spare: PublicKey,
}

impl fmt::Display for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "gridwalk://enrol?hub={}&tenant={}&role={}&audiences={}&code={}&key={}&spare={}",
            escape(&self.hub),
            escape(&self.tenant),
            escape(&self.role),
            escape(&self.audiences.join(",")),
            escape(&self.code),
            URL_SAFE_NO_PAD.encode(self.key.to_bytes()),
            URL_SAFE_NO_PAD.encode(self.spare.to_bytes()),
        )
    }
}

impl FromStr for Invite {
    type Err = Error;

    fn from_str(link: &str) -> Result<Self> {
        let bad = || Error::invalid("这不是有效的入网链接，请向社区重新索取", "this is not a valid enrolment link; ask the community for a new one");
        let query = link.trim().strip_prefix("gridwalk://enrol?").filter(|q| q.len() <= 4096).ok_or_else(bad)?;
        // What a camera read may be anyone's: each field once, of the form that a hub writes, nothing that a screen would draw
        // as something else.
        let field = |name: &str| -> Result<String> {
            let mut found = query.split('&').filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            let (Some(raw), None) = (found.next(), found.next()) else { return Err(bad()) };
            unescape(raw).filter(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_graphic())).ok_or_else(bad)
        };
        let plain = |name: &str, also: &str| -> Result<String> {
            let text = field(name)?;
            let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || also.contains(c);
            if text.len() <= 64 && text.chars().all(known) { Ok(text) } else { Err(bad()) }
        };
        let key = |name: &str| -> Result<PublicKey> {
            let bytes = URL_SAFE_NO_PAD.decode(field(name)?).map_err(|_| bad())?;
            PublicKey::from_bytes(&bytes).map_err(|_| bad())
        };
        let hub = field("hub")?;
        if !is_address(&hub) {
            return Err(bad());
        }
        Ok(Self {
            hub,
            tenant: plain("tenant", "-")?,
            role: plain("role", "_")?,
            audiences: field("audiences")?.split(',').map(str::to_owned).collect(),
            code: plain("code", "-_")?,
            key: key("key")?,
            spare: key("spare")?,
        })
    }
}

/// Whether this is where a hub can be: a host and perhaps a port and a path over TLS, with nothing before the host that makes it
/// look like another. Without TLS only this very machine, which is for tests.
fn is_address(hub: &str) -> bool {
    let (rest, tls) = match (hub.strip_prefix("https://"), hub.strip_prefix("http://")) {
        (Some(rest), _) => (rest, true),
        (None, Some(rest)) => (rest, false),
        (None, None) => return false,
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let clean = hub.len() <= 255 && !host.is_empty() && !hub.contains(['@', '?', '#', '\\']);
    clean && (tls || ["127.0.0.1", "localhost", "::1"].contains(&host))
}

/// Everything outside RFC 3986's unreserved characters, and the few that a query may carry as they are.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'/').remove(b',');

fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

fn unescape(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(|t| t.into_owned())
}
