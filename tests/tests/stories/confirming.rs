//! Confirming (核对): what stands is still so. Who and when of each fact then name the confirmation, and nothing else changes.

use gridwalk_core::error::ErrorKind;
use gridwalk_core::phone::FactView;
use gridwalk_core::records::{Confirm, EditRecord};
use gridwalk_core::rules::Role;
use gridwalk_core::sync::Asked;
use gridwalk_core::{Id, Phone};
use gridwalk_hub::admin::{self, Target};
use gridwalk_tests::harness::Device;
use serde_json::json;

use crate::raw::{holds, hub_bytes, phone_bytes};
use crate::world::{World, first_resident, person};

fn fact(phone: &Phone, record: Id, path: &str) -> FactView {
    let facts = phone.facts(record).unwrap();
    assert!(facts.iter().all(|fact| !fact.path.contains("confirmed")), "a mark is no fact of its own");
    facts.into_iter().find(|fact| fact.path == path && fact.shown).unwrap()
}

/// Who last wrote or confirmed it, and whether they confirmed it.
fn said(phone: &Phone, record: Id, path: &str) -> (String, bool) {
    let fact = fact(phone, record, path);
    (fact.by_name, fact.confirmed)
}

fn name(number: u64, confirmed: bool) -> (String, bool) {
    (format!("网格员{number}"), confirmed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_still_so_is_confirmed_and_changes_nothing() {
    let w = World::start(620, 2).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let home = w.households[0];
    let who = first_resident(&a.phone, home);
    let (name_path, tag_path) = (format!("residents/{who}/name"), format!("residents/{who}/tag:低保"));
    a.phone.run(EditRecord::of_entry(home, who, json!({"tags": ["低保"], "phone": "13800001234"}))).unwrap();
    w.settle(&[&a, &b]).await;
    let before = b.phone.household(home).unwrap();
    w.pass(3600, &[&a, &b]);
    // One field of the record, and one of an entry.
    let done = b.phone.run(Confirm::of(home, &["address", &format!("residents/{who}/tags")])).unwrap();
    assert_eq!((done.value, said(&b.phone, home, "address"), said(&b.phone, home, &tag_path)), (home, name(2, true), name(2, true)));
    assert_eq!((fact(&b.phone, home, "address").at, said(&b.phone, home, &name_path).1), (b.phone.now().unwrap(), false));
    let row = &b.phone.unsent(None, 1).unwrap().rows[0];
    assert_eq!((row.zh.as_str(), row.document), ("核对", home));
    w.settle(&[&a, &b]).await;
    for device in [&a, &w.desk] {
        assert_eq!((said(&device.phone, home, "address"), said(&device.phone, home, &tag_path)), (name(2, true), name(2, true)));
    }
    // All of it, a second time and by another person: the later one is named.
    w.pass(3600, &[&a, &b]);
    a.phone.run(Confirm::of(home, &[])).unwrap();
    w.settle(&[&a, &b]).await;
    for path in ["address", &name_path, &tag_path, &format!("residents/{who}/phone")] {
        assert_eq!(said(&b.phone, home, path), name(1, true), "{path}");
    }
    let mut after = b.phone.household(home).unwrap();
    assert_eq!((after.unsent, after.conflict), (false, false));
    (after.unsent, after.conflict) = (before.unsent, before.conflict);
    assert_eq!(after, before);
    assert!(b.phone.record(home).unwrap().fields.iter().all(|field| !field.key.contains("confirmed")));
    // An edit comes after it again.
    w.pass(60, &[&a, &b]);
    b.phone.run(EditRecord::of(home, json!({"address": "新门牌1号"}))).unwrap();
    assert_eq!(said(&b.phone, home, "address"), name(2, false));
    // Set back to what was confirmed, it is the new writing that counts.
    w.pass(60, &[&a, &b]);
    b.phone.run(EditRecord::of(home, json!({"address": before.address}))).unwrap();
    assert_eq!(said(&b.phone, home, "address"), name(2, false));

    for path in ["nonsense", "tenure", "residents/nobody/name"] {
        let e = a.phone.run(Confirm::of(home, &[path])).unwrap_err();
        assert_eq!((e.kind(), e.field()), (ErrorKind::Invalid, Some(path)), "{e}");
    }
    assert_eq!(a.phone.run(Confirm::of(person(&a), &["address"])).unwrap_err().kind(), ErrorKind::Invalid);
    let guide = Device::enrolled(w.dir.path(), 3, &w.hub.invite(Role::GridGuide, Some("g00"), "指导员").await.unwrap()).await.unwrap();
    assert_eq!(guide.phone.run(Confirm::of(home, &[])).unwrap_err().kind(), ErrorKind::NotAllowed, "who keeps nothing of it up to date confirms nothing");
    w.settle(&[&a, &b, &guide]).await;
    w.assert_agreement(&[&a, &b, &guide]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_confirm_agree_and_a_confirmation_undoes_no_edit() {
    let w = World::start(621, 3).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let (home, edited, disputed) = (w.households[0], w.households[1], w.households[2]);
    // Offline, at the same time.
    w.pass(3600, &[&a, &b]);
    a.phone.run(Confirm::of(home, &[])).unwrap();
    w.pass(5, &[&a, &b]);
    b.phone.run(Confirm::of(home, &[])).unwrap();
    b.phone.run(EditRecord::of(edited, json!({"address": "0幢1室(东)"}))).unwrap();
    w.pass(5, &[&a, &b]);
    a.phone.run(Confirm::of(edited, &["address"])).unwrap();
    // Each confirms what the other replaced, and both edit: that is a conflict of the edits alone.
    for (device, address) in [(&a, "甲"), (&b, "乙")] {
        device.phone.run(EditRecord::of(disputed, json!({"address": address}))).unwrap();
        w.pass(5, &[&a, &b]);
        device.phone.run(Confirm::of(disputed, &["address"])).unwrap();
    }
    w.settle(&[&a, &b]).await;
    for device in [&a, &b, &w.desk] {
        assert_eq!(device.phone.conflicts().unwrap().iter().map(|c| (c.document, c.path.as_str())).collect::<Vec<_>>(), [(disputed, "address")]);
        assert!(said(&device.phone, home, "address").1);
        let address = fact(&device.phone, edited, "address");
        assert_eq!((address.value, address.by_name.as_str(), address.confirmed), (json!("0幢1室(东)"), "网格员2", false), "who confirmed had not seen it");
    }
    assert_eq!(a.phone.run(Confirm::of(disputed, &["address"])).unwrap_err().kind(), ErrorKind::InConflict);
    // What is in conflict is left out of the whole, and nothing is confirmed of it.
    a.phone.run(Confirm::of(disputed, &[])).unwrap();
    w.settle(&[&a, &b]).await;
    assert_eq!(w.ask(&format!("SELECT DISTINCT doc FROM conflicts WHERE path LIKE '%confirmed%' OR doc <> '{disputed}'")).await, Vec::<String>::new());
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmation_that_runs_again_confirms_what_was_seen_alone() {
    let w = World::start(622, 2).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let (home, other) = (w.households[0], w.households[1]);
    w.pass(3600, &[&a, &b]);
    // It rests on a record that is taken back while it stays: it runs again. Meanwhile another address came in.
    let wrong = a.phone.run(EditRecord::of(home, json!({"tenure": "出租"}))).unwrap();
    a.phone.run(Confirm::of(home, &["address", "tenure"])).unwrap();
    a.phone.run(Confirm::of(other, &["address"])).unwrap();
    b.phone.run(EditRecord::of(home, json!({"address": "后来的地址"}))).unwrap();
    b.sync().await.unwrap();
    a.phone.sync_as(Asked::Background, |_| {}).await.unwrap();
    assert_eq!(a.phone.household(home).unwrap().address, "后来的地址");
    a.phone.take_back(wrong.command, &[]).unwrap();
    assert_eq!((said(&a.phone, home, "address"), said(&a.phone, other, "address")), (name(2, false), name(1, true)));
    assert_eq!(a.phone.household(home).unwrap().tenure, "");
    w.settle(&[&a, &b]).await;
    assert_eq!((said(&b.phone, home, "address"), said(&b.phone, other, "address")), (name(2, false), name(1, true)));
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_confirmed_of_a_resident_is_erased_with_them() {
    let w = World::start(623, 1).await;
    let a = w.worker(1, "g00").await;
    let home = w.households[0];
    let who = first_resident(&a.phone, home);
    a.phone.run(EditRecord::of_entry(home, who, json!({"name": "欧阳鑫淼", "phone": "13912345678"}))).unwrap();
    w.settle(&[&a]).await;
    w.pass(3600, &[&a]);
    a.phone.run(Confirm::of(home, &[])).unwrap();
    w.settle(&[&a]).await;
    assert!(holds(&phone_bytes(&a), "13912345678"));
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Resident { household: home, resident: who, keep_photos: false }).await.unwrap();
    w.settle(&[&a]).await;
    for device in [&a, &w.desk] {
        assert!(!holds(&phone_bytes(device), "欧阳鑫淼") && !holds(&phone_bytes(device), "13912345678"));
    }
    let hub = hub_bytes(&w).await;
    assert!(!holds(&hub, "欧阳鑫淼") && !holds(&hub, "13912345678"));
    assert!(said(&a.phone, home, "address").1, "of the rest it stays known");
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}
