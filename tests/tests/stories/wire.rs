//! Speaking the protocol by hand: requests as no gridwalk phone would make them.

use gridwalk_core::identity::{DeviceKey, SignedHead};
use gridwalk_core::ids::Actor;
use gridwalk_core::sync::protocol::{
    Actors, Bundle, Group, RefusalCode, RefusedRequest, SYNC_PATH, Sealed, SyncReply, SyncRequest, TenantCursor, VERSION, Verdict, WireChange, audiences_hash,
    decode, open_reply, pack, unpack,
};
use gridwalk_core::versions::DICTIONARY_VERSION;
use gridwalk_core::{Id, identity::cipher::sha256};
use gridwalk_tests::harness::Device;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::world::{World, text};

/// What a device knows of itself.
pub struct Hand {
    pub key: DeviceKey,
    pub cursor: TenantCursor,
    /// The dictionary's numbers that its bundles name.
    pub recorded: u32,
    pub written: u32,
}

/// A change for a bundle: document, generation, schema, body.
pub type Change = (Id, u32, u16, Vec<u8>);

static NONCE: AtomicU64 = AtomicU64::new(1);

impl Hand {
    /// The hand of an enrolled phone.
    pub fn of(device: &Device) -> Self {
        let phone = &device.phone;
        let key: [u8; 32] = phone.store().read(|c| Ok(c.query_row("SELECT device_key FROM state", [], |r| r.get(0))?)).unwrap();
        let number = |sql| text(phone, sql)[0].parse().unwrap();
        let list = text(phone, "SELECT value FROM tenants, json_each(audiences)");
        let cursor = TenantCursor {
            tenant: text(phone, "SELECT tenant FROM tenants").remove(0),
            epoch: number("SELECT epoch || '' FROM tenants"),
            number: number("SELECT number || '' FROM tenants"),
            audiences: audiences_hash(list.iter().map(String::as_str)),
            backfills: vec![],
            keys: None,
            wanted: vec![],
        };
        Self { key: DeviceKey::from_bytes(&key), cursor, recorded: DICTIONARY_VERSION, written: DICTIONARY_VERSION }
    }

    /// An actor of this device.
    pub fn actor(&self, n: u8) -> Actor {
        Actor::new(self.key.device(), [n, 250, 251, 252])
    }

    /// A signed bundle of groups of changes.
    pub fn bundle(&self, command: Id, groups: &[Vec<Change>]) -> Sealed {
        let mut actors = Actors::default();
        let groups: Vec<Group> = groups
            .iter()
            .map(|changes| Group {
                command: actors.wire(command),
                changes: changes
                    .iter()
                    .map(|(doc, generation, schema, body)| WireChange {
                        doc: actors.wire(*doc),
                        generation: *generation,
                        schema: *schema,
                        body: body.clone().into(),
                    })
                    .collect(),
            })
            .collect();
        let hashes: Vec<[u8; 32]> = groups.iter().flat_map(|g| &g.changes).map(|c| sha256(&c.body)).collect();
        let bundle = Bundle {
            device: self.key.device().0.into(),
            tenant: self.cursor.tenant.clone(),
            epoch: self.cursor.epoch,
            number: self.cursor.number,
            actors: actors.into_list(),
            groups,
            recorded: self.recorded,
            written: self.written,
        };
        bundle.seal(&hashes, &self.key)
    }

    /// A request with these bundles.
    pub fn request(&self, bundles: Vec<Sealed>) -> SyncRequest {
        SyncRequest { version: VERSION, schema: 100, max_bytes: 1 << 20, cursors: vec![self.cursor.clone()], bundles, carried: vec![] }
    }

    /// Sends a body, signed now.
    pub async fn send(&self, w: &World, body: &[u8]) -> Result<SyncReply, RefusalCode> {
        let head = self.head(w, body, 0);
        post(w, SYNC_PATH, &head, body).await.map(|bytes| {
            let plain = unpack(open_reply(&[w.hub.tenant.key.public()], &head.signature, &bytes).unwrap()).unwrap();
            decode(&plain, "reply").unwrap()
        })
    }

    /// The signature of a body, `offset` seconds beside the hub's time.
    pub fn head(&self, w: &World, body: &[u8], offset: i64) -> SignedHead {
        let mut nonce = [7; 9];
        nonce[..8].copy_from_slice(&NONCE.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        SignedHead::sign(&self.key, SYNC_PATH, body, w.hub.hub.now() + offset, nonce)
    }

    /// The verdicts on one bundle.
    pub async fn offer(&self, w: &World, command: Id, groups: &[Vec<Change>]) -> Vec<Verdict> {
        let body = pack(&self.request(vec![self.bundle(command, groups)])).unwrap();
        self.send(w, &body).await.unwrap().verdicts.remove(0)
    }
}

/// Posts over a connection of its own; the hub's answer or its refusal.
pub async fn post(w: &World, path: &str, head: &SignedHead, body: &[u8]) -> Result<Vec<u8>, RefusalCode> {
    let fields: String = head.fields().iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (status, bytes) = raw(w, path, &fields, body).await;
    if status == 200 { Ok(bytes) } else { Err(decode::<RefusedRequest>(&bytes, "refusal").unwrap().code) }
}

/// Posts with these header lines; status and body of the answer.
pub async fn raw(w: &World, path: &str, fields: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = tokio::net::TcpStream::connect(w.hub.address).await.unwrap();
    let start = format!("POST {path} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\ncontent-length: {}\r\n{fields}\r\n", body.len());
    stream.write_all(start.as_bytes()).await.unwrap();
    // A hub that refuses early may not read to the end.
    stream.write_all(body).await.ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or_else(|| panic!("no answer: {} bytes", answer.len()));
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), answer[end + 4..].to_vec())
}
