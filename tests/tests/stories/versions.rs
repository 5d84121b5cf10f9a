//! Phones and hubs of different versions: what a newer app wrote is held and never refused, what an older app wrote is taken and
//! marked, and what one does not know it keeps.

use std::collections::BTreeMap;

use gridwalk_core::ErrorKind;
use gridwalk_core::cases::{AddStep, Story};
use gridwalk_core::error::Error;
use gridwalk_core::ids::Id;
use gridwalk_core::rules::Role;
use gridwalk_core::sync::protocol::VerdictCode;
use gridwalk_core::versions::{DICTIONARY_VERSION, Dictionary, NEW_IN_STORIES};
use gridwalk_tests::harness::{Device, report};
use gridwalk_tests::roster::{AddHousehold, EditHousehold};
use gridwalk_tests::typed::{AddUnit, EditUnit};

use crate::hostile::made;
use crate::wire::Hand;
use crate::world::{World, first_resident, household, person, text, visit};

/// The release before this one, as far as these stories go: without units, the tenure of households, and the step of handling; and
/// reports needed no title yet.
const OLDER: Dictionary = Dictionary { number: DICTIONARY_VERSION - 1, without: NEW_IN_STORIES };

/// An enrolled phone with an older app.
async fn older_phone(w: &World, number: u64) -> Device {
    let invite = w.hub.invite(Role::GridWorker, Some("g00"), &format!("网格员{number}")).await.unwrap();
    let folder = w.dir.path().join(format!("phone-{number}"));
    let device = Device::open_as(folder, number, w.desk.clock.clone(), number, OLDER).unwrap();
    device.phone.enrol(&invite, None).await.unwrap();
    device.sync().await.unwrap();
    device
}

/// The same phone after its app was updated.
fn updated(device: Device) -> Device {
    let Device { phone, clock, folder, number } = device;
    drop(phone);
    Device::open_with(folder, number, clock, number + 1000).unwrap()
}

fn tenure(household: Id, tenure: &str) -> EditHousehold {
    EditHousehold { tenure: Some(tenure.into()), ..edit(household) }
}

fn address(household: Id, address: &str) -> EditHousehold {
    EditHousehold { address: Some(address.into()), ..edit(household) }
}

fn edit(household: Id) -> EditHousehold {
    EditHousehold { household, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: None }
}

fn step(report: Id, kind: &str, note: &str) -> AddStep {
    AddStep::new(report, kind).note(note)
}

