//! The thinnest whole path: a community is imported, two phones enrol, visit offline and sync; the other phone and the hub see it.

use gridwalk_core::rules::Role;
use gridwalk_hub::import::{import, mapping::Mapping};
use gridwalk_tests::harness::{Device, TestHub};
use gridwalk_tests::replay::{Known, Walker};
use gridwalk_tests::workload::{Scene, Spec, make};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_of_two_grids_reaches_every_phone_and_the_hub() {
    let dir = tempfile::tempdir().unwrap();
    let hub = TestHub::start(&dir.path().join("hub"), 1).await.unwrap();
    let community = make(&Spec { scene: Scene::Standard, households: 80, grids: Some(2), days: 1, seed: 1 });
    community.write(&dir.path().join("files")).unwrap();
    for file in ["households", "reports", "activities"] {
        let done = import(&hub.hub, &hub.tenant, &dir.path().join(format!("files/{file}.jsonl")), &Mapping::default(), |_, _| {}).await.unwrap();
        assert_eq!(done.rejected, 0, "{file}");
        let again = import(&hub.hub, &hub.tenant, &dir.path().join(format!("files/{file}.jsonl")), &Mapping::default(), |_, _| {}).await.unwrap();
        assert_eq!((again.added, again.known), (0, done.added), "{file} twice changes nothing");
    }
    let known = Known::of(&hub.hub, &hub.tenant).await.unwrap();
    let invite = hub.invite(Role::GridWorker, Some("g00"), "张网格").await.unwrap();
    let a = Device::enrolled(dir.path(), 1, &invite).await.unwrap();
    let b = Device::enrolled(dir.path(), 2, &hub.invite(Role::GridWorker, Some("g00"), "李网格").await.unwrap()).await.unwrap();
    let desk = Device::enrolled(dir.path(), 3, &hub.invite(Role::Cadre, None, "王书记").await.unwrap()).await.unwrap();
    assert_eq!(a.phone.today(None, 50).unwrap().len(), 40);

    let mut walker = Walker::default();
    let mut done = 0;
    for operation in community.day.iter().filter(|o| o.by() == "w00") {
        a.clock.advance_to(operation.at());
        hub.clock.advance_to(operation.at());
        walker.perform(&a.phone, &known, operation).unwrap();
        done += 1;
    }
    let report = a.sync().await.unwrap();
    assert_eq!((report.requests, report.refused, report.rerun), (1, 0, 0));
    assert_eq!(report.sent, done);
    b.sync().await.unwrap();
    desk.sync().await.unwrap();
    let status = a.phone.status().unwrap();
    assert_eq!(status.unsent, 0);
    let (mine, theirs) = (a.phone.heads().unwrap(), b.phone.heads().unwrap());
    // Each has their own person's document beside the grid's.
    let common: Vec<_> = mine.iter().filter(|(id, _)| theirs.iter().any(|(t, _)| t == id)).collect();
    assert!(common.len() >= mine.len() - 1);
    for (id, heads) in &common {
        assert_eq!(Some(heads), theirs.iter().find(|(t, _)| t == id).map(|(_, h)| h));
    }
    let all = desk.phone.heads().unwrap();
    for (id, heads) in &mine {
        assert_eq!(Some(heads), all.iter().find(|(t, _)| t == id).map(|(_, h)| h), "{id} at the desk");
    }
    hub.stop().await;
}
