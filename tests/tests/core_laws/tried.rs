//! What experiments with automerge taught: the naive way hides data, and gridwalk's way does not.

use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, ObjType, ROOT, ReadDoc};
use gridwalk_core::Id;
use gridwalk_core::documents::{Doc, Writer, change_body, change_from_body, genesis, is_genesis};
use gridwalk_core::kinds::{self, KINDS, SHIPPED};

use super::lab::{actor_of, id_of, stamp};
use gridwalk_tests::harness::MORNING;

/// The genesis of each kind, for ever: a changed hash would part every phone in the field from its data.
const GENESIS: [(u16, &str, &str); 20] = [
    (1, "place", "179e9ba4249e7b5698227d65b4ff75a23c41fd9a5a6f8103530fc6d935fb772f"),
    (2, "household", "9af3080a8e7b40f4d0f3123353290127a3f2a562c0c2c990bc48978c5f4e04f2"),
    (3, "visit", "017f761743b86cc6e8ca2137db96224b73473d25ab38f0133a7f1ed530804306"),
    (4, "person", "73d66faf772281f3a257d40f5b2ffc3eac3e9656b7336e27df6b55dcb861fd58"),
    (5, "report", "538b5a050c0c419425bb0d95c52a8460c14f459c578120d26b62f94f039b6b29"),
    (6, "activity", "bf2a0d7107e494d2797ac2f6d565742f76beea0369fb5e9b7a20634bf8c93982"),
    (7, "attendance", "67b92d033d79e0a18c3ec0fe21f05e812866faaec1dbd14584bfef55d957e43c"),
    (8, "settings", "ba06a34c79070267cba5e28e515ba382de305c933bbef120c4b75bbddedc67c6"),
    (9, "category_list", "0beffa8f1040c1eb5ecbc32d153dd452936c0ec70e76c4debe2564dadd002406"),
    (10, "circle", "46041f5d300102b135003864ea04ad91e7367ce352bd14d3c5b290f6260c5a8a"),
    (11, "health", "51e69c18823517a599b075d1417db487cc71d2a9b3c94e7372696085f707e38a"),
    (12, "minor", "e12d48b7c4ee508e03fdead62410a30d3eafea6031ca17e95a31c81034fb3e7a"),
    (13, "mediation", "eddab3104b0dd7211b5092a038be31d6153b88fde3810d48a5869710e27db0d8"),
    (14, "photo", "b62a32dea9374e46e06f55952fd115e36c541677cab15e27d254557e6ec007d5"),
    (15, "unit", "500496bfea0b9f6530a4d4a94f824bd17301594571aa897adda2dde7d2cc290a"),
    (20, "claim", "a5c062f3bbb7144c90da7c46f213cfec990c7385b6a85f748752b348efa69608"),
    (21, "goods", "e1d5eb189ee740310710f576fbbf9f75fc9dc3669bf722cf52059c5ceb3c2458"),
    (22, "movement", "ac26771a3629bf64991054a6c06b6fdf99852b97eddaddec9b72f352e3aba620"),
    (23, "paper", "5017018d3de07d609adecd167966297526215e7a2f1415e6d64a5057bda967c6"),
    (30, "demand", "c243b5013c4807f0b2321f3c9d2f4949dc10a7fd863939b4de9539ea3c228da1"),
];

#[test]
fn genesis_changes_never_change() {
    let known: Vec<(u16, &str, String)> = SHIPPED
        .iter()
        .flat_map(|k| k.versions.iter().map(|v| (v.number, k.name)))
        .map(|(n, name)| (n, name, genesis(n).unwrap().1.hash().to_string()))
        .collect();
    let mut sorted: Vec<(u16, &str, &str)> = known.iter().map(|(n, name, hash)| (*n, *name, hash.as_str())).collect();
    sorted.sort_unstable();
    assert_eq!(sorted, GENESIS, "a genesis change may only ever be added");
}

#[test]
fn genesis_changes_say_nothing_but_containers() {
    for kind in KINDS {
        for (n, version) in kind.versions.iter().enumerate() {
            let (of, change) = genesis(version.number).unwrap();
            assert_eq!(of.name, kind.name);
            assert!(change.deps().is_empty());
            assert_eq!((change.timestamp(), change.seq(), change.start_op().get()), (0, 1, 1), "{}", kind.name);
            assert_eq!(change.actor_id().to_bytes(), format!("{} v{}", kind.name, n + 1).as_bytes());
            assert_eq!(change.len(), version.containers.len());
            assert!(is_genesis(&change.hash()));
        }
        let doc = Doc::new(kind, 0).unwrap();
        assert_eq!(doc.heads(), Doc::new(kind, 7).unwrap().heads());
        assert_eq!(Some(doc.schema()), kind.versions.last().map(|v| v.number));
        let mut containers: Vec<&str> = kind.versions.iter().flat_map(|v| v.containers.iter().copied()).collect();
        containers.sort_unstable();
        assert_eq!(doc.tree().iter().map(|e| e.key.as_str()).collect::<Vec<_>>(), containers);
    }
    assert!(genesis(0).is_none() && genesis(u16::MAX).is_none());
    assert!(Doc::with_schema(u16::MAX, 0).is_err());
}

