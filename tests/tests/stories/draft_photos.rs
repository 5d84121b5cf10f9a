//! Photos of drafts beside sync: nobody hears of them before the record is there; they go with what the draft is about.

use gridwalk_core::Id;
use gridwalk_core::records::EditRecord;
use gridwalk_core::reports::RaiseReport;
use gridwalk_hub::admin::{self, Target};
use gridwalk_tests::harness::report;
use gridwalk_tests::pictures::jpeg;
use serde_json::json;

use crate::photos::{files, kept, sync};
use crate::world::{World, first_resident, visit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_of_a_draft_travels_with_the_record_and_not_before() {
    let w = World::start(630, 2).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let home = w.households[0];
    let ids: Vec<Id> = (0..3).map(|_| a.phone.new_command_id().unwrap()).collect();
    a.phone.save_draft("visit", Some(home), ids[0], &json!({"note": "半句"})).unwrap();
    for (n, photo) in ids[1..].iter().enumerate() {
        a.phone.add_draft_photo("visit", Some(home), *photo, &jpeg(600, 400, n as u64)).unwrap();
    }
    let report = sync(&a).await;
    assert_eq!((report.sent, report.unsent), (0, 0));
    assert!(kept(&w).await.is_empty() && w.ask("SELECT doc FROM photos").await.is_empty());
    assert_eq!(files(&a).len(), 4, "no sync sweeps them");
    let visit = a.phone.run_as(ids[0], visit(home, "整句")).unwrap().value;
    assert_eq!(sync(&a).await.sent, 4);
    sync(&b).await;
    let photos = b.phone.photos_of(visit).unwrap();
    assert_eq!((photos.len(), photos.iter().all(|p| p.thumbnail_here && p.by_name == "网格员1")), (2, true));
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_go_with_whoever_is_erased_and_what_left_the_phone() {
    let w = World::start(631, 2).await;
    let a = w.worker(1, "g00").await;
    let (home, moved) = (w.households[0], w.households[1]);
    let who = first_resident(&a.phone, home);
    let ids: Vec<Id> = (0..6).map(|_| a.phone.new_command_id().unwrap()).collect();
    for (n, (form, about)) in [("visit", Some(home)), ("visit", Some(moved)), ("report", None)].into_iter().enumerate() {
        a.phone.save_draft(form, about, ids[n], &json!({})).unwrap();
        a.phone.add_draft_photo(form, about, ids[n + 3], &jpeg(600, 400, n as u64)).unwrap();
    }
    assert_eq!(files(&a).len(), 6);
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Resident { household: home, resident: who, keep_photos: false }).await.unwrap();
    w.settle(&[&a]).await;
    assert_eq!((a.phone.drafts().unwrap().len(), files(&a).len()), (2, 4));
    w.desk.phone.run(EditRecord::of(moved, json!({"place": w.grids[1].to_string()}))).unwrap();
    w.settle(&[&a]).await;
    assert_eq!((a.phone.drafts().unwrap().len(), files(&a).len()), (1, 2));
    let raised = a.phone.run_as(ids[2], RaiseReport { detail: "三单元".into(), ..report(w.grids[0], "路灯不亮") }).unwrap().value;
    assert_eq!((a.phone.photos_of(raised).unwrap().len(), a.phone.report(raised).unwrap().0.photos), (1, 1));
    w.hub.stop().await;
}
