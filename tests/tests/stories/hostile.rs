//! Hostile changes, signed correctly by an enrolled device: none panics, none is taken, and work on the same documents goes on.

use automerge::legacy::{Key, ObjectId, Op, OpType, SortedVec};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, Change, ExpandedChange, ObjType, ROOT, ReadDoc, ScalarValue};
use gridwalk_core::Id;
use gridwalk_core::documents::{MAX_CHANGE_BYTES, change_body, genesis};
use gridwalk_core::ids::Actor;
use gridwalk_core::store::load;
use gridwalk_core::sync::protocol::VerdictCode;

use crate::wire::{Change as Sent, Hand};
use crate::world::{World, first_resident, household, notes, person, visit};

/// One attack: its name, the document, the change's generation, schema and body, and the word it must get.
struct Attack {
    name: &'static str,
    change: Sent,
    word: VerdictCode,
}

/// A change that `f` makes to `doc` as `actor`.
pub fn made(doc: &Automerge, actor: Actor, f: impl FnOnce(&mut automerge::transaction::Transaction<'_>)) -> Change {
    let mut doc = doc.clone();
    doc.set_actor(ActorId::from(&actor.0[..]));
    let before = doc.get_heads();
    let mut tx = doc.transaction();
    f(&mut tx);
    tx.commit_with(CommitOptions::default().with_time(0));
    doc.get_changes(&before).pop().unwrap()
}

/// The same change with something about it rewritten.
fn bent(change: &Change, f: impl FnOnce(&mut ExpandedChange)) -> Vec<u8> {
    let mut expanded = change.decode();
    expanded.hash = None;
    f(&mut expanded);
    change_body(&Change::from(expanded)).to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_is_taken_and_the_documents_stay_usable() {
    let w = World::start(70, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    let home = w.households[0];
    let far = w.households[2];
    let resident = first_resident(&a.phone, home).to_string();
    let hand = Hand::of(&a);
    let me = person(&a).to_string();
    let doc = a.phone.store().read(|c| load(c, home)).unwrap().unwrap().automerge().clone();
    let other_doc = a.phone.store().read(|c| load(c, w.households[1])).unwrap().unwrap().automerge().clone();
    let far_doc = w.desk.phone.store().read(|c| load(c, far)).unwrap().unwrap().automerge().clone();
    let mut n = 0;
    // Each attack has an actor of its own, so that none stands in another's way.
    let mut actor = || {
        n += 1;
        hand.actor(n)
    };
    let field = |tx: &mut automerge::transaction::Transaction<'_>, key: &str, value: &str, by: &str| {
        let map = tx.put_object(ROOT, key, ObjType::Map).unwrap();
        tx.put(&map, "value", value).unwrap();
        tx.put(&map, "by", by).unwrap();
        tx.put(&map, "at", 1_i64).unwrap();
    };
    let good = |actor: Actor, tenure: &str| made(&doc, actor, |tx| field(tx, "tenure", tenure, &me));
    let residents = |tx: &automerge::transaction::Transaction<'_>| tx.get(ROOT, "residents").unwrap().unwrap().1;
    let plain = |change: &Change| change_body(change).to_vec();
    let mut attacks = Vec::new();
    let mut add = |name: &'static str, body: Vec<u8>, word: VerdictCode| attacks.push(Attack { name, change: (home, 0, 2, body), word });

    add("a gap in the numbers", bent(&good(actor(), "一"), |e| e.seq = 3), VerdictCode::Refused);
    add("number 0", bent(&good(actor(), "一"), |e| e.seq = 0), VerdictCode::ActorReused);
    for start in [1, 5_000, u64::from(u32::MAX) - 2, u64::from(u32::MAX)] {
        add("a start_op of its own", bent(&good(actor(), "一"), |e| e.start_op = start.try_into().unwrap()), VerdictCode::Refused);
    }
    let nowhere = automerge::ChangeHash([9; 32]);
    add("a dependency that is nowhere", bent(&good(actor(), "一"), |e| e.deps = vec![nowhere]), VerdictCode::Missing);
    add("no dependency", bent(&good(actor(), "一"), |e| e.deps = vec![]), VerdictCode::Refused);
    add("a delete", plain(&made(&doc, actor(), |tx| tx.delete(ROOT, "address").unwrap())), VerdictCode::Refused);
    add("a delete of a resident", plain(&made(&doc, actor(), |tx| tx.delete(residents(tx), resident.as_str()).unwrap())), VerdictCode::Refused);
    add("a list", plain(&made(&doc, actor(), |tx| drop(tx.put_object(ROOT, "tenure", ObjType::List).unwrap()))), VerdictCode::Refused);
    let listed = made(&doc, actor(), |tx| {
        let list = tx.put_object(ROOT, "tenure", ObjType::List).unwrap();
        tx.insert(&list, 0, "x").unwrap();
    });
    add("an entry of a list", plain(&listed), VerdictCode::Refused);
    add("a counter", plain(&made(&doc, actor(), |tx| tx.put(ROOT, "tenure", ScalarValue::counter(1)).unwrap())), VerdictCode::Refused);
    let increment = bent(&good(actor(), "一"), |e| {
        e.operations[0] = Op { action: OpType::Increment(1), obj: ObjectId::Root, key: Key::Map("address".into()), pred: SortedVec::new(), insert: false };
    });
    add("an increment", increment, VerdictCode::Refused);
    let undone = made(&doc, actor(), |tx| {
        tx.put(ROOT, "place", w.grids[1].to_string()).unwrap();
        tx.put(ROOT, "place", w.grids[0].to_string()).unwrap();
    });
    add("a write undone in the same change", plain(&undone), VerdictCode::Refused);
    add("in another's name", plain(&made(&doc, actor(), |tx| field(tx, "tenure", "一", &person(&b).to_string()))), VerdictCode::Refused);
    add("another device's actor", plain(&good(Actor::new(crate::world::device_id(&b), [1, 2, 3, 4]), "一")), VerdictCode::Refused);
    let foreign = Id { actor: Actor::new(crate::world::device_id(&b), [9; 4]), counter: 7 };
    let entry = made(&doc, actor(), |tx| {
        let map = tx.put_object(residents(tx), foreign.to_string(), ObjType::Map).unwrap();
        tx.put(&map, "by", me.as_str()).unwrap();
        tx.put(&map, "name", "混入").unwrap();
    });
    add("an entry under another's id", plain(&entry), VerdictCode::Refused);
    let own = actor();
    let wrapped = made(&doc, own, |tx| {
        let map = tx.put_object(residents(tx), Id { actor: own, counter: 1 }.to_string(), ObjType::Map).unwrap();
        tx.put(&map, "name", "混入").unwrap();
        let by = tx.put_object(&map, "by", ObjType::Map).unwrap();
        tx.put(&by, "value", person(&b).to_string()).unwrap();
    });
    add("in another's name, wrapped up", plain(&wrapped), VerdictCode::Refused);
    let over = made(&doc, actor(), |tx| drop(tx.put_object(residents(tx), resident.as_str(), ObjType::Map).unwrap()));
    add("an entry over another's entry", plain(&over), VerdictCode::Refused);
    add("over a container", plain(&made(&doc, actor(), |tx| drop(tx.put_object(ROOT, "residents", ObjType::Map).unwrap()))), VerdictCode::Refused);
    add("a scalar over a container", plain(&made(&doc, actor(), |tx| tx.put(ROOT, "residents", 1).unwrap())), VerdictCode::Refused);
    add("a key no rule names", plain(&made(&doc, actor(), |tx| tx.put(ROOT, "whatever", 1).unwrap())), VerdictCode::Refused);
    add("a field without value", plain(&made(&doc, actor(), |tx| tx.put(ROOT, "address", ScalarValue::Null).unwrap())), VerdictCode::Refused);
    let deep = made(&doc, actor(), |tx| {
        let mut map = tx.put_object(ROOT, "tenure", ObjType::Map).unwrap();
        for _ in 0..200 {
            map = tx.put_object(&map, "value", ObjType::Map).unwrap();
        }
    });
    add("deep nesting", plain(&deep), VerdictCode::Refused);
    let large = made(&doc, actor(), |tx| {
        for part in 0..4 {
            tx.put(ROOT, format!("tag:{part}"), "长".repeat(MAX_CHANGE_BYTES / 9)).unwrap();
        }
    });
    assert!(change_body(&large).len() > MAX_CHANGE_BYTES);
    add("300 kB", plain(&large), VerdictCode::Refused);
    add("one long text", plain(&made(&doc, actor(), |tx| field(tx, "tenure", &"长".repeat(40_000), &me))), VerdictCode::Refused);
    let whole = plain(&good(actor(), "一"));
    for cut in [0, 1, 8, whole.len() / 2, whole.len() - 1] {
        add("cut short", whole[..cut].to_vec(), VerdictCode::Refused);
    }
    add("with a tail", [&whole[..], b"tail"].concat(), VerdictCode::Refused);
    add("garbage", vec![0xa5; 500], VerdictCode::Refused);
    add("a whole document", doc.save(), VerdictCode::Refused);
    add("compressed", compressed(&good(actor(), &"重复".repeat(2_000))), VerdictCode::Refused);
    attacks.push(Attack {
        name: "another grid's household",
        change: (far, 0, 2, plain(&made(&far_doc, actor(), |tx| field(tx, "tenure", "一", &me)))),
        word: VerdictCode::Refused,
    });
    attacks.push(Attack { name: "a schema of the future", change: (home, 0, 999, whole.clone()), word: VerdictCode::Held });
    attacks.push(Attack { name: "another kind's schema", change: (home, 0, 5, whole.clone()), word: VerdictCode::Refused });
    attacks.push(Attack { name: "generation 5", change: (home, 5, 2, whole.clone()), word: VerdictCode::Missing });
    let (_, begin) = genesis(3).unwrap();
    let mut empty = Automerge::new();
    empty.apply_changes([begin.clone()]).unwrap();
    let forged = made(&empty, actor(), |tx| {
        tx.put(ROOT, "household", home.to_string()).unwrap();
        tx.put(ROOT, "by", me.as_str()).unwrap();
        tx.put(ROOT, "result", "met").unwrap();
    });
    attacks.push(Attack { name: "a visit under another's id", change: (foreign, 0, 3, plain(&forged)), word: VerdictCode::Refused });
    let fresh = Id { actor: hand.actor(200), counter: 1 };
    attacks.push(Attack { name: "a visit of generation 5", change: (fresh, 5, 3, plain(&forged)), word: VerdictCode::Missing });
    let abroad = made(&empty, actor(), |tx| {
        tx.put(ROOT, "household", far.to_string()).unwrap();
        tx.put(ROOT, "by", me.as_str()).unwrap();
        tx.put(ROOT, "result", "met").unwrap();
    });
    attacks.push(Attack { name: "a visit in another grid", change: (fresh, 0, 3, plain(&abroad)), word: VerdictCode::Refused });
    attacks.push(Attack { name: "a genesis sent", change: (fresh, 0, 3, plain(begin)), word: VerdictCode::Refused });

    let before = (w.ask("SELECT count(*) || '' FROM changes").await, w.ask("SELECT count(*) || '' FROM documents").await);
    let command = Id { actor: hand.actor(0), counter: 1 };
    for attack in &attacks {
        let verdicts = hand.offer(&w, command, &[vec![attack.change.clone()]]).await;
        assert_eq!((verdicts.len(), verdicts[0].run), (1, 1), "{}", attack.name);
        assert_eq!(verdicts[0].code, attack.word, "{}: {:?}", attack.name, verdicts[0]);
        // Final words are given again.
        let again = hand.offer(&w, command, &[vec![attack.change.clone()]]).await;
        assert_eq!(again, verdicts, "{}", attack.name);
    }
    // All at once, each with a good change in its group: a group is refused whole.
    let beside = plain(&made(&other_doc, hand.actor(202), |tx| field(tx, "tenure", "一", &me)));
    for attack in &attacks {
        let verdicts = hand.offer(&w, command, &[vec![(w.households[1], 0, 2, beside.clone()), attack.change.clone()]]).await;
        assert!(verdicts.iter().all(|v| ![VerdictCode::Taken, VerdictCode::Known].contains(&v.code)), "{}: {verdicts:?}", attack.name);
    }
    let after = (w.ask("SELECT count(*) || '' FROM changes").await, w.ask("SELECT count(*) || '' FROM documents").await);
    assert_eq!(before, after);
    // Each byte flipped in turn: what comes out may be a change that is allowed, and is this device's to answer for; nothing else is.
    let mut flipped = plain(&made(&other_doc, hand.actor(203), |tx| field(tx, "tenure", "一", &me)));
    for at in 0..flipped.len() {
        flipped[at] ^= 0x55;
        assert_eq!(hand.offer(&w, command, &[vec![(w.households[1], 0, 2, flipped.clone())]]).await.len(), 1);
        flipped[at] ^= 0x55;
    }
    // One bundle: an honest change, a hostile one that rests on it, an honest one elsewhere.
    let honest = good(hand.actor(201), "自有");
    let mut with = doc.clone();
    with.apply_changes([honest.clone()]).unwrap();
    let bad = made(&with, hand.actor(201), |tx| tx.delete(ROOT, "address").unwrap());
    let mut on_bad = with.clone();
    on_bad.apply_changes([bad.clone()]).unwrap();
    let orphan = made(&on_bad, hand.actor(201), |tx| field(tx, "tenure", "租住", &me));
    let visits = made(&empty, hand.actor(201), |tx| {
        tx.put(ROOT, "household", home.to_string()).unwrap();
        tx.put(ROOT, "by", me.as_str()).unwrap();
        tx.put(ROOT, "at", w.hub.hub.now()).unwrap();
        tx.put(ROOT, "result", "met").unwrap();
        tx.put(ROOT, "note", "手写").unwrap();
    });
    let one = |change: &Change| vec![(home, 0, 2, plain(change))];
    let groups = [one(&honest), one(&bad), one(&orphan), vec![(Id { actor: hand.actor(201), counter: 9 }, 0, 3, plain(&visits))]];
    let words: Vec<VerdictCode> = hand.offer(&w, command, &groups).await.iter().map(|v| v.code).collect();
    assert_eq!(words, [VerdictCode::Taken, VerdictCode::Refused, VerdictCode::Missing, VerdictCode::Taken]);

    // The phones go on with the same documents.
    a.phone.run(visit(home, "甲")).unwrap();
    a.phone.run(gridwalk_tests::roster::AddResident { household: w.households[1], resident: crate::world::resident("甲登记") }).unwrap();
    b.phone.run(visit(home, "乙")).unwrap();
    let add = |name: &str| gridwalk_tests::roster::AddResident { household: home, resident: crate::world::resident(name) };
    a.phone.run(add("甲登记")).unwrap();
    b.phone.run(add("乙登记")).unwrap();
    a.phone.run(household(w.grids[0], "新楼", "新户主")).unwrap();
    w.settle(&[&a, &b]).await;
    assert_eq!(notes(&b.phone), ["乙", "手写", "甲"]);
    assert_eq!(b.phone.household(home).unwrap().residents.len(), 3);
    assert_eq!(b.phone.household(home).unwrap().tenure, "自有");
    assert!(a.phone.status().unwrap().quarantine.is_empty());
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

/// The same change as a compressed chunk, as other Automerge tools write it.
fn compressed(change: &Change) -> Vec<u8> {
    let mut change = change.clone();
    let bytes = change.bytes().into_owned();
    assert_eq!(bytes[8], 2, "compressed");
    bytes[8..].to_vec()
}
