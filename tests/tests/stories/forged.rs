//! A client that signs correctly and breaks the rules: nothing of it is taken, nothing of others' is told, and the good rest of
//! the same bundle goes in.

use automerge::transaction::Transactable;
use automerge::{Automerge, Change, ObjType, ROOT, ReadDoc};
use gridwalk_core::Id;
use gridwalk_core::cases::AddStep;
use gridwalk_core::circles::{ApproveMember, SetMember};
use gridwalk_core::documents::{Audience, change_body, genesis};
use gridwalk_core::ids::Actor;
use gridwalk_core::rules::Role;
use gridwalk_core::store::load;
use gridwalk_core::sync::protocol::{Backfill, RefusalCode, VerdictCode, audiences_hash, pack};
use gridwalk_hub::admin::{self, NewInvite};
use gridwalk_tests::harness::{Device, report};
use gridwalk_tests::typed::{AddCircle, AddHealth, AddMinor, AddUnit, Fact};

use crate::hostile::made;
use crate::wire::{Change as Sent, Hand};
use crate::world::{World, device_id, first_resident, person, text, visit};

type Tx<'a> = automerge::transaction::Transaction<'a>;

/// An Automerge document as a phone holds it.
fn held(device: &Device, id: Id) -> Automerge {
    device.phone.store().read(|c| load(c, id)).unwrap().unwrap().automerge().clone()
}

/// A document of this schema with nothing in it.
fn empty(schema: u16) -> Automerge {
    let mut doc = Automerge::new();
    doc.apply_changes([genesis(schema).unwrap().1.clone()]).unwrap();
    doc
}

fn plain(change: &Change) -> Vec<u8> {
    change_body(change).to_vec()
}

/// Sets a field with a name, as gridwalk does.
fn set(tx: &mut Tx<'_>, object: &automerge::ObjId, key: &str, value: impl Into<automerge::ScalarValue>, by: Id) {
    let field = tx.put_object(object, key, ObjType::Map).unwrap();
    tx.put(&field, "value", value).unwrap();
    tx.put(&field, "by", by.to_string()).unwrap();
    tx.put(&field, "at", 1_i64).unwrap();
}

/// A step of this kind with these fields.
fn add_step(tx: &mut Tx<'_>, id: Id, by: Id, kind: &str, beside: &[(&str, &str)]) {
    let steps = tx.get(ROOT, "steps").unwrap().unwrap().1;
    let step = tx.put_object(&steps, id.to_string(), ObjType::Map).unwrap();
    tx.put(&step, "by", by.to_string()).unwrap();
    tx.put(&step, "at", 1_i64).unwrap();
    tx.put(&step, "order", i64::MAX / 2).unwrap();
    tx.put(&step, "kind", kind).unwrap();
    for (key, value) in beside {
        match value.parse::<i64>() {
            Ok(number) => tx.put(&step, *key, number).unwrap(),
            Err(_) => tx.put(&step, *key, *value).unwrap(),
        }
    }
}

/// A step's kind, in whose name, with what beside, and why it must be refused.
type StepCase<'a> = (&'a str, Id, &'a [(&'a str, &'a str)], &'a str);

/// Offers attacks one by one, each in a bundle with a good visit of `hand`'s person, which must be taken.
struct Offers<'a> {
    w: &'a World,
    hand: Hand,
    me: Id,
    home: Id,
    n: u8,
}

impl<'a> Offers<'a> {
    /// `first` keeps the ids of several rows of attacks by one person apart.
    fn of(w: &'a World, device: &Device, home: Id, first: u8) -> Self {
        Self { w, hand: Hand::of(device), me: person(device), home, n: first }
    }

    fn actor(&mut self) -> Actor {
        self.n += 1;
        self.hand.actor(self.n)
    }

    /// A visit as the phone itself would record it.
    fn good(&mut self) -> Sent {
        let actor = self.actor();
        let visit = made(&empty(3), actor, |tx| {
            tx.put(ROOT, "household", self.home.to_string()).unwrap();
            tx.put(ROOT, "by", self.me.to_string()).unwrap();
            tx.put(ROOT, "at", self.w.hub.hub.now()).unwrap();
            tx.put(ROOT, "result", "met").unwrap();
        });
        (Id { actor, counter: 1 }, 0, 3, plain(&visit))
    }

