//! Identifiers. Every id in gridwalk is an actor and a counter: unique without asking anyone, and close to its neighbours,
//! so a day's ids compress to a few bytes each.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{Error, Result};

/// One writer: 8 bytes of a device's key hash and 4 random bytes. A device has one actor at a time, for all its documents.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Actor(pub [u8; 12]);

impl Actor {
    /// The actor of `device` with these random bytes.
    pub fn new(device: DeviceId, random: [u8; 4]) -> Self {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&device.0);
        bytes[8..].copy_from_slice(&random);
        Self(bytes)
    }

    /// The actor that made `change`, if it is one of gridwalk's.
    pub fn of(change: &automerge::Change) -> Option<Self> {
        change.actor_id().to_bytes().try_into().ok().map(Self)
    }

    /// The device this actor belongs to.
    pub fn device(self) -> DeviceId {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.0[..8]);
        DeviceId(bytes)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The first 8 bytes of the SHA-256 of a device's public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub [u8; 8]);

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for DeviceId {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        let mut bytes = [0; 8];
        // One id has one spelling.
        if s.len() != 16 || !s.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(Error::malformed("device id"));
        }
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&s[i * 2..i * 2 + 2], 16).map_err(|_| Error::malformed("device id"))?;
        }
        Ok(Self(bytes))
    }
}

/// The highest counter: 2⁴⁰ − 1, more than an actor counts in centuries. Stores build on it.
pub const MAX_COUNTER: u64 = (1 << 40) - 1;

/// The id of a document, of an entry in one, or of a command. Written `<actor in base64url>.<counter>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// Who made it.
    pub actor: Actor,
    /// The how-manieth id of that actor, from 1.
    pub counter: u64,
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.actor, self.counter)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Id {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        let bad = || Error::invalid("编号格式不正确", "not a valid id");
        let (actor, counter) = s.split_once('.').ok_or_else(bad)?;
        let actor: [u8; 12] = URL_SAFE_NO_PAD.decode(actor).ok().and_then(|b| b.try_into().ok()).ok_or_else(bad)?;
        let number: u64 = counter.parse().map_err(|_| bad())?;
        // One id has one spelling: "+5" and "05" are not 5.
        if number == 0 || number > MAX_COUNTER || counter != number.to_string() {
            return Err(bad());
        }
        Ok(Self { actor: Actor(actor), counter: number })
    }
}

impl serde::Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(|_| serde::de::Error::custom("not a valid id"))
    }
}

impl rusqlite::ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl rusqlite::types::FromSql for Id {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        value.as_str()?.parse().map_err(|e| rusqlite::types::FromSqlError::Other(Box::new(e)))
    }
}

/// Every id that stands in `value`: what a command needs when it runs.
pub fn ids_in(value: &serde_json::Value, found: &mut Vec<Id>) {
    match value {
        serde_json::Value::String(text) => found.extend(text.parse::<Id>().ok()),
        serde_json::Value::Array(all) => all.iter().for_each(|v| ids_in(v, found)),
        serde_json::Value::Object(all) => all.values().for_each(|v| ids_in(v, found)),
        _ => {}
    }
}
