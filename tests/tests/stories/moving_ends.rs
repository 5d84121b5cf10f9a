//! Ends of clocks that move: a year that is announced only later, a calendar that is replaced, a case that stands still, a time that is found to be
//! another. Each worked out by hand.

use gridwalk_core::Id;
use gridwalk_core::cases::{AddStep, SetAmount};
use gridwalk_core::clock::beijing;
use gridwalk_core::records::EditRecord;
use gridwalk_hub::admin;
use gridwalk_tests::harness::{Device, report};
use serde_json::json;

use crate::office::{Office, clock, clock_view, does, holidays_of_2026};

async fn announce(o: &Office, name: &str, days: &str) {
    let file = o.w.dir.path().join(name);
    std::fs::write(&file, days).unwrap();
    admin::add_calendar(&o.w.hub.hub, &o.w.hub.tenant, &file, name).await.unwrap();
}

/// A report that was accepted now, with its clock of five working days.
async fn accepted(o: &Office, a: &Device) -> Id {
    let case = a.phone.run(report(o.w.grids[0], "路灯不亮")).unwrap().value;
    a.phone.run(AddStep::new(case, "accept")).unwrap();
    o.settle(&[a]).await;
    case
}

const FIVE: &[(&str, &str)] = &[("report.finish", "5 working days")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_that_is_announced_later_moves_an_end_once() {
    let o = Office::open(1560, "2026-12-29 10:00", FIVE).await;
    let a = o.worker(1, "g00").await;
    let case = accepted(&o, &a).await;
    assert_eq!(clock(&a, case, "finish", "").0, "2027-01-05 17:00", "by weekends, for now");
    announce(&o, "2027.csv", "2027-01-01,holiday,元旦\n2027-01-02,holiday,元旦\n2027-01-03,holiday,元旦\n").await;
    o.settle(&[&a]).await;
    for device in [&a, &o.w.desk] {
        assert_eq!(clock(device, case, "finish", "").0, "2027-01-06 17:00");
        assert!(device.phone.story(case).unwrap().steps.iter().all(|step| step.kind != "calendar"), "no day that was announced changed");
    }
    o.w.assert_agreement(&[&a, &o.street]).await;
    o.w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calendar_that_is_replaced_moves_running_clocks_by_a_step() {
    let o = Office::open(1561, "2026-04-27 10:00", FIVE).await;
    let a = o.worker(1, "g00").await;
    let (case, done) = (accepted(&o, &a).await, accepted(&o, &a).await);
    a.phone.run(AddStep::new(done, "feed_back").note("已换")).unwrap();
    o.settle(&[&a]).await;
    assert_eq!(clock(&a, case, "finish", "").0, "2026-05-07 17:00");
    announce(&o, "again.csv", &format!("{}2026-05-06,holiday,劳动节\n", holidays_of_2026())).await;
    o.settle(&[&a]).await;
    for device in [&a, &o.w.desk] {
        let finish = clock_view(device, case, "finish", "");
        assert_eq!((beijing(finish.ends_at.unwrap()), beijing(finish.first_ends_at.unwrap())), ("2026-05-08 17:00".into(), "2026-05-07 17:00".into()));
        assert_eq!(device.phone.story(case).unwrap().steps.iter().filter(|step| step.kind == "calendar").count(), 1);
        assert_eq!(clock(device, done, "finish", "").0, "2026-05-07 17:00", "what was stopped stays");
    }
    // Nobody but the hub moves clocks.
    assert!(o.w.desk.phone.run(AddStep::new(case, "calendar")).is_err());
    o.w.assert_agreement(&[&a, &o.street]).await;
    o.w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_that_stands_still_ends_later_by_the_working_days_it_stood() {
    let o = Office::open(1562, "2026-04-20 10:00", FIVE).await;
    let a = o.worker(1, "g00").await;
    let case = accepted(&o, &a).await;
    assert_eq!(clock(&a, case, "finish", "").0, "2026-04-27 17:00");
    o.at("2026-04-22 10:00", &[&a]);
    does(&o.w.desk, AddStep::new(case, "suspend").note("等待配件")).await;
    o.at("2026-04-24 08:00", &[&a]);
    a.sync().await.unwrap();
    assert_eq!((a.phone.report(case).unwrap().0.status.as_str(), clock(&a, case, "finish", "").1.as_str()), ("suspended", ""));
    o.at("2026-04-24 15:00", &[&a]);
    does(&o.w.desk, AddStep::new(case, "resume")).await;
    o.settle(&[&a]).await;
    let finish = clock_view(&a, case, "finish", "");
    assert_eq!((beijing(finish.ends_at.unwrap()), beijing(finish.first_ends_at.unwrap())), ("2026-04-29 17:00".into(), "2026-04-27 17:00".into()));
    assert_eq!(a.phone.report(case).unwrap().0.status, "accepted", "where it was before");
    o.w.assert_agreement(&[&a, &o.street]).await;
    o.w.hub.stop().await;
}

/// The phone was restarted and its wall clock is two days ahead: the end that it reckoned is the hub's to correct once the time is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_follows_the_time_that_is_found_later() {
    let o = Office::open(1563, "2026-04-20 10:00", FIVE).await;
    let a = o.worker(1, "g00").await;
    a.clock.reboot();
    a.clock.shift_wall(2 * 86_400);
    let case = a.phone.run(report(o.w.grids[0], "路灯不亮")).unwrap().value;
    a.phone.run(AddStep::new(case, "accept")).unwrap();
    assert_eq!(clock(&a, case, "finish", "").0, "2026-04-29 17:00", "by the phone's own clock");
    a.clock.shift_wall(-2 * 86_400);
    o.settle(&[&a]).await;
    o.settle(&[&a]).await;
    for device in [&a, &o.w.desk] {
        assert_eq!(clock(device, case, "finish", "").0, "2026-04-27 17:00");
    }
    o.w.assert_agreement(&[&a, &o.street]).await;
    o.w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_set_later_moves_no_end_that_stands() {
    let o = Office::open(1564, "2026-04-20 10:00", FIVE).await;
    let a = o.worker(1, "g00").await;
    let case = accepted(&o, &a).await;
    o.at("2026-04-20 14:00", &[&a]);
    let settings = o.w.desk.phone.settings().unwrap().id;
    o.w.desk.phone.run(SetAmount { settings, setting: "report.finish".into(), amount: "1 working day".into() }).unwrap();
    o.w.desk.phone.run(EditRecord::of(settings, json!({"office_hours": "08:00-12:00,13:00-16:00"}))).unwrap();
    o.settle(&[&a]).await;
    does(&a, AddStep::new(case, "note").note("已联系")).await;
    o.settle(&[&a]).await;
    assert_eq!(clock(&a, case, "finish", "").0, "2026-04-27 17:00", "as it was promised");
    let later = accepted(&o, &a).await;
    assert_eq!(clock(&a, later, "finish", "").0, "2026-04-21 16:00");
    // Empty is the default again.
    o.at("2026-04-20 15:00", &[&a]);
    o.w.desk.phone.run(SetAmount { settings, setting: "report.finish".into(), amount: String::new() }).unwrap();
    o.settle(&[&a]).await;
    let last = accepted(&o, &a).await;
    assert_eq!(clock(&a, last, "finish", "").0, "2026-04-27 15:00");
    o.w.assert_agreement(&[&a, &o.street]).await;
    o.w.hub.stop().await;
}
