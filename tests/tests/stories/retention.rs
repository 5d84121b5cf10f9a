//! What was kept long enough goes by the community's own rules: a preview first, then everywhere, and it does not come back.

use gridwalk_core::cases::AddStep;
use gridwalk_core::reports::RaiseReport;
use gridwalk_core::settings::SetRetention;
use gridwalk_hub::admin::{self, Applied};
use gridwalk_tests::harness::report;

use crate::raw::{holds, hub_bytes, phone_bytes};
use crate::world::{World, notes, text, visit};

const DAY: i64 = 86_400;
const WORDS: &str = "三楼管道渗水，欧阳师傅电话13987654321";
const STEP: &str = "已请物业更换水管";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_go_and_closed_reports_lose_their_words() {
    let w = World::start(210, 3).await;
    let a = w.worker(1, "g00").await;
    let away = w.worker(2, "g00").await;
    let home = w.households[0];
    a.phone.run(visit(home, "头一次走访，家中无恙")).unwrap();
    let case = a.phone.run(RaiseReport { detail: WORDS.into(), category: "0101".into(), ..report(w.grids[0], "管道渗水") }).unwrap().value;
    for (kind, note) in [("accept", ""), ("handle", ""), ("feed_back", STEP), ("close", "")] {
        a.phone.run(AddStep::new(case, kind).note(note)).unwrap();
    }
    let open = a.phone.run(report(w.grids[0], "路灯不亮")).unwrap().value;
    w.settle(&[&a, &away]).await;
    let closed_at = a.phone.report(case).unwrap().0.status_since;
    // Away for more than a year, with work on what goes meanwhile.
    away.phone.run(AddStep::new(case, "note").note("补充：欧阳师傅又来过")).unwrap();

    // The community's rules are its own; nothing is due yet.
    let settings = w.desk.phone.settings().unwrap();
    assert_eq!((settings.retention, settings.retention_daily), (vec![("report".into(), 36), ("visit".into(), 36)], false));
    let rule = |months: &[(&str, i64)]| SetRetention {
        settings: settings.id,
        months: months.iter().map(|(kind, months)| ((*kind).to_owned(), *months)).collect(),
        daily: None,
    };
    assert!(w.desk.phone.run(rule(&[("visit", 11)])).is_err() && w.desk.phone.run(rule(&[("household", 12)])).is_err());
    assert!(a.phone.run(rule(&[("visit", 12)])).is_err(), "set at the desk alone");
    w.desk.phone.run(rule(&[("visit", 12), ("report", 13)])).unwrap();
    w.settle(&[&a]).await;
    w.pass(200 * DAY, &[&a, &away]);
    a.phone.run(visit(home, "半年后走访")).unwrap();
    w.settle(&[&a]).await;
    assert!(admin::preview_retention(&w.hub.hub, &w.hub.tenant).await.unwrap().is_empty());
    w.pass(180 * DAY, &[&a, &away]);
    let due = admin::preview_retention(&w.hub.hub, &w.hub.tenant).await.unwrap();
    assert_eq!(due.iter().map(|d| (d.kind, d.grid.as_str(), d.count)).collect::<Vec<_>>(), [("visit", "g00", 1)]);
    w.pass(30 * DAY, &[&a, &away]);
    let due = admin::preview_retention(&w.hub.hub, &w.hub.tenant).await.unwrap();
    assert_eq!(due.iter().map(|d| (d.kind, d.count, d.oldest_at)).collect::<Vec<_>>()[1], ("report", 1, closed_at));

    assert!(holds(&hub_bytes(&w).await, WORDS) && holds(&phone_bytes(&a), WORDS), "what is looked for can be found");
    let done = admin::apply_retention(&w.hub.hub, &w.hub.tenant, "admin").await.unwrap();
    assert_eq!(done, Applied { visits: 1, reports: 1 });
    assert_eq!(admin::apply_retention(&w.hub.hub, &w.hub.tenant, "admin").await.unwrap(), Applied::default(), "and that is all");
    w.settle(&[&a, &away]).await;
    for device in [&a, &away, &w.desk] {
        let bytes = phone_bytes(device);
        for gone in [WORDS, STEP, "管道渗水", "头一次走访"] {
            assert!(!holds(&bytes, gone), "phone {} still has {gone}", device.number);
        }
        assert_eq!(notes(&device.phone), ["半年后走访"]);
        // What figures need stays.
        let kept = text(&device.phone, &format!("SELECT status || ' ' || category || ' ' || status_since || ' ' || place FROM reports WHERE doc = '{case}'"));
        assert_eq!(kept, [format!("closed 0101 {closed_at} {}", w.grids[0])]);
        assert!(device.phone.report(case).unwrap().1.steps.len() >= 4);
        assert_eq!(device.phone.report(open).unwrap().0.title, "路灯不亮");
    }
    let hub = hub_bytes(&w).await;
    assert!([WORDS, STEP, "管道渗水", "头一次走访"].iter().all(|gone| !holds(&hub, gone)));
    assert_eq!(w.ask("SELECT verb || ' ' || detail FROM audit_log WHERE verb = 'retention'").await, ["retention visits 1, reports 1"]);
    // The late step found a report whose words are gone; it is a fact of its own, and has its own end.
    assert_eq!(away.phone.status().unwrap().quarantine.len(), 0);
    w.assert_agreement(&[&a, &away]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_change_to_what_went_has_a_final_answer() {
    let w = World::start(211, 2).await;
    let a = w.worker(1, "g00").await;
    let away = w.worker(2, "g00").await;
    let home = w.households[0];
    // Without a trusted time it waits for one; by the time it is found the visit is gone.
    a.phone.run(visit(home, "将到期")).unwrap();
    w.settle(&[&a, &away]).await;
    let set = SetRetention { settings: w.desk.phone.settings().unwrap().id, months: vec![("visit".into(), 12)], daily: Some(true) };
    w.desk.phone.run(set).unwrap();
    w.desk.sync().await.unwrap();
    w.pass(380 * DAY, &[&a, &away]);
    let backup = w.dir.path().join("backup.db");
    admin::backup(&w.hub.hub, &backup).await.unwrap();
    // A serving hub does it by itself, once a day, where the community wants that.
    admin::apply_daily(&w.hub.hub, &w.hub.tenant).await.unwrap();
    assert_eq!(w.ask("SELECT by_whom || ' ' || detail FROM audit_log WHERE verb = 'retention'").await, ["hub visits 1, reports 0"]);
    admin::apply_daily(&w.hub.hub, &w.hub.tenant).await.unwrap();
    w.settle(&[&a, &away]).await;
    assert!(notes(&a.phone).is_empty() && notes(&away.phone).is_empty());
    // A backup from before does not bring it back.
    let w = w.restart(1211, Some(&backup), &[&a, &away]).await;
    w.settle(&[&a, &away]).await;
    assert!(notes(&a.phone).is_empty() && notes(&away.phone).is_empty());
    assert!(w.ask("SELECT note FROM visits").await.is_empty());
    // After a while nothing of it is told to anyone any more.
    w.pass(70 * DAY, &[&a, &away]);
    admin::apply_retention(&w.hub.hub, &w.hub.tenant, "admin").await.unwrap();
    assert_eq!(w.ask("SELECT count(*) || '' FROM entries WHERE doc IN (SELECT doc FROM documents WHERE erased_at IS NOT NULL)").await, ["0"]);
    w.settle(&[&a, &away]).await;
    w.assert_agreement(&[&a, &away]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_starts_with_its_clock_far_ahead_drops_nothing() {
    let w = World::start(212, 2).await;
    let a = w.worker(1, "g00").await;
    for note in ["第一次", "第二次", "第三次"] {
        a.phone.run(visit(w.households[0], note)).unwrap();
    }
    let case = a.phone.run(report(w.grids[0], "管道渗水")).unwrap().value;
    for (kind, note) in [("accept", ""), ("handle", ""), ("feed_back", STEP), ("close", "")] {
        a.phone.run(AddStep::new(case, kind).note(note)).unwrap();
    }
    let set = SetRetention { settings: w.desk.phone.settings().unwrap().id, months: vec![("visit".into(), 12), ("report".into(), 12)], daily: Some(true) };
    w.desk.phone.run(set).unwrap();
    w.settle(&[&a]).await;
    // Several times on one day, as someone tries who does not see why it goes wrong.
    w.hub.clock.shift_wall(1500 * DAY);
    for _ in 0..3 {
        admin::apply_daily(&w.hub.hub, &w.hub.tenant).await.unwrap();
        assert_eq!(admin::apply_retention(&w.hub.hub, &w.hub.tenant, "admin").await.unwrap(), Applied::default());
        assert!(admin::preview_retention(&w.hub.hub, &w.hub.tenant).await.unwrap().is_empty());
        w.settle(&[&a]).await;
        w.pass(7200, &[&a]);
    }
    // A phone that comes while it is wrong gets what it is to have.
    let new = w.worker(3, "g00").await;
    w.hub.clock.shift_wall(-1500 * DAY);
    w.settle(&[&a, &new]).await;
    assert_eq!((notes(&a.phone).len(), notes(&new.phone).len(), w.ask("SELECT note FROM visits").await.len()), (3, 3, 3));
    assert_eq!(w.ask("SELECT title FROM reports").await, ["管道渗水"]);
    w.assert_agreement(&[&a, &new]).await;
    // With the right clock the rules go on as ever.
    w.pass(380 * DAY, &[&a, &new]);
    admin::apply_daily(&w.hub.hub, &w.hub.tenant).await.unwrap();
    assert!(w.ask("SELECT note FROM visits").await.is_empty());
    w.hub.stop().await;
}