fn add(doc: &mut Doc, device: u8, container: &str, name: &str) -> Id {
    let id = id_of(device, 1);
    doc.write(actor_of(device), "p", &stamp(MORNING), |w: &mut Writer<'_>| {
        let container = w.at_path(&[container])?;
        let entry = w.new_map(&container, &id.to_string())?;
        w.put(&entry, "name", gridwalk_core::documents::Value::from(name))
    })
    .unwrap();
    id
}

fn merged(a: &Doc, b: &Doc) -> Doc {
    let (mut left, mut right) = (a.clone(), b.clone());
    left.take_chunk(&b.snapshot()).unwrap();
    right.take_chunk(&a.snapshot()).unwrap();
    assert_eq!(left.heads(), right.heads());
    assert_eq!(left.tree(), right.tree());
    left
}

#[test]
fn two_phones_that_make_the_same_document_offline_hide_nothing() {
    let kind = kinds::by_name("household").unwrap();
    let (mut a, mut b) = (Doc::new(kind, 0).unwrap(), Doc::new(kind, 0).unwrap());
    add(&mut a, 1, "residents", "甲");
    add(&mut b, 2, "residents", "乙");
    let names: Vec<String> = merged(&a, &b).tree().entries("residents").map(|(_, r)| r.text("name").to_owned()).collect();
    assert_eq!(names, ["甲", "乙"]);
}

#[test]
fn a_container_that_each_phone_makes_for_itself_would_hide() {
    // The contrast: the same two phones, with a map of their own making under the same key.
    let phone = |device: u8, name: &str| {
        let mut doc = Automerge::new().with_actor(ActorId::from(&actor_of(device).0[..]));
        let mut tx = doc.transaction();
        let residents = tx.put_object(ROOT, "residents", ObjType::Map).unwrap();
        tx.put(&residents, id_of(device, 1).to_string(), name).unwrap();
        tx.commit();
        doc
    };
    let (mut a, mut b) = (phone(1, "甲"), phone(2, "乙"));
    a.merge(&mut b).unwrap();
    let (_, residents) = a.get(ROOT, "residents").unwrap().unwrap();
    assert_eq!(a.length(&residents), 1, "if Automerge merged such maps now, the genesis changes could go");
}

#[test]
fn an_entry_made_twice_would_hide_edits_and_is_made_once() {
    let mut base = Automerge::new();
    let mut tx = base.transaction();
    tx.put_object(ROOT, "steps", ObjType::Map).unwrap();
    tx.commit();
    let edit = |device: u8, key: &str| {
        let mut doc = base.clone().with_actor(ActorId::from(&actor_of(device).0[..]));
        let (_, steps) = doc.get(ROOT, "steps").unwrap().unwrap();
        let mut tx = doc.transaction();
        let step = tx.put_object(&steps, "same", ObjType::Map).unwrap();
        tx.put(&step, key, "x").unwrap();
        tx.commit();
        doc
    };
    let (mut a, mut b) = (edit(1, "note"), edit(2, "kind"));
    a.merge(&mut b).unwrap();
    let (_, steps) = a.get(ROOT, "steps").unwrap().unwrap();
    let (_, step) = a.get(&steps, "same").unwrap().unwrap();
    assert_eq!(a.length(&step), 1, "one of the two edits is hidden");
    // Ids are an actor and a counter, so no two devices make one key; and making what is there again makes nothing.
    let mut doc = Doc::new(kinds::by_name("household").unwrap(), 0).unwrap();
    let id = add(&mut doc, 1, "residents", "甲");
    let heads = doc.heads();
    add(&mut doc, 1, "residents", "甲");
    assert_eq!(doc.heads(), heads);
    assert!(doc.tree().present("residents", &id.to_string()));
}

/// The genesis of a schema version that this app does not know, as a newer hub would tell it.
fn newer_genesis() -> Vec<u8> {
    let mut doc = Automerge::new().with_actor(ActorId::from(&b"household v2"[..]));
    let mut tx = doc.transaction();
    tx.put_object(ROOT, "pets", ObjType::Map).unwrap();
    tx.commit_with(automerge::transaction::CommitOptions::default().with_time(0));
    change_body(&doc.get_changes(&[]).pop().unwrap()).to_vec()
}

