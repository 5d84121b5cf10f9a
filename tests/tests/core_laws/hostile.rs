//! Bytes from outside: whatever they are, nothing panics, and a document that refused them is the document it was.

use std::num::NonZeroU64;
use std::sync::{Arc, OnceLock};

use automerge::transaction::Transactable;
use automerge::{ActorId, Change, ROOT};
use gridwalk_core::documents::{Audience, Doc, MAX_CHANGE_BYTES, Map, Obstacle, Value, change_body, change_from_body};
use gridwalk_core::error::ErrorKind;
use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::ids::Actor;
use gridwalk_core::kinds;
use gridwalk_core::projection::project;
use gridwalk_core::rules::{Author, Grant, Role, judge_change};
use gridwalk_tests::harness::MORNING;
use proptest::prelude::*;

use super::lab::{actor_of, cases, id_of, stamp};

/// A household with a history, and a change that follows it.
fn sample() -> &'static (Doc, Vec<Vec<u8>>) {
    static SAMPLE: OnceLock<(Doc, Vec<Vec<u8>>)> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let mut doc = Doc::new(kinds::by_name("household").unwrap(), 0).unwrap();
        let write = |doc: &mut Doc, device: u8, resident: u64, text: &str| {
            let made = doc.write(actor_of(device), "p", &stamp(MORNING), |w| {
                let container = w.at_path(&["residents"])?;
                let entry = w.new_map(&container, &id_of(device, resident).to_string())?;
                w.put(&entry, "name", Value::from(text))?;
                w.update(&entry, "tag:低保", &true.into())?;
                w.update(&ROOT, "address", &text.into())
            });
            made.unwrap().1.unwrap().body
        };
        write(&mut doc, 1, 1, "五堰路1号");
        write(&mut doc, 2, 1, "五堰路2号");
        let next =
            [(1, 2, "五堰路3号"), (3, 1, "五堰路4号"), (2, 1, "五堰路5号")].map(|(device, resident, text)| write(&mut doc.clone(), device, resident, text));
        (doc, next.to_vec())
    })
}

/// The first change of a household with a resident.
fn first_change() -> &'static [u8] {
    static FIRST: OnceLock<Vec<u8>> = OnceLock::new();
    FIRST.get_or_init(|| {
        let mut doc = Doc::new(kinds::by_name("household").unwrap(), 0).unwrap();
        let made = doc.write(actor_of(1), "p", &stamp(MORNING), |w| {
            w.put(&ROOT, "address", Value::from("五堰路1号"))?;
            w.put(&ROOT, "lat", Value::from(32_650_000))?;
            let container = w.at_path(&["residents"])?;
            let entry = w.new_map(&container, &id_of(1, 1).to_string())?;
            w.put(&entry, "name", Value::from("王桂兰"))?;
            w.update(&entry, "tag:低保", &true.into())?;
            w.stamp(&entry)
        });
        made.unwrap().1.unwrap().body
    })
}

fn alive(doc: &mut Doc) {
    doc.tree();
    project(doc.kind(), doc.tree());
    let written = doc.write(actor_of(8), "p", &stamp(MORNING), |w| w.settle(&ROOT, "tenure", &"租住".into()));
    assert!(written.unwrap().1.is_some());
    assert_eq!(doc.tree().text("tenure"), "租住");
    let mut again = Doc::with_schema(doc.schema(), 0).unwrap();
    again.take_chunk(&doc.snapshot()).unwrap();
    assert_eq!(again.heads(), doc.heads());
}

/// Gives `chunk` to the sample document: it is taken, or the document stays what it was.
fn give(chunk: &[u8]) {
    let mut doc = sample().0.clone();
    let before = (doc.heads(), doc.tree().clone(), doc.snapshot());
    match doc.take_chunk(chunk) {
        Ok(()) => drop(project(doc.kind(), doc.tree())),
        Err(e) => {
            assert_eq!(e.kind(), ErrorKind::Malformed);
            assert_eq!((doc.heads(), doc.tree().clone(), doc.snapshot()), before);
            alive(&mut doc);
        }
    }
}

