//! A closed report that breaks again: whoever says so is heard at the desk, and it is taken up again under its number.

use gridwalk_core::cases::AddStep;
use gridwalk_core::records::AddEntry;
use gridwalk_core::reports::{RaiseReport, ReportFilter, Stage};
use gridwalk_core::rules::Role;
use gridwalk_core::{ErrorKind, Id};
use gridwalk_tests::harness::{Device, report};
use serde_json::json;

use crate::world::{World, text};

fn step(report: Id, kind: &str, note: &str) -> AddStep {
    AddStep::new(report, kind).note(note)
}

fn listed(device: &Device, stage: Stage, text: &str) -> Vec<Id> {
    let filter = ReportFilter { stage, text: text.into(), ..ReportFilter::default() };
    device.phone.reports(&filter, None, 50).unwrap().into_iter().map(|r| r.id).collect()
}

async fn closes(device: &Device, case: Id) {
    for (kind, note) in [("feed_back", "已换"), ("close", "")] {
        device.phone.run(step(case, kind, note)).unwrap();
    }
    device.sync().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_report_comes_back() {
    let w = World::start(74, 1).await;
    let a = w.worker(1, "g00").await;
    let case = a.phone.run(report(w.grids[0], "三单元路灯不亮")).unwrap().value;
    assert!(a.phone.report(case).unwrap().0.unsent);
    w.settle(&[&a]).await;
    assert!(!a.phone.report(case).unwrap().0.unsent);
    closes(&w.desk, case).await;
    w.settle(&[&a]).await;
    let settled = format!("SELECT count(*) || '' FROM case_steps WHERE doc = '{case}' AND kind = 'settled'");
    assert_eq!(w.ask(&settled).await, ["1"]);
    for device in [&a, &w.desk] {
        assert_eq!((listed(device, Stage::Open, ""), listed(device, Stage::Closed, ""), listed(device, Stage::All, "路灯")), (vec![], vec![case], vec![case]));
    }

    // A note on it is seen, and closing once more answers it.
    a.phone.run(step(case, "note", "又坏了")).unwrap();
    w.settle(&[&a]).await;
    assert_eq!(listed(&w.desk, Stage::Open, ""), [case]);
    assert_eq!(w.desk.phone.report(case).unwrap().0.notes_since, 1);
    assert_eq!(w.ask("SELECT notes_since || '' FROM reports").await, ["1"], "the hub counts it too");
    w.desk.phone.run(step(case, "close", "")).unwrap();
    w.settle(&[&a]).await;
    assert_eq!(listed(&a, Stage::Open, ""), []);

    // It is taken up again, and closed again: both endings are settled.
    assert_eq!(a.phone.run(step(case, "reopen", " ")).unwrap_err().kind(), ErrorKind::Invalid, "a reason is asked for");
    a.phone.run(step(case, "reopen", "又坏了")).unwrap();
    w.settle(&[&a]).await;
    let now = w.desk.phone.report(case).unwrap().0;
    assert_eq!((now.status.as_str(), now.holder.as_str(), now.by_name.as_str()), ("accepted", "community", "网格员1"));
    closes(&w.desk, case).await;
    w.settle(&[&a]).await;
    assert_eq!(w.ask(&settled).await, ["2"]);
    assert_eq!(a.phone.report(case).unwrap().0.status, "closed");
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_raised_it_takes_it_up_again_and_no_other_reader() {
    let w = World::start(75, 1).await;
    let resident = Device::enrolled(w.dir.path(), 1, &w.hub.invite(Role::Resident, None, "居民甲").await.unwrap()).await.unwrap();
    let guide = Device::enrolled(w.dir.path(), 2, &w.hub.invite(Role::GridGuide, Some("g00"), "指导员").await.unwrap()).await.unwrap();
    let own = RaiseReport { place: None, ..report(w.grids[0], "井盖缺失") };
    let own = resident.phone.run(own).unwrap().value;
    let grids = w.desk.phone.run(report(w.grids[0], "路灯不亮")).unwrap().value;
    w.settle(&[&resident, &guide]).await;
    let case = text(&w.desk.phone, "SELECT report FROM demands")[0].parse().unwrap();
    let unsolved = || AddEntry::to(own, "evaluations", json!({"solved": false, "satisfied": "unsatisfied", "note": "就在本社区"}));
    assert_eq!(resident.phone.run(unsolved()).unwrap_err().kind(), ErrorKind::Invalid, "it has not come to an end");
    w.desk.phone.run(step(case, "decline", "不在本社区")).unwrap();
    closes(&w.desk, grids).await;
    w.settle(&[&resident, &guide]).await;
    assert_eq!(guide.phone.run(step(grids, "reopen", "没修好")).unwrap_err().kind(), ErrorKind::NotAllowed);
    resident.phone.run(unsolved()).unwrap();
    w.settle(&[&resident, &guide]).await;
    assert_eq!(w.desk.phone.report(case).unwrap().0.status, "raised");
    assert_eq!(text(&resident.phone, "SELECT kind FROM demand_steps ORDER BY taken_at, step"), ["decline", "reopen"]);
    assert!(resident.phone.status().unwrap().quarantine.is_empty());
    w.assert_agreement(&[&resident, &guide]).await;
    w.hub.stop().await;
}