#[test]
fn two_phones_that_upgrade_the_same_document_offline_hide_nothing() {
    let kind = kinds::by_name("household").unwrap();
    let old = {
        let mut doc = Doc::new(kind, 0).unwrap();
        add(&mut doc, 3, "residents", "丙");
        doc
    };
    let upgraded = |device: u8, name: &str| {
        let mut doc = Doc::new(kind, 0).unwrap();
        doc.take_told_genesis(&newer_genesis()).unwrap();
        doc.take_chunk(&old.snapshot()).unwrap();
        add(&mut doc, device, "pets", name);
        doc
    };
    let (a, b) = (upgraded(1, "狗"), upgraded(2, "猫"));
    let both = merged(&a, &b);
    assert_eq!(both.tree().entries("pets").count(), 2);
    assert_eq!(both.tree().entries("residents").count(), 1);
    // A phone of the old version writes meanwhile; what it does not know stays.
    let mut behind = old.clone();
    add(&mut behind, 4, "residents", "丁");
    let all = merged(&both, &behind);
    assert_eq!((all.tree().entries("pets").count(), all.tree().entries("residents").count()), (2, 2));
    // A told genesis must look like one.
    let other = {
        let mut doc = Automerge::new().with_actor(ActorId::from(&actor_of(1).0[..]));
        let mut tx = doc.transaction();
        tx.put(ROOT, "address", "x").unwrap();
        tx.commit();
        change_body(&doc.get_changes(&[]).pop().unwrap()).to_vec()
    };
    assert!(Doc::new(kind, 0).unwrap().take_told_genesis(&other).is_err());
    assert!(Doc::new(kind, 0).unwrap().take_told_genesis(b"nonsense").is_err());
}

#[test]
fn equal_state_is_equal_heads_not_equal_bytes() {
    let kind = kinds::by_name("household").unwrap();
    let (mut a, mut b) = (Doc::new(kind, 0).unwrap(), Doc::new(kind, 0).unwrap());
    add(&mut a, 1, "residents", "甲");
    add(&mut b, 2, "residents", "乙");
    let (mut left, mut right) = (a.clone(), b.clone());
    left.take_chunk(&b.snapshot()).unwrap();
    right.take_chunk(&a.snapshot()).unwrap();
    assert_eq!((left.heads(), left.tree()), (right.heads(), right.tree()));
    assert_ne!(left.export(), right.export(), "save() lists changes in the order they came; nothing may compare its bytes");
}

#[test]
fn a_body_is_its_change_without_what_receivers_compute() {
    let mut doc = Doc::new(kinds::by_name("household").unwrap(), 0).unwrap();
    let (_, made) = doc.write(actor_of(1), "p", &stamp(MORNING), |w| w.settle(&ROOT, "address", &gridwalk_core::documents::Value::from("甲"))).unwrap();
    let made = made.unwrap();
    let change = change_from_body(&made.body).unwrap();
    assert_eq!((change.hash().0, change_body(&change)), (made.hash, &made.body[..]));
    assert_eq!((change.timestamp(), change.message()), (0, None), "who and when are fields of the facts");
}

#[test]
fn ids_are_an_actor_and_a_counter_with_one_spelling() {
    let id = id_of(1, 7);
    assert_eq!(id.to_string(), "AQEBAQEBAQEBAQEB.7");
    assert_eq!(id.to_string().parse::<Id>().unwrap(), id);
    assert!(id_of(1, 9) < id_of(1, 10) && id_of(1, 10) < id_of(2, 1));
    for bad in [
        "",
        ".",
        "AQEBAQEBAQEBAQEB",
        "AQEBAQEBAQEBAQEB.",
        "AQEBAQEBAQEBAQEB.0",
        "AQEBAQEBAQEBAQEB.07",
        "AQEBAQEBAQEBAQEB.+7",
        "AQEBAQEBAQEBAQEB.-7",
        "AQEBAQEBAQEBAQEB.9223372036854775808",
        "AQEBAQEBAQEBAQE=.7",
        "AQEBAQEBAQEBAQ.7",
        "AQEBAQEBAQEBAQEBAQ.7",
        " AQEBAQEBAQEBAQEB.7",
        "AQEBAQEBAQEBAQEB.7 ",
        "AQEBAQEBAQEBAQEB.７",
    ] {
        assert!(bad.parse::<Id>().is_err(), "{bad}");
    }
}