fn one(device: &Device, sql: &str) -> String {
    text(&device.phone, sql).concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_newer_app_wrote_waits_for_its_hub_and_keeps_nothing_back() {
    let w = World::start(330, 3).await;
    let a = w.worker(1, "g00").await;
    let status = a.phone.status().unwrap();
    assert_eq!((status.dictionary, status.tenants[0].dictionary), (DICTIONARY_VERSION, Some(DICTIONARY_VERSION)));
    // The hub goes back to the release before, and nobody has heard of it yet.
    let w = w.restart_as(339, OLDER, &[&a]).await;

    // A field, a step and a kind that the hub does not know; a household that says such a field from its beginning, and a visit there.
    let (home, other) = (w.households[0], w.households[1]);
    let case = a.phone.run(report(w.grids[0], "井盖松动")).unwrap().value;
    a.phone.run(step(case, "accept", "")).unwrap();
    a.phone.run(step(case, "handle", "已围挡")).unwrap();
    a.phone.run(step(case, "note", "明天换井盖")).unwrap();
    a.phone.run(tenure(home, "自有")).unwrap();
    a.phone.run(address(home, "0幢0室（东）")).unwrap();
    a.phone.run(visit(home, "见过")).unwrap();
    let new = AddHousehold { tenure: "租住".into(), ..household(w.grids[0], "新楼1室", "新住户") };
    let new = a.phone.run(new).unwrap().value;
    a.phone.run(visit(new, "新户")).unwrap();
    w.desk.phone.run(AddUnit { sort: "department".into(), name: "城管".into(), phone: String::new() }).unwrap();
    a.phone.run(visit(other, "别家")).unwrap();
    for device in [&a, &w.desk] {
        device.sync().await.unwrap();
    }
    // Everything that the hub knows went through, also what was recorded on the same documents after what waits.
    let steps = "SELECT kind FROM case_steps ORDER BY kind";
    w.desk.sync().await.unwrap();
    assert_eq!(a.phone.status().unwrap().tenants[0].dictionary, Some(OLDER.number));
    assert_eq!(text(&w.desk.phone, steps), ["accept", "note"]);
    assert_eq!(one(&w.desk, &format!("SELECT address || '|' || coalesce(tenure, '') FROM households WHERE doc = '{home}'")), "0幢0室(东)|");
    assert_eq!(text(&w.desk.phone, "SELECT note FROM visits ORDER BY note"), ["别家", "见过"]);
    // The rest waits: shown in words, kept on screens, and not asked about again and again.
    let status = a.phone.status().unwrap();
    assert_eq!((status.held, status.unsent, status.quarantine.len()), (4, 4, 0));
    assert_eq!((w.desk.phone.status().unwrap().held, w.desk.phone.status().unwrap().unsent), (1, 1));
    assert_eq!(one(&a, &format!("SELECT address || '|' || tenure FROM households WHERE doc = '{home}'")), "0幢0室(东)|自有");
    assert_eq!(text(&a.phone, steps), ["accept", "handle", "note"]);
    assert_eq!(w.ask("SELECT doc FROM verdicts").await, Vec::<String>::new());
    let asked = || text(&a.phone, "SELECT asked || '' FROM bundles WHERE taken = 0 ORDER BY n");
    let before = asked();
    w.pass(3600, &[&a]);
    assert_eq!(a.sync().await.unwrap().requests, 1);
    assert_eq!(asked(), before);
    // Once a day all the same, and still without an end of its own.
    w.pass(86_400, &[&a]);
    for _ in 0..2 {
        assert_eq!(a.sync().await.unwrap().requests, 1);
    }
    assert_ne!(asked(), before);
    // Now that it is known how old the hub is, nothing more of the kind is offered or recorded, and nothing rests on what waits.
    let said = a.phone.dictionary().unwrap();
    let fields: Vec<&str> = said.iter().find(|kind| kind.kind == "household").unwrap().fields.iter().map(|f| f.key.as_str()).collect();
    assert!(fields.contains(&"address") && !fields.contains(&"tenure"), "{fields:?}");
    let offered = a.phone.actions(other).unwrap();
    let edit = offered.iter().find(|action| action.command == "records.edit" && action.what.is_empty()).unwrap();
    assert!(edit.fields.iter().any(|f| f == "address") && edit.fields.iter().all(|f| f != "tenure"), "{edit:?}");
    assert!(
        a.phone.actions(case).unwrap().iter().any(|action| action.what == "note")
            && a.phone.actions(case).unwrap().iter().all(|action| action.what != "handle")
    );
    for refused in [
        a.phone.run(tenure(other, "出租")),
        a.phone.run(step(case, "handle", "再围一圈")),
        a.phone.run(AddHousehold { tenure: "租住".into(), ..household(w.grids[0], "新楼2室", "另一户") }),
    ] {
        let e = refused.unwrap_err();
        assert_eq!(e.kind(), ErrorKind::HubOutdated, "{e}");
        assert!(e.message_zh().contains("更新服务器"), "{e}");
    }
    assert_eq!(w.desk.phone.run(AddUnit { sort: "department".into(), name: "水务".into(), phone: String::new() }).unwrap_err().kind(), ErrorKind::HubOutdated);
    // More work on the same documents goes on beside it.
    a.phone.run(step(case, "note", "井盖到了")).unwrap();
    a.phone.run(address(home, "0幢0室")).unwrap();
    a.sync().await.unwrap();
    w.desk.sync().await.unwrap();
    assert_eq!(text(&w.desk.phone, steps), ["accept", "note", "note"]);
    assert_eq!(one(&w.desk, &format!("SELECT address FROM households WHERE doc = '{home}'")), "0幢0室");
    assert_eq!((a.phone.status().unwrap().held, a.phone.status().unwrap().unsent), (4, 4));

    let w = w.restart(331, None, &[&a]).await;
    a.sync().await.unwrap();
    w.settle(&[&a]).await;
    w.assert_agreement(&[&a]).await;
    let status = a.phone.status().unwrap();
    assert_eq!((status.held, status.tenants[0].dictionary, status.quarantine.len()), (0, Some(DICTIONARY_VERSION), 0));
    let said = a.phone.dictionary().unwrap();
    assert!(said.iter().any(|kind| kind.fields.iter().any(|f| f.key == "tenure")), "offered again");
    a.phone.run(tenure(other, "出租")).unwrap();
    w.settle(&[&a]).await;
    assert_eq!(w.ask("SELECT kind FROM case_steps ORDER BY kind").await, ["accept", "handle", "note", "note"]);
    assert_eq!(
        w.ask(&format!("SELECT address || '|' || tenure FROM households WHERE doc IN ('{home}', '{new}') ORDER BY 1")).await,
        ["0幢0室|自有", "新楼1室|租住"]
    );
    assert_eq!(w.ask("SELECT name FROM units").await, ["城管"]);
    assert_eq!(w.ask("SELECT note FROM visits ORDER BY note").await.len(), 3);
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_tells_of_held_work_that_another_phone_carried() {
    let w = World::start(336, 1).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let home = w.households[0];
    // Far from any network, by an app that is newer than the hub now is.
    a.phone.run(tenure(home, "自有")).unwrap();
    let w = w.restart_as(337, OLDER, &[&a, &b]).await;
    let (work, receipts) = (w.dir.path().join("work.gwc"), w.dir.path().join("receipts.gwc"));
    a.phone.export_bundles(&work).unwrap();
    b.phone.take_carried(&work, None).unwrap();
    b.sync().await.unwrap();
    b.phone.export_receipts(&receipts).unwrap();
    let told = a.phone.take_carried(&receipts, None).unwrap();
    assert_eq!((told.receipts, told.sent, told.refused), (1, 0, 0));
    let status = a.phone.status().unwrap();
    assert_eq!((status.held, status.unsent, status.quarantine.len()), (1, 1, 0));
    assert_eq!(a.phone.unsent(None, 9).unwrap().rows.iter().map(|row| row.held).collect::<Vec<_>>(), [true]);
    assert_eq!(a.phone.household(home).unwrap().tenure, "自有");
    // The hub is updated: whichever of the two comes first, the work is there at once, and once.
    let w = w.restart(338, None, &[&a, &b]).await;
    a.sync().await.unwrap();
    assert_eq!((a.phone.status().unwrap().unsent, a.phone.status().unwrap().held), (0, 0));
    w.settle(&[&a, &b]).await;
    assert_eq!(w.ask("SELECT coalesce(tenure, '') FROM households WHERE tenure IS NOT NULL").await, ["自有"]);
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_of_what_waits_is_found_all_the_same() {
    let w = World::start(340, 1).await;
    // Recorded in a boot that no hub has confirmed, by an app that is newer than the hub now is.
    w.desk.clock.reboot();
    w.desk.phone.run(AddUnit { sort: "department".into(), name: "城管".into(), phone: String::new() }).unwrap();
    w.desk.phone.run(visit(w.households[0], "同一次开机")).unwrap();
    let w = w.restart_as(341, OLDER, &[]).await;
    for _ in 0..2 {
        w.desk.sync().await.unwrap();
    }
    let status = w.desk.phone.status().unwrap();
    assert_eq!((status.held, status.unsent, status.quarantine.len()), (2, 2, 0), "the unit, and the time found for it");
    assert_eq!(w.ask("SELECT note || unanchored FROM visits").await, ["同一次开机0"]);
    let w = w.restart(342, None, &[]).await;
    w.settle(&[]).await;
    assert_eq!((w.desk.phone.status().unwrap().unsent, w.ask("SELECT name FROM units").await), (0, vec!["城管".to_owned()]));
    w.assert_agreement(&[]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_app_wrote_is_taken_and_marked() {
    let w = World::start(332, 2).await;
    let a = older_phone(&w, 1).await;
    // Offline: a title is needed since, but not by this app.
    let case = a.phone.run(report(w.grids[0], "")).unwrap().value;
    a.phone.run(visit(w.households[0], "见过")).unwrap();
    assert_eq!(w.desk.phone.run(report(w.grids[0], "")).unwrap_err().kind(), ErrorKind::Invalid);
    let a = updated(a);
    a.sync().await.unwrap();
    w.settle(&[&a]).await;
    assert_eq!((a.phone.status().unwrap().unsent, a.phone.status().unwrap().quarantine.len()), (0, 0));
    let marks = format!("SELECT doc || ' ' || path || ' ' || mark FROM marks WHERE doc = '{case}'");
    for marks in [text(&a.phone, &marks), text(&w.desk.phone, &marks), w.ask(&marks).await] {
        assert_eq!(marks, [format!("{case} title missing")]);
    }
    // Whoever goes on with it is not refused for what it lacks.
    w.desk.phone.run(step(case, "accept", "")).unwrap();
    w.settle(&[&a]).await;
    w.assert_agreement(&[&a]).await;
    // An app of this version without a title breaks the rules; one that says it is older does not.
    let mut hand = Hand::of(&a);
    for (recorded, word) in [(DICTIONARY_VERSION, VerdictCode::Refused), (OLDER.number, VerdictCode::Taken)] {
        hand.recorded = recorded;
        let actor = hand.actor(u8::try_from(recorded).unwrap() + 1);
        let mut empty = automerge::Automerge::new();
        empty.apply_changes([gridwalk_core::documents::genesis(5).unwrap().1.clone()]).unwrap();
        let change = made(&empty, actor, |tx| {
            use automerge::transaction::Transactable;
            tx.put(automerge::ROOT, "by", person(&a).to_string()).unwrap();
            tx.put(automerge::ROOT, "at", 1_i64).unwrap();
            tx.put(automerge::ROOT, "place", w.grids[0].to_string()).unwrap();
        });
        let body = gridwalk_core::documents::change_body(&change).to_vec();
        let verdicts = hand.offer(&w, Id { actor, counter: 9 }, &[vec![(Id { actor, counter: 1 }, 0, 5, body)]]).await;
        assert_eq!(verdicts[0].code, word);
    }
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_app_does_not_know_it_keeps_until_its_update() {
    let w = World::start(333, 2).await;
    let a = older_phone(&w, 1).await;
    let b = w.worker(2, "g00").await;
    let unit = w.desk.phone.run(AddUnit { sort: "department".into(), name: "城管".into(), phone: String::new() }).unwrap().value;
    let case = b.phone.run(report(w.grids[0], "井盖松动")).unwrap().value;
    b.phone.run(step(case, "accept", "")).unwrap();
    b.phone.run(step(case, "handle", "已围挡")).unwrap();
    b.phone.run(tenure(w.households[0], "自有")).unwrap();
    w.settle(&[&b, &a]).await;
    w.desk.phone.run(EditUnit { unit, name: Some("城市管理".into()), phone: None }).unwrap();
    w.settle(&[&a, &b]).await;
    let status = a.phone.status().unwrap();
    assert_eq!((status.after_update, status.unreadable, status.unsent), (1, 0, 0));
    assert_eq!(a.phone.export_json(unit).unwrap()["kind"], serde_json::Value::Null);
    // A step that it does not know is among the others; where the report stands it does not say.
    let (view, Story { steps, .. }) = a.phone.report(case).unwrap();
    assert_eq!(view.status, "unknown");
    assert_eq!(steps.iter().map(|s| (s.kind.as_str(), s.applied)).collect::<Vec<_>>(), [("accept", true), ("handle", true)]);
    assert!(a.phone.reports(&gridwalk_core::reports::ReportFilter::default(), None, 10).unwrap().iter().any(|r| r.id == case), "it is not hidden");
    for kind in ["accept", "feed_back", "close", "supervise"] {
        let refused: Error = a.phone.run(step(case, kind, "说明")).unwrap_err();
        assert!(refused.message_zh().contains("更新应用后可看"), "{kind}: {refused}");
    }
    a.phone.run(step(case, "note", "我也看见了")).unwrap();
    w.settle(&[&a, &b]).await;
    assert_eq!(w.ask("SELECT count(*) || '' FROM case_steps").await, ["3"]);

    // Updated without a network: everything is there.
    let seen = b.phone.report(case).unwrap().0.status;
    let a = updated(a);
    assert_eq!((a.phone.status().unwrap().after_update, one(&a, "SELECT name FROM units")), (0, "城市管理".to_owned()));
    assert_eq!((a.phone.report(case).unwrap().0.status, seen), ("handling".to_owned(), "handling".to_owned()));
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_a_device_and_a_generation_are_judged_of_every_version() {
    let w = World::start(334, 1).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    w.settle(&[&a, &b]).await;
    let home = w.households[0];
    // From years ahead: with a field nobody knows here, with a role that may not, in another's name; and as another's device.
    let mut hand = Hand::of(&a);
    (hand.recorded, hand.written) = (DICTIONARY_VERSION + 9, DICTIONARY_VERSION + 9);
    let doc = a.phone.store().read(|c| gridwalk_core::store::load(c, home)).unwrap().unwrap().automerge().clone();
    let (own, others) = (hand.actor(1), Hand::of(&b).actor(2));
    let mut offered = BTreeMap::new();
    for (name, actor, key) in [("field", own, "x_ray"), ("role", own, "place"), ("device", others, "x_ray")] {
        use automerge::transaction::Transactable;
        let change = made(&doc, actor, |tx| {
            let field = tx.put_object(automerge::ROOT, key, automerge::ObjType::Map).unwrap();
            tx.put(&field, "value", w.grids[1].to_string()).unwrap();
            tx.put(&field, "by", person(&b).to_string()).unwrap();
            tx.put(&field, "at", 1_i64).unwrap();
        });
        let body = gridwalk_core::documents::change_body(&change).to_vec();
        let verdicts = hand.offer(&w, Id { actor: own, counter: 9 }, &[vec![(home, 0, 2, body)]]).await;
        offered.insert(name, (verdicts[0].code, verdicts[0].reason.clone()));
    }
    let expected = [("device", (VerdictCode::Refused, Some("actor".to_owned()))), ("field", (VerdictCode::Held, None)), ("role", (VerdictCode::Held, None))];
    assert_eq!(offered, BTreeMap::from(expected));
    assert_eq!(w.ask("SELECT reason FROM verdicts").await, ["actor"], "what is held leaves nothing at the hub");
    // Erased: no version writes to it any more.
    let resident_id = first_resident(&a.phone, home);
    let target = gridwalk_hub::admin::Target::Resident { household: home, resident: resident_id, keep_photos: false };
    gridwalk_hub::admin::erase(&w.hub.hub, &w.hub.tenant, &target).await.unwrap();
    let change = made(&doc, hand.actor(3), |tx| automerge::transaction::Transactable::put(tx, automerge::ROOT, "x_ray", 1_i64).unwrap());
    let body = gridwalk_core::documents::change_body(&change).to_vec();
    let verdicts = hand.offer(&w, Id { actor: own, counter: 9 }, &[vec![(home, 0, 2, body)]]).await;
    assert_eq!(verdicts[0].code, VerdictCode::Generation);
    w.hub.stop().await;
}
