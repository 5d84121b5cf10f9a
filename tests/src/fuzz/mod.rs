//! Every parser of bytes from outside, as a function that takes any bytes and must not panic, hang or eat memory. `fuzz/` runs
//! them under libFuzzer; the tests run them on the kept corpus and on mutations of it.

mod seeds;

pub use seeds::seeds;

use gridwalk_core::carriers::CarrierLink;
use gridwalk_core::documents::{Audience, Doc, Map, change_from_body};
use gridwalk_core::identity::DeviceKey;
use gridwalk_core::identity::{Invite, SignedHead};
use gridwalk_core::ids::{Actor, DeviceId};
use gridwalk_core::photos::{THUMBNAIL_BYTES, is_prepared, prepare};
use gridwalk_core::projection::project;
use gridwalk_core::rules::{Author, Grant, Role, judge};
use gridwalk_core::store::StoredDoc;
use gridwalk_core::sync::protocol::{
    Bundle, EnrolReply, EnrolRequest, Envelope, Judged, PhotosReply, PhotosRequest, Receipt, RefusedRequest, Sealed, SyncReply, compress, decode, open_reply,
    resolve, unpack,
};
use gridwalk_core::{Id, kinds};
use gridwalk_hub::import::mapping::Mapping;
use gridwalk_hub::import::read::read_bytes;
use gridwalk_hub::sync::Incoming;

/// A parser under test.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, which is also that of its corpus' folder.
    pub name: &'static str,
    /// What it does with any bytes.
    pub run: fn(&[u8]),
}

/// All parsers of bytes from outside.
pub const TARGETS: [Target; 16] = [
    Target { name: "request", run: request },
    Target { name: "reply", run: reply },
    Target { name: "sealed_reply", run: sealed_reply },
    Target { name: "bundle", run: bundle },
    Target { name: "enrol", run: enrol },
    Target { name: "refused", run: refused },
    Target { name: "invite", run: invite },
    Target { name: "head", run: head },
    Target { name: "change", run: change },
    Target { name: "snapshot", run: snapshot },
    Target { name: "base", run: base },
    Target { name: "ids", run: ids },
    Target { name: "import", run: import },
    Target { name: "carried", run: carried },
    Target { name: "photo", run: photo },
    Target { name: "photos_request", run: photos_request },
];

/// Under libFuzzer: its own hook ends the run at every panic, also at those of Automerge and of decoders that the core catches and
/// answers as malformed. One that nobody catches still ends the run, and `tests/fuzz.rs` says what it was, once its input is kept.
pub fn let_caught_panics_pass() {
    std::panic::set_hook(Box::new(|_| ()));
}

/// Runs the parser of this name.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|t| t.name == name).unwrap_or_else(|| panic!("there is no target {name}"));
    (target.run)(bytes);
}

/// Every genesis number there is.
fn schemas() -> impl Iterator<Item = u16> {
    kinds::KINDS.iter().flat_map(|k| k.versions.iter().map(|v| v.number))
}

/// A sync request: compressed by the fuzzer itself, or plain and compressed here, so that the fuzzer reaches what lies within.
fn request(bytes: &[u8]) {
    drop(Incoming::open(bytes));
    if let Ok(packed) = compress(bytes) {
        drop(Incoming::open(&packed));
    }
}

/// What a hub answers, once its signature was checked.
fn reply(bytes: &[u8]) {
    let Ok(reply) = decode::<SyncReply>(bytes, "reply") else { return };
    for tenant in &reply.tenants {
        for news in &tenant.documents {
            drop(resolve(&tenant.actors, news.doc));
            if let Ok(mut doc) = Doc::with_schema(news.schema, news.generation) {
                let taken = news.chunks.iter().try_for_each(|chunk| doc.take_chunk(chunk));
                if taken.is_ok() {
                    look(&doc);
                }
            }
        }
    }
}

/// A reply's envelope: signature, compression.
fn sealed_reply(bytes: &[u8]) {
    drop(open_reply(&[], &[7; 64], bytes).and_then(unpack));
    drop(unpack(bytes));
}

/// A bundle within a request.
fn bundle(bytes: &[u8]) {
    let Ok(bundle) = decode::<Bundle>(bytes, "bundle") else { return };
    for group in &bundle.groups {
        drop(bundle.id(group.command));
        for change in &group.changes {
            drop(bundle.id(change.doc));
        }
    }
    let hashes = vec![[0; 32]; bundle.groups.iter().map(|g| g.changes.len()).sum()];
    drop(bundle.statement(&hashes));
}

/// An enrolment, both ways.
fn enrol(bytes: &[u8]) {
    drop(decode::<EnrolRequest>(bytes, "enrolment"));
    drop(decode::<EnrolReply>(bytes, "enrolment"));
    drop(unpack(bytes).and_then(|plain| decode::<EnrolRequest>(&plain, "enrolment").map(drop)));
}

/// A refusal, or whatever a proxy says instead of one.
fn refused(bytes: &[u8]) {
    drop(decode::<RefusedRequest>(bytes, "refusal"));
}

/// An enrolment link, typed or scanned. What is a link reads the same when it is written again.
fn invite(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(invite) = text.parse::<Invite>() {
        let again = invite.to_string();
        assert_eq!(again.parse::<Invite>().ok(), Some(invite), "{again}");
    }
}