/// What the rules let pass is sound: documents with it go on, and their snapshots load.
fn judge_anything(body: &[u8]) {
    let Ok(change) = change_from_body(body) else { return };
    let Some(device) = Actor::of(&change).map(Actor::device) else { return };
    let mut doc = sample().0.clone();
    if doc.obstacle(&change).is_some() || doc.has(&change.hash()) {
        return;
    }
    for role in [Role::Hub, Role::Cadre] {
        let author = Author { device, devices: vec![device], person: id_of(1, 1), grants: vec![Grant { role, scope: Audience::Community }] };
        if judge_change(&doc, &change, &[Audience::Desk], &author).is_ok() && doc.take_change(change.clone()).is_ok() {
            alive(&mut doc);
            return;
        }
    }
}

/// The same bytes with a checksum that fits, so that more than the checksum is tried.
fn sealed(mut snapshot: Vec<u8>) -> Vec<u8> {
    if snapshot.len() > 8 {
        let sum = sha256(&snapshot[8..]);
        snapshot[4..8].copy_from_slice(&sum[..4]);
    }
    snapshot
}

#[derive(Debug, Clone)]
enum Damage {
    Cut(prop::sample::Index),
    Flip(prop::sample::Index, u8),
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let one = prop_oneof![
        1 => any::<prop::sample::Index>().prop_map(Damage::Cut),
        4 => (any::<prop::sample::Index>(), 0u8..8).prop_map(|(i, b)| Damage::Flip(i, b)),
        3 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(i, b)| Damage::Set(i, b)),
        1 => (any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 1..5)).prop_map(|(i, b)| Damage::Insert(i, b)),
    ];
    prop::collection::vec(one, 1..4)
}

