//! Taking back (收回) beside sync: what nobody asked to send waits a minute; what went anywhere is never taken back.

use gridwalk_core::Id;
use gridwalk_core::error::ErrorKind;
use gridwalk_core::rules::Role;
use gridwalk_core::sync::{Asked, SyncReport};
use gridwalk_hub::admin::{self, Target};
use gridwalk_tests::harness::Device;
use serde_json::json;

use crate::raw::{holds, phone_bytes};
use crate::world::{World, first_resident, notes, visit};

async fn in_background(device: &Device) -> SyncReport {
    device.phone.sync_as(Asked::Background, |_| {}).await.unwrap()
}

fn takeable(device: &Device) -> Vec<(Id, bool)> {
    device.phone.unsent(None, 50).unwrap().rows.iter().map(|row| (row.id, row.can_take_back)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_in_the_background_leaves_a_minute_to_take_back() {
    let w = World::start(610, 2).await;
    let a = w.worker(1, "g00").await;
    let home = w.households[0];
    let old = a.phone.run(visit(home, "早")).unwrap();
    a.clock.advance(30);
    let young = a.phone.run(visit(home, "误")).unwrap();
    a.clock.advance(31);
    let report = in_background(&a).await;
    assert_eq!((report.sent, report.young), (1, 1), "61 s old it goes, 31 s old it stays");
    assert_eq!(takeable(&a), [(young.command, true)]);
    assert_eq!(a.phone.take_back(old.command, &[]).unwrap_err().kind(), ErrorKind::NotFound);
    a.phone.take_back(young.command, &[]).unwrap();
    assert_eq!(in_background(&a).await.young, 0);
    assert_eq!(notes(&a.phone), ["早"]);

    // What is not taken back goes a minute later, also in the background; another boot counts as older.
    a.phone.run(visit(home, "留")).unwrap();
    assert_eq!(in_background(&a).await.young, 1);
    a.clock.advance(60);
    assert_eq!((in_background(&a).await.young, a.phone.status().unwrap().unsent), (0, 0));
    a.phone.run(visit(home, "重启")).unwrap();
    a.clock.reboot();
    assert_eq!(in_background(&a).await.young, 0);
    // A person that syncs sends everything.
    a.phone.run(visit(home, "亲自")).unwrap();
    assert_eq!(a.sync().await.unwrap().young, 0);
    w.settle(&[&a]).await;
    assert_eq!(w.ask("SELECT note FROM visits ORDER BY note").await.len(), 4);
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_closed_once_is_marked_for_good() {
    let w = World::start(611, 2).await;
    let a = w.worker(1, "g00").await;
    let home = w.households[0];
    // Closed for a request that never arrived; then handed to a carrier.
    let sent = a.phone.run(visit(home, "一")).unwrap();
    a.phone.prepare_sync(&w.hub.url(), 0).unwrap();
    assert_eq!(a.phone.take_back(sent.command, &[]).unwrap_err().kind(), ErrorKind::Invalid);
    let handed = a.phone.run(visit(home, "二")).unwrap();
    assert_eq!(takeable(&a), [(handed.command, true), (sent.command, false)]);
    a.phone.export_bundles(&w.dir.path().join("carried.gwc")).unwrap();
    assert_eq!(takeable(&a), [(handed.command, false), (sent.command, false)]);
    // A new enrolment closes everything anew: the mark stays.
    let person = a.phone.status().unwrap().tenants[0].person.parse().unwrap();
    let invite = w.hub.invite_again(Role::GridWorker, Some("g00"), person).await.unwrap();
    a.phone.enrol(&invite, None).await.unwrap();
    assert_eq!(takeable(&a), [(handed.command, false), (sent.command, false)]);
    let fresh = a.phone.run(visit(home, "三")).unwrap();
    assert_eq!(in_background(&a).await.young, 1, "what is left of before goes, what is fresh stays");
    assert_eq!(takeable(&a), [(fresh.command, true)]);
    a.phone.take_back(fresh.command, &[]).unwrap();
    w.settle(&[&a]).await;
    assert_eq!(w.ask("SELECT note FROM visits ORDER BY note").await, ["一", "二"]);
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drafts_about_whoever_is_erased_are_in_no_byte() {
    let w = World::start(612, 2).await;
    let a = w.worker(1, "g00").await;
    let (home, kept) = (w.households[0], w.households[1]);
    let who = first_resident(&a.phone, home);
    let ids: Vec<Id> = (0..3).map(|_| a.phone.new_command_id().unwrap()).collect();
    a.phone.save_draft("resident.edit", Some(home), ids[0], &json!({"name": "欧阳鑫淼草稿"})).unwrap();
    a.phone.save_draft("report", None, ids[1], &json!({"about": home.to_string(), "title": "欧阳家漏水草稿"})).unwrap();
    a.phone.save_draft("visit", Some(kept), ids[2], &json!({"note": "邻居一切都好草稿"})).unwrap();
    assert!(["欧阳鑫淼草稿", "欧阳家漏水草稿"].iter().all(|text| holds(&phone_bytes(&a), text)));
    let target = Target::Resident { household: home, resident: who, keep_photos: false };
    admin::erase(&w.hub.hub, &w.hub.tenant, &target).await.unwrap();
    w.settle(&[&a]).await;
    for text in ["欧阳鑫淼草稿", "欧阳家漏水草稿"] {
        assert!(!holds(&phone_bytes(&a), text), "{text}");
    }
    assert_eq!(a.phone.drafts().unwrap().len(), 1);

    // A household that leaves the phone takes its drafts along.
    let edit = gridwalk_tests::roster::EditHousehold {
        household: kept,
        address: None,
        tenure: None,
        state: None,
        visit_every_days: None,
        position: None,
        place: Some(w.grids[1]),
    };
    w.desk.phone.run(edit).unwrap();
    w.settle(&[&a]).await;
    assert!(a.phone.household(kept).is_err() && a.phone.drafts().unwrap().is_empty());
    assert_eq!(a.phone.save_draft("visit", Some(kept), ids[2], &json!({})).unwrap_err().kind(), ErrorKind::NotFound);
    w.hub.stop().await;
}