/// The header fields of a request: a line each.
fn head(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    if let Ok(head) = SignedHead::parse(field) {
        // One request has one spelling.
        for (name, value) in head.fields() {
            assert_eq!(field(name), Some(value.as_str()));
        }
    }
}

/// One change, to a document of each kind: what may be applied is judged and read.
fn change(bytes: &[u8]) {
    let Ok(change) = change_from_body(bytes) else { return };
    let author = Author {
        device: DeviceId([1; 8]),
        devices: vec![DeviceId([1; 8])],
        person: Id { actor: Actor([1; 12]), counter: 1 },
        grants: vec![Grant { role: Role::Cadre, scope: Audience::Community }],
    };
    for schema in schemas() {
        let Ok(empty) = Doc::empty(schema) else { continue };
        let first = Map::of_first(empty, &change);
        if empty.obstacle(&change).is_some() {
            assert!(first.is_none());
            continue;
        }
        let with = empty.with(change.clone());
        if let Some(first) = first {
            assert!(with.as_ref().is_ok_and(|doc| **doc.tree() == first), "read otherwise than by Automerge");
        }
        if let Ok(doc) = with {
            look(&doc);
            let id = Id { actor: Actor([1; 12]), counter: 2 };
            judge(id, None, &doc, &change, &[Audience::Desk], &author).ok();
            judge(id, Some(empty), &doc, &change, &[Audience::Desk], &author).ok();
        }
    }
}

/// A document as it is stored or sent whole.
fn snapshot(bytes: &[u8]) {
    for schema in schemas() {
        let Ok(mut doc) = Doc::with_schema(schema, 0) else { continue };
        if doc.take_chunk(bytes).is_ok() {
            look(&doc);
        }
    }
}

/// What a phone keeps of a document: chunks with their lengths.
fn base(bytes: &[u8]) {
    let Ok(connection) = rusqlite::Connection::open_in_memory() else { return };
    for schema in schemas() {
        let stored = StoredDoc { base: bytes.to_vec(), ..StoredDoc::new("t", schema, 0) };
        if let Ok(Some(doc)) = stored.hub_state(&connection) {
            look(&doc);
        }
    }
}

/// Everything that reads a document's state.
fn look(doc: &Doc) {
    let tree = doc.tree();
    drop(tree.to_json());
    drop(tree.conflicts());
    drop(project(doc.kind(), tree));
    let id = Id { actor: Actor([1; 12]), counter: 1 };
    drop((doc.kind().audiences)(tree, id));
    drop(doc.snapshot());
}

/// Ids, devices, audiences, roles as text. One thing has one spelling.
fn ids(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(id) = text.parse::<Id>() {
        assert_eq!(id.to_string(), text);
    }
    if let Ok(device) = text.parse::<DeviceId>() {
        assert_eq!(device.to_string(), text);
    }
    if let Ok(audience) = text.parse::<Audience>() {
        assert_eq!(audience.to_string().parse::<Audience>().ok(), Some(audience));
    }
    if let Ok(role) = text.parse::<Role>() {
        assert_eq!(role.to_string(), text);
    }
}

/// A file to import: of JSON lines, or a table as text or workbook; and a mapping, from the same bytes.
fn import(bytes: &[u8]) {
    let now = 1_772_380_800;
    let none = Mapping::default();
    for file in ["a.jsonl", "a.csv", "a.xlsx"] {
        drop(read_bytes(file.to_owned(), bytes, &none, now));
    }
    if let Some(mapping) = std::str::from_utf8(bytes).ok().and_then(|json| Mapping::from_json(json).ok()) {
        drop(read_bytes("a.csv".to_owned(), bytes, &mapping, now));
    }
}

/// What a file or another phone hands over to be carried, what lies closed in it, and the link of a listening phone.
fn carried(bytes: &[u8]) {
    let key = DeviceKey::from_bytes(&[7; 32]);
    if let Ok(envelope) = Envelope::read(bytes) {
        drop(envelope.open(&key));
    }
    if let Ok(receipt) = Receipt::read(bytes) {
        assert!(!receipt.is_signed_by(&[DeviceKey::from_bytes(&[8; 32]).public()]));
        drop(receipt.open(&key));
    }
    drop(decode::<Sealed>(bytes, "envelope"));
    drop(decode::<Judged>(bytes, "receipt"));
    if let Some(link) = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<CarrierLink>().ok()) {
        assert_eq!(link.to_string().parse::<CarrierLink>().ok(), Some(link));
    }
}

/// A picture from a camera, a gallery or a sender. What the pipeline makes of it is what hubs and phones take.
fn photo(bytes: &[u8]) {
    is_prepared(bytes, None);
    if let Ok(photo) = prepare(bytes) {
        assert!(is_prepared(&photo.original, Some((photo.width, photo.height))));
        assert!(is_prepared(&photo.thumbnail, None) && photo.thumbnail.len() <= THUMBNAIL_BYTES);
    }
}

/// Pieces of photos, both ways.
fn photos_request(bytes: &[u8]) {
    drop(PhotosRequest::open(bytes));
    drop(decode::<PhotosReply>(bytes, "photos"));
}
