//! A lift, closed and not solved (the case's part of S10): a demand from a resident, working hours and days over the National Day, evaluated as not solved,
//! taken up again under its number, and too late the second time. Left to later work: the study by three bodies and the split of a grid within it, the page, the figures.

use gridwalk_core::Id;
use gridwalk_core::cases::AddStep;
use gridwalk_core::clock::beijing;
use gridwalk_core::demands::RaiseDemand;
use gridwalk_core::records::{AddEntry, EditRecord};
use gridwalk_core::rules::Role;
use serde_json::json;

use crate::office::{Office, clock, clock_view, does};
use crate::world::text;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lift_is_closed_and_not_solved() {
    let amounts =
        [("report.accept", "2 working hours"), ("report.finish", "7 working days"), ("report.reopened", "3 working days"), ("report.reopen", "7 days")];
    let o = Office::open(1500, "2026-09-21 08:30", &amounts).await;
    let (worker, resident) = (o.worker(1, "g00").await, o.person(2, Role::Resident, "居民甲").await);
    let phones = [&worker, &resident];
    o.at("2026-09-21 08:50", &phones);
    let demand = resident.phone.run(RaiseDemand::of(json!({"title": "电梯停运"}))).unwrap().value;
    o.settle(&phones).await;
    let case: Id = text(&o.w.desk.phone, "SELECT report FROM demands")[0].parse().unwrap();
    o.w.desk.phone.run(EditRecord::of(case, json!({"place": o.w.grids[0].to_string()}))).unwrap();
    o.settle(&phones).await;
    assert_eq!(clock(&worker, case, "accept", "").0, "2026-09-21 11:00");
    o.at("2026-09-21 09:30", &phones);
    does(&o.w.desk, AddStep::new(case, "accept")).await;
    o.settle(&phones).await;
    assert_eq!(clock(&worker, case, "finish", "").0, "2026-10-08 17:00");
    assert_eq!(
        text(&resident.phone, "SELECT until || '' FROM demand_steps WHERE kind = 'accept'"),
        [clock_view(&worker, case, "finish", "").ends_at.unwrap().to_string()]
    );

    o.at("2026-09-30 15:00", &phones);
    does(&o.w.desk, AddStep::new(case, "feed_back").note("已修复")).await;
    worker.sync().await.unwrap();
    worker.phone.run(AddStep::new(case, "verify").note("已能运行")).unwrap();
    worker.sync().await.unwrap();
    o.at("2026-09-30 16:40", &phones);
    o.w.desk.sync().await.unwrap();
    does(&o.w.desk, AddStep::new(case, "close")).await;
    o.settle(&phones).await;
    assert_eq!(clock(&worker, case, "reopen", "").0, "2026-10-07 16:40");

    let evaluates = |solved: bool, satisfied: &str| AddEntry::to(demand, "evaluations", json!({"solved": solved, "satisfied": satisfied}));
    o.at("2026-10-03 11:00", &phones);
    resident.phone.run(evaluates(false, "unsatisfied")).unwrap();
    o.settle(&phones).await;
    assert_eq!(o.w.desk.phone.report(case).unwrap().0.status, "accepted", "the same case");
    assert_eq!(clock(&worker, case, "finish", "").0, "2026-10-10 17:00", "a Saturday that is worked");
    o.at("2026-10-09 14:00", &phones);
    does(&o.w.desk, AddStep::new(case, "feed_back").note("更换主板")).await;
    o.at("2026-10-09 15:00", &phones);
    does(&o.w.desk, AddStep::new(case, "close")).await;
    o.settle(&phones).await;
    o.at("2026-10-12 10:00", &phones);
    resident.phone.run(evaluates(true, "satisfied")).unwrap();
    o.settle(&phones).await;
    o.at("2026-10-20 10:00", &phones);
    let told = resident.phone.run(evaluates(false, "unsatisfied")).unwrap_err();
    assert!(told.to_string().contains("the time to reopen ended 2026-10-16 15:00; raise a new one"), "{told}");
    assert!(o.w.desk.phone.run(AddStep::new(case, "reopen").note("又停了")).unwrap_err().to_string().contains("2026-10-16 15:00"));
    let (view, story) = o.w.desk.phone.report(case).unwrap();
    let said: Vec<String> = story.steps.iter().filter(|s| s.kind == "evaluate").flat_map(|s| s.carries.iter().map(|c| c.text.clone())).collect();
    assert_eq!((view.status.as_str(), said), ("closed", vec!["否".to_owned(), "不满意".into(), "是".into(), "满意".into()]));
    assert_eq!(beijing(view.status_since), "2026-10-09 15:00");
    assert_eq!(o.w.ask("SELECT count(*) || '' FROM reports").await, ["1"]);
    o.w.assert_agreement(&[&worker, &resident, &o.street]).await;
    o.w.hub.stop().await;
}