fn damaged(bytes: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        match damage {
            Damage::Cut(i) => bytes.truncate(i.index(bytes.len())),
            Damage::Flip(i, bit) => {
                let at = i.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
            Damage::Set(i, byte) => {
                let at = i.index(bytes.len());
                bytes[at] = *byte;
            }
            Damage::Insert(i, more) => {
                let at = i.index(bytes.len());
                bytes.splice(at..at, more.iter().copied());
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn random_bytes_are_no_change_and_no_snapshot(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        give(&bytes);
        judge_anything(&bytes);
        give(&sealed([&[0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0], &bytes[..]].concat()));
    }

    #[test]
    fn damaged_changes_leave_the_document_alone(which in 0usize..3, damages in damage()) {
        let body = damaged(&sample().1[which], &damages);
        give(&body);
        judge_anything(&body);
    }

    /// What is read of a document's first change without Automerge is what Automerge reads, or left to it.
    #[test]
    fn damaged_first_changes_are_read_as_automerge_reads_them(damages in damage()) {
        if let Ok(change) = change_from_body(&damaged(first_change(), &damages)) {
            let empty = Doc::empty(sample().0.schema()).unwrap();
            if let Some(first) = Map::of_first(empty, &change) {
                prop_assert_eq!(Arc::new(first), empty.with(change).unwrap().tree().clone());
            }
        }
    }

    #[test]
    fn damaged_snapshots_leave_the_document_alone(damages in damage(), fits in any::<bool>()) {
        let mut ahead = sample().0.clone();
        sample().1.iter().for_each(|body| drop(ahead.take_chunk(body)));
        let bytes = damaged(&ahead.snapshot(), &damages);
        give(&if fits { sealed(bytes) } else { bytes });
    }
}

#[test]
fn every_cut_of_a_change_and_of_a_snapshot_is_refused() {
    let (doc, next) = sample();
    for body in next {
        for length in 0..body.len() {
            assert!(doc.clone().take_chunk(&body[..length]).is_err(), "{length}");
        }
    }
    let snapshot = doc.snapshot();
    for length in 0..snapshot.len() {
        assert!(Doc::with_schema(doc.schema(), 0).unwrap().take_chunk(&snapshot[..length]).is_err(), "{length}");
    }
}

fn rewritten(f: impl FnOnce(&mut automerge::ExpandedChange)) -> Change {
    let mut expanded = change_from_body(&sample().1[0]).unwrap().decode();
    f(&mut expanded);
    expanded.hash = None;
    Change::from(expanded)
}

#[test]
fn what_contradicts_itself_is_an_obstacle_and_not_a_panic() {
    let (doc, next) = sample();
    next.iter().for_each(|body| judge_anything(body));
    let good = change_from_body(&next[0]).unwrap();
    assert_eq!(doc.obstacle(&good), None);
    assert_eq!(doc.obstacle(&rewritten(|_| {})), None);
    let cases: Vec<(&str, Change, Obstacle)> = vec![
        ("a gap in the actor's numbers", rewritten(|c| c.seq += 1), Obstacle::Hostile),
        ("a large gap", rewritten(|c| c.seq = u64::from(u32::MAX)), Obstacle::Hostile),
        ("a number used before", rewritten(|c| c.seq = 1), Obstacle::ActorReused),
        ("operations near 2³²", rewritten(|c| c.start_op = NonZeroU64::new(u64::from(u32::MAX) - 1).unwrap()), Obstacle::Hostile),
        ("operations beyond 2³²", rewritten(|c| c.start_op = NonZeroU64::new(1 << 40).unwrap()), Obstacle::Hostile),
        ("operations that go back", rewritten(|c| c.start_op = NonZeroU64::new(1).unwrap()), Obstacle::Hostile),
        ("a dependency nobody has", rewritten(|c| c.deps.push(automerge::ChangeHash([7; 32]))), Obstacle::MissingDependency),
        ("no dependency at all", rewritten(|c| c.deps.clear()), Obstacle::Hostile),
        ("too large", rewritten(|c| c.message = Some("x".repeat(MAX_CHANGE_BYTES))), Obstacle::Hostile),
    ];
    for (what, change, obstacle) in cases {
        assert_eq!(doc.obstacle(&change), Some(obstacle), "{what}");
        let mut fresh = doc.clone();
        let error = fresh.take_change(change).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{what}");
        assert!(std::error::Error::source(&error).is_some_and(|s| s.downcast_ref::<Obstacle>() == Some(&obstacle)), "{what}");
        assert_eq!(fresh.heads(), doc.heads(), "{what}");
        alive(&mut fresh);
    }
    // Numbers of an actor that was never here begin at 1.
    let mut stranger = change_from_body(&next[1]).unwrap().decode();
    stranger.seq = 2;
    assert_eq!(doc.obstacle(&Change::from(stranger)), Some(Obstacle::Hostile));
    for obstacle in [Obstacle::MissingDependency, Obstacle::ActorReused, Obstacle::Hostile] {
        assert!(!obstacle.to_string().is_empty());
    }
}

#[test]
fn a_later_change_without_the_one_before_waits() {
    let (doc, _) = sample();
    let mut ahead = doc.clone();
    let mut write = |text: &str| ahead.write(actor_of(1), "p", &stamp(MORNING), |w| w.update(&ROOT, "address", &text.into())).unwrap().1.unwrap().body;
    let (first, second) = (write("一"), write("二"));
    let mut behind = doc.clone();
    assert_eq!(behind.obstacle(&change_from_body(&second).unwrap()), Some(Obstacle::MissingDependency));
    behind.take_chunk(&first).unwrap();
    behind.take_chunk(&second).unwrap();
    // Once more is nothing new.
    behind.take_chunk(&first).unwrap();
    assert_eq!(behind.tree().text("address"), "二");
}

#[test]
fn operations_on_what_is_not_there_leave_the_document_alone() {
    let (doc, _) = sample();
    let stranger = ActorId::from(&actor_of(7).0[..]);
    for (object, pred) in [(true, false), (false, true), (true, true)] {
        let change = rewritten(|c| {
            for op in &mut c.operations {
                if object {
                    op.obj = automerge::legacy::ObjectId::Id(automerge::legacy::OpId::new(99, &stranger));
                }
                if pred {
                    op.pred = vec![automerge::legacy::OpId::new(98, &stranger)].into_iter().collect();
                }
            }
        });
        give(change_body(&change));
        judge_anything(change_body(&change));
    }
    doc.tree();
}

#[test]
fn deep_nesting_ends() {
    let mut am = sample().0.automerge().clone().with_actor(ActorId::from(&actor_of(1).0[..]));
    let mut tx = am.transaction();
    let mut object = ROOT;
    for _ in 0..2_000 {
        object = tx.put_object(&object, "x", automerge::ObjType::Map).unwrap();
    }
    tx.commit();
    let body = change_body(&am.get_last_local_change().unwrap()).to_vec();
    give(&body);
    judge_anything(&body);
}