    /// Each of these groups of changes must be refused for `reason`, and the visit behind them taken.
    async fn refused(&mut self, name: &str, attack: Sent, reason: &str) {
        let good = self.good();
        let command = Id { actor: self.hand.actor(0), counter: 1 };
        let verdicts = self.hand.offer(self.w, command, &[vec![attack], vec![good]]).await;
        let words: Vec<(VerdictCode, Option<&str>)> = verdicts.iter().map(|v| (v.code, v.reason.as_deref())).collect();
        assert_eq!(words, [(VerdictCode::Refused, Some(reason)), (VerdictCode::Taken, None)], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grid_worker_who_breaks_each_rule_gets_nothing_through() {
    let w = World::start(170, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    w.settle(&[&a, &b]).await;
    let home = w.households[0];
    let case = b.phone.run(report(w.grids[0], "噪声")).unwrap().value;
    w.settle(&[&a, &b]).await;
    let mut offers = Offers::of(&w, &a, home, 0);
    let (me, other) = (offers.me, person(&b));
    let doc = held(&a, home);
    let reported = held(&a, case);

    // A delete against a write that b made at the same time: b's stands.
    let edit = gridwalk_tests::roster::EditHousehold {
        household: home,
        address: Some("改过的住址".into()),
        tenure: None,
        state: None,
        visit_every_days: None,
        position: None,
        place: None,
    };
    b.phone.run(edit).unwrap();
    b.sync().await.unwrap();
    let actor = offers.actor();
    let delete = made(&doc, actor, |tx| tx.delete(ROOT, "address").unwrap());
    offers.refused("a delete against a concurrent write", (home, 0, 2, plain(&delete)), "delete").await;
    // A forbidden write, undone by a second change of the same bundle: the first is refused, the second has nothing to rest on.
    let actor = offers.actor();
    let moved = made(&doc, actor, |tx| set(tx, &ROOT, "place", w.grids[1].to_string(), me));
    let mut with = doc.clone();
    with.apply_changes([moved.clone()]).unwrap();
    let back = made(&with, actor, |tx| set(tx, &ROOT, "place", w.grids[0].to_string(), me));
    let good = offers.good();
    let command = Id { actor: offers.hand.actor(0), counter: 1 };
    let one = |change: &Change| vec![(home, 0, 2, plain(change))];
    let words: Vec<VerdictCode> = offers.hand.offer(&w, command, &[one(&moved), one(&back), vec![good]]).await.iter().map(|v| v.code).collect();
    assert_eq!(words, [VerdictCode::Refused, VerdictCode::Missing, VerdictCode::Taken], "a write undone in the same bundle");
    // The same in one group.
    let actor = offers.actor();
    let moved = made(&doc, actor, |tx| set(tx, &ROOT, "place", w.grids[1].to_string(), me));
    let mut with = doc.clone();
    with.apply_changes([moved.clone()]).unwrap();
    let back = made(&with, actor, |tx| set(tx, &ROOT, "place", w.grids[0].to_string(), me));
    let group = vec![(home, 0, 2, plain(&moved)), (home, 0, 2, plain(&back))];
    let words: Vec<VerdictCode> = offers.hand.offer(&w, command, &[group]).await.iter().map(|v| v.code).collect();
    assert_eq!(words, [VerdictCode::Refused]);

    let theirs = Actor::new(device_id(&b), [1, 2, 3, 4]);
    let attack = made(&doc, theirs, |tx| set(tx, &ROOT, "tenure", "租住", me));
    offers.refused("another's actor", (home, 0, 2, plain(&attack)), "actor").await;
    let actor = offers.actor();
    let attack = made(&doc, actor, |tx| set(tx, &ROOT, "tenure", "租住", other));
    offers.refused("another's name", (home, 0, 2, plain(&attack)), "by").await;
    let actor = offers.actor();
    let attack = made(&held(&b, home), actor, |tx| {
        let field = tx.get(ROOT, "address").unwrap().unwrap().1;
        tx.put(&field, "value", "冒名的住址").unwrap();
    });
    offers.refused("another value under another's name", (home, 0, 2, plain(&attack)), "by").await;
    let actor = offers.actor();
    let attack = made(&doc, actor, |tx| tx.put(ROOT, "tenure", "租住").unwrap());
    offers.refused("a value without a name in another's document", (home, 0, 2, plain(&attack)), "by").await;
    let actor = offers.actor();
    let attack = made(&doc, actor, |tx| {
        let residents = tx.get(ROOT, "residents").unwrap().unwrap().1;
        let map = tx.put_object(&residents, Id { actor: theirs, counter: 9 }.to_string(), ObjType::Map).unwrap();
        tx.put(&map, "by", me.to_string()).unwrap();
    });
    offers.refused("an entry under another's id", (home, 0, 2, plain(&attack)), "actor").await;
    let actor = offers.actor();
    let attack = made(&doc, actor, |tx| drop(tx.put_object(ROOT, "steps", ObjType::Map).unwrap()));
    offers.refused("a path of another kind", (home, 0, 2, plain(&attack)), "path").await;
    let actor = offers.actor();
    let attack = made(&doc, actor, |tx| tx.put(ROOT, "circle", case.to_string()).unwrap());
    offers.refused("a household that names a circle", (home, 0, 2, plain(&attack)), "path").await;

    // Steps that are not a grid worker's, or not in their name.
    let cases: [StepCase<'_>; 9] = [
        ("settled", me, &[("covers", "x")], "path"),
        ("settled", me, &[], "check"),
        ("supervise", me, &[], "check"),
        ("return", me, &[], "check"),
        ("whistle", me, &[], "check"),
        ("whistle", me, &[("whistle", "1")], "check"),
        ("dispatch", me, &[("lead", "x")], "check"),
        ("of a newer app", me, &[], "check"),
        ("handle", other, &[], "by"),
    ];
    for (kind, by, beside, reason) in cases {
        let actor = offers.actor();
        let attack = made(&reported, actor, |tx| add_step(tx, Id { actor, counter: 5 }, by, kind, beside));
        offers.refused(&format!("a step {kind} {beside:?}"), (case, 0, 5, plain(&attack)), reason).await;
    }
    // An older generation of what has begun anew.
    w.tell(&format!("UPDATE documents SET generation = 1 WHERE doc = '{}'", w.households[1])).await;
    let actor = offers.actor();
    let attack = made(&held(&a, w.households[1]), actor, |tx| set(tx, &ROOT, "tenure", "旧代", me));
    let words: Vec<VerdictCode> = offers.hand.offer(&w, command, &[vec![(w.households[1], 0, 2, plain(&attack))]]).await.iter().map(|v| v.code).collect();
    assert_eq!(words, [VerdictCode::Generation]);
    w.tell(&format!("UPDATE documents SET generation = 0 WHERE doc = '{}'", w.households[1])).await;

    // What is there is what honest phones wrote.
    w.settle(&[&a, &b]).await;
    assert_eq!(
        w.ask(&format!("SELECT address || coalesce(tenure, '') || place FROM households WHERE doc = '{home}'")).await,
        [format!("改过的住址{}", w.grids[0])]
    );
    assert_eq!(b.phone.report(case).unwrap().1.steps.len(), 0);
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn someone_elses_circle_is_neither_written_nor_read() {
    let w = World::start(171, 2).await;
    let a = w.worker(1, "g00").await;
    let spy = w.worker(2, "g00").await;
    let second = Device::enrolled(w.dir.path(), 4, &w.hub.invite(Role::Cadre, None, "赵主任").await.unwrap()).await.unwrap();
    w.settle(&[&a, &spy, &second]).await;
    let home = w.households[0];
    let circle = |purpose: &str, members| AddCircle { purpose: purpose.into(), name: "圈".into(), members };
    let health = w.desk.phone.run(circle("health", vec![person(&a)])).unwrap().value;
    let minors = w.desk.phone.run(circle("minors", vec![person(&a), person(&second)])).unwrap().value;
    w.desk.sync().await.unwrap();
    second.sync().await.unwrap();
    second.phone.run(ApproveMember { circle: minors, person: person(&a), approved: true }).unwrap();
    second.sync().await.unwrap();
    w.settle(&[&a, &spy, &second]).await;
    w.settle(&[&a]).await;
    let resident = first_resident(&a.phone, home);
    let facts = vec![Fact { field: "note".into(), text: "机密".into() }];
    let ill = a.phone.run(AddHealth { circle: health, household: home, resident, facts: facts.clone() }).unwrap().value;
    let child = a.phone.run(AddMinor { circle: minors, household: home, resident, facts }).unwrap().value;
    w.settle(&[&a, &spy, &second]).await;

    // Written: by whoever is in no circle, by a cadre who is entered but not approved, and into another purpose's circle.
    for (device, name) in [(&spy, "worker"), (&second, "cadre")] {
        let mut offers = Offers::of(&w, device, home, 0);
        let me = offers.me;
        for (schema, document, of) in [(11, ill, health), (12, child, minors), (13, child, health)] {
            let actor = offers.actor();
            let new = made(&empty(schema), actor, |tx| {
                tx.put(ROOT, "by", me.to_string()).unwrap();
                for (key, id) in [("circle", of), ("household", home), ("resident", resident)] {
                    if schema != 13 || key == "circle" {
                        tx.put(ROOT, key, id.to_string()).unwrap();
                    }
                }
                if schema == 13 {
                    tx.put(ROOT, "matter", "混入").unwrap();
                }
            });
            offers
                .refused(&format!("{name}: a document of schema {schema} in a circle"), (Id { actor, counter: 3 }, 0, schema, plain(&new)), "outside_scope")
                .await;
            if schema != 13 {
                let actor = offers.actor();
                let attack = made(&held(&a, document), actor, |tx| set(tx, &ROOT, "note", "篡改", me));
                offers.refused(&format!("{name}: a change of schema {schema}"), (document, 0, schema, plain(&attack)), "outside_scope").await;
            }
        }
    }
    let mut member = Offers::of(&w, &a, home, 60);
    let actor = member.actor();
    let new = made(&empty(12), actor, |tx| {
        tx.put(ROOT, "by", member.me.to_string()).unwrap();
        [("circle", health), ("household", home), ("resident", resident)].iter().for_each(|(key, id)| tx.put(ROOT, *key, id.to_string()).unwrap());
    });
    member.refused("a minor in a circle for health, which needs no approval", (Id { actor, counter: 3 }, 0, 12, plain(&new)), "path").await;

    // Made a member by oneself, approved by oneself; with another's yes turned under their name.
    let mut offers = Offers::of(&w, &spy, home, 120);
    let (me, roster) = (offers.me, held(&w.desk, minors));
    let field = |key: &'static str| {
        move |tx: &mut Tx<'_>, person: Id, by: Id| {
            let fields = tx.get(ROOT, key).unwrap().unwrap().1;
            set(tx, &fields, &person.to_string(), true, by);
        }
    };
    let actor = offers.actor();
    let attack = made(&roster, actor, |tx| field("members")(tx, me, me));
    offers.refused("a worker enters themselves", (minors, 0, 10, plain(&attack)), "outside_scope").await;
    let mut offers = Offers::of(&w, &second, home, 180);
    let me = offers.me;
    let actor = offers.actor();
    let attack = made(&held(&w.desk, health), actor, |tx| field("members")(tx, me, me));
    offers.refused("a cadre enters themselves", (health, 0, 10, plain(&attack)), "check").await;
    let actor = offers.actor();
    let attack = made(&roster, actor, |tx| field("approvals")(tx, me, me));
    offers.refused("a cadre approves themselves", (minors, 0, 10, plain(&attack)), "check").await;
    let actor = offers.actor();
    let attack = made(&roster, actor, |tx| {
        field("members")(tx, person(&spy), me);
        field("approvals")(tx, person(&spy), me);
    });
    offers.refused("a cadre enters someone and approves them", (minors, 0, 10, plain(&attack)), "check").await;
    let actor = offers.actor();
    let attack = made(&roster, actor, |tx| field("approvals")(tx, me, person(&w.desk)));
    offers.refused("in another cadre's name", (minors, 0, 10, plain(&attack)), "by").await;
    let actor = offers.actor();
    let attack = made(&roster, actor, |tx| {
        let approvals = tx.get(ROOT, "approvals").unwrap().unwrap().1;
        let of_a = tx.get(&approvals, person(&a).to_string()).unwrap().unwrap().1;
        tx.put(&of_a, "value", false).unwrap();
    });
    offers.refused("under another's approval", (minors, 0, 10, plain(&attack)), "by").await;
    let actor = offers.actor();
    let new = made(&empty(10), actor, |tx| {
        tx.put(ROOT, "by", me.to_string()).unwrap();
        tx.put(ROOT, "purpose", "health").unwrap();
        tx.put(ROOT, "name", "自己的圈").unwrap();
        field("members")(tx, me, me);
    });
    offers.refused("a circle of one's own with oneself in it", (Id { actor, counter: 4 }, 0, 10, plain(&new)), "check").await;

    // Read: with forged audiences, as a backfill, from 0, and after being removed.
    for device in [&spy, &second] {
        let mut hand = Hand::of(device);
        let own = text(&device.phone, "SELECT value FROM tenants, json_each(audiences)");
        let audiences = [Audience::Circle(health).to_string(), Audience::Circle(minors).to_string()];
        let honest = hand.cursor.clone();
        hand.cursor.number = 0;
        hand.cursor.audiences = audiences_hash(own.iter().chain(&audiences).map(String::as_str));
        let reply = hand.send(&w, &pack(&hand.request(vec![])).unwrap()).await.unwrap();
        assert!(reply.tenants[0].documents.is_empty() && reply.tenants[0].granted.is_some(), "what is claimed is not believed");
        hand.cursor = honest;
        hand.cursor.number = 0;
        hand.cursor.backfills = audiences.iter().map(|audience| Backfill { audience: audience.clone(), number: 0 }).collect();
        let reply = hand.send(&w, &pack(&hand.request(vec![])).unwrap()).await.unwrap();
        let told = &reply.tenants[0];
        assert!(!told.documents.is_empty() && told.documents.iter().all(|d| ![11, 12, 13].contains(&d.schema)));
        let bytes = told.documents.iter().flat_map(|d| d.chunks.iter().flat_map(|c| c.iter().copied())).collect::<Vec<u8>>();
        assert!(memchr::memmem::find(&bytes, "机密".as_bytes()).is_none());
    }
    w.desk.phone.run(SetMember { circle: health, person: person(&a), member: false }).unwrap();
    w.desk.sync().await.unwrap();
    let mut hand = Hand::of(&a);
    hand.cursor.number = 0;
    let reply = hand.send(&w, &pack(&hand.request(vec![])).unwrap()).await.unwrap();
    assert!(reply.tenants[0].documents.is_empty() && reply.tenants[0].granted.is_some());
    assert_eq!(w.ask("SELECT count(*) || '' FROM health").await, ["1"]);
    assert_eq!(w.ask("SELECT note FROM health UNION ALL SELECT note FROM minors").await, ["机密", "机密"]);
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_roles_made_up_cursors_and_revoked_devices_get_nothing_through() {
    let w = World::start(172, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    w.settle(&[&a, &b]).await;
    let home = w.households[0];
    let mut offers = Offers::of(&w, &a, home, 0);
    let command = Id { actor: offers.hand.actor(0), counter: 1 };
    let then = offers.hand.cursor.clone();
    admin::end_role(&w.hub.hub, &w.hub.tenant, offers.me, Role::GridWorker, Some("g00"), None, None).await.unwrap();
    // At the cursor before the end: taken for 30 days, then no more. At a number that is yet to come: never.
    let good = offers.good();
    assert_eq!(offers.hand.offer(&w, command, &[vec![good]]).await[0].code, VerdictCode::Taken);
    for number in [then.number + 1_000, u64::from(u32::MAX), i64::MAX as u64] {
        offers.hand.cursor.number = number;
        let good = offers.good();
        let bundle = offers.hand.bundle(command, &[vec![good]]);
        offers.hand.cursor.number = then.number;
        let reply = offers.hand.send(&w, &pack(&offers.hand.request(vec![bundle])).unwrap()).await.unwrap();
        assert_eq!((reply.verdicts[0][0].code, reply.verdicts[0][0].reason.as_deref()), (VerdictCode::Refused, Some("outside_scope")), "{number}");
        assert!(reply.tenants[0].documents.is_empty());
    }
    offers.hand.cursor.epoch ^= 1;
    let good = offers.good();
    let bundle = offers.hand.bundle(command, &[vec![good]]);
    offers.hand.cursor.epoch ^= 1;
    let reply = offers.hand.send(&w, &pack(&offers.hand.request(vec![bundle])).unwrap()).await.unwrap();
    assert_eq!(reply.verdicts[0][0].code, VerdictCode::Refused, "another epoch's cursor");
    w.pass(31 * 86_400, &[&a, &b]);
    let good = offers.good();
    let late = offers.hand.offer(&w, command, &[vec![good]]).await;
    assert_eq!((late[0].code, late[0].reason.as_deref()), (VerdictCode::Refused, Some("outside_scope")), "31 days after the end");
    // Revoked: neither in a request of its own, nor carried by another.
    let mut offers = Offers::of(&w, &b, home, 0);
    let good = offers.good();
    admin::revoke(&w.hub.hub, device_id(&b)).await.unwrap();
    let bundle = offers.hand.bundle(command, &[vec![good]]);
    let body = pack(&offers.hand.request(vec![bundle.clone()])).unwrap();
    assert_eq!(offers.hand.send(&w, &body).await.unwrap_err(), RefusalCode::Revoked);
    let carrier = Hand::of(&w.desk);
    let reply = carrier.send(&w, &pack(&carrier.request(vec![bundle])).unwrap()).await.unwrap();
    assert_eq!((reply.verdicts[0][0].code, reply.verdicts[0][0].reason.as_deref()), (VerdictCode::Refused, Some("device")));
    assert_eq!(w.ask("SELECT count(*) || '' FROM visits").await, ["1"]);
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_department_answers_and_reads_only_what_was_dispatched_to_it() {
    let w = World::start(173, 1).await;
    let street = Device::enrolled(w.dir.path(), 5, &w.hub.invite(Role::StreetDispatcher, None, "街道").await.unwrap()).await.unwrap();
    let unit = |name: &str| street.phone.run(AddUnit { sort: "department".into(), name: name.into(), phone: String::new() }).unwrap().value;
    let (city, water) = (unit("城管中队"), unit("水务所"));
    street.sync().await.unwrap();
    let new = NewInvite {
        address: w.hub.url(),
        role: Role::DepartmentHandler,
        grid: None,
        micro_grid: None,
        unit: Some(water),
        name: Some("水务员".into()),
        person: None,
        valid_seconds: 60,
    };
    let handler = Device::enrolled(w.dir.path(), 6, &admin::invite(&w.hub.hub, &w.hub.tenant, &new).await.unwrap()).await.unwrap();
    let (case, quiet) = (w.desk.phone.run(report(w.grids[0], "占道")).unwrap().value, w.desk.phone.run(report(w.grids[0], "未吹哨")).unwrap().value);
    w.desk.phone.run(AddStep::new(case, "whistle").with("whistle", 1)).unwrap();
    w.settle(&[&street]).await;
    street.phone.run(AddStep::new(case, "dispatch").with("lead", city.to_string())).unwrap();
    w.settle(&[&street, &handler]).await;
    // By the department that was not asked, and by the street where nobody whistled.
    for (device, document, kind, beside) in [
        (&handler, case, "handle", vec![]),
        (&handler, case, "note", vec![]),
        (&handler, case, "return", vec![]),
        (&handler, case, "dispatch", vec![("lead", water.to_string())]),
        (&street, quiet, "supervise", vec![]),
        (&street, quiet, "dispatch", vec![("lead", water.to_string())]),
    ] {
        let hand = Hand::of(device);
        let actor = hand.actor(1 + u8::try_from(kind.len()).unwrap());
        let beside: Vec<(&str, &str)> = beside.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let attack = made(&held(&w.desk, document), actor, |tx| add_step(tx, Id { actor, counter: 5 }, person(device), kind, &beside));
        let verdicts = hand.offer(&w, Id { actor, counter: 6 }, &[vec![(document, 0, 5, plain(&attack))]]).await;
        assert_eq!((verdicts[0].code, verdicts[0].reason.as_deref()), (VerdictCode::Refused, Some("outside_scope")), "{kind}");
    }
    // A street that names no unit, and a desk that presses, are refused by the kind's own rule.
    for (device, kind, reason) in [(&street, "dispatch", "check"), (&w.desk, "supervise", "check"), (&w.desk, "dispatch", "check"), (&street, "close", "check")]
    {
        let hand = Hand::of(device);
        let actor = hand.actor(100 + u8::try_from(kind.len()).unwrap());
        let attack = made(&held(&w.desk, case), actor, |tx| add_step(tx, Id { actor, counter: 5 }, person(device), kind, &[]));
        let verdicts = hand.offer(&w, Id { actor, counter: 6 }, &[vec![(case, 0, 5, plain(&attack))]]).await;
        assert_eq!((verdicts[0].code, verdicts[0].reason.as_deref()), (VerdictCode::Refused, Some(reason)), "{kind}");
    }
    let mut hand = Hand::of(&handler);
    hand.cursor.number = 0;
    let reply = hand.send(&w, &pack(&hand.request(vec![])).unwrap()).await.unwrap();
    assert!(reply.tenants[0].documents.iter().all(|d| d.schema != 5 && d.schema != 2), "no report, no household");
    assert!(handler.phone.run(AddStep::new(case, "handle")).is_err());
    assert!(handler.phone.run(visit(w.households[0], "不该")).is_err());
    w.settle(&[&street, &handler]).await;
    assert_eq!(w.desk.phone.report(case).unwrap().1.steps.len(), 2);
    w.assert_agreement(&[&street, &handler]).await;
    w.hub.stop().await;
}
