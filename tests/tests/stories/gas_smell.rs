//! A gas smell, told three times on a holiday (S6): one case, three demands; who told it sees their own alone. Left to later work: the resident's page
//! without an account (here a resident's phone), the report in two taps on a screen, and the month's figures as a page.

use gridwalk_core::Id;
use gridwalk_core::cases::AddStep;
use gridwalk_core::clock::beijing;
use gridwalk_core::demands::{MergeDemand, RaiseDemand, TakeApart};
use gridwalk_core::reports::{ReportFilter, Stage};
use gridwalk_core::rules::Role;
use gridwalk_tests::harness::Device;
use serde_json::json;

use crate::office::{Office, clock_view, does};
use crate::raw::{holds, phone_bytes};
use crate::world::text;

fn case_of(device: &Device, demand: Id) -> Id {
    text(&device.phone, &format!("SELECT report FROM demands WHERE doc = '{demand}'"))[0].parse().unwrap()
}

fn told(device: &Device) -> Vec<String> {
    text(&device.phone, "SELECT kind FROM demand_steps ORDER BY taken_at, step")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gas_smell_is_told_three_times_on_a_holiday() {
    let o = Office::open(1460, "2026-02-22 19:00", &[("report.arrive", "30 minutes")]).await;
    let (one, two, three) = (o.person(1, Role::Rider, "骑手一").await, o.person(2, Role::Rider, "骑手二").await, o.person(3, Role::Rider, "骑手三").await);
    let resident = o.person(4, Role::Resident, "居民甲").await;
    let (gas, fitter) = o.unit(5, "燃气公司").await;
    let (property, caretaker) = o.unit(6, "小区物业").await;
    let phones = [&one, &two, &three, &resident, &fitter, &caretaker];

    o.at("2026-02-22 19:58", &phones);
    let first = one.phone.run(RaiseDemand::of(json!({"title": "七栋有煤气味", "urgency": "紧急", "detail": "骑手一的原话"}))).unwrap().value;
    o.at("2026-02-22 20:03", &phones);
    let second = two.phone.run(RaiseDemand::of(json!({"title": "七栋煤气味很大", "urgency": "紧急", "detail": "骑手二的原话"}))).unwrap().value;
    two.sync().await.unwrap();
    o.at("2026-02-22 20:10", &phones);
    let words = json!({"title": "楼道里煤气味", "detail": "我在家闻到的", "phone": "13900007788", "reporter": "甄居民"});
    let third = resident.phone.run(RaiseDemand::of(words)).unwrap().value;
    resident.sync().await.unwrap();

    o.at("2026-02-22 20:12", &phones);
    o.w.desk.sync().await.unwrap();
    let (case, thirds) = (case_of(&o.w.desk, second), case_of(&o.w.desk, third));
    assert_ne!(case, thirds, "each has a case of its own at first");
    does(&o.w.desk, AddStep::new(case, "accept")).await;
    o.w.desk.phone.run(MergeDemand::of(third, case)).unwrap();
    o.at("2026-02-22 20:14", &phones);
    does(&o.w.desk, AddStep::new(case, "whistle").with("whistle", 3)).await;
    o.at("2026-02-22 20:15", &phones);
    o.street.sync().await.unwrap();
    does(&o.street, AddStep::new(case, "dispatch").with("lead", gas.to_string()).with("assisting", vec![property.to_string()])).await;
    o.settle(&[&fitter, &caretaker, &two, &resident]).await;
    let arrive = clock_view(&fitter, case, "arrive", "");
    assert_eq!(beijing(arrive.ends_at.unwrap()), "2026-02-22 20:45", "in natural minutes, on a holiday");
    // The lead reads whom to call, who assists does not.
    assert_eq!(text(&fitter.phone, "SELECT phone FROM demands WHERE phone <> ''"), ["13900007788"]);
    assert!(text(&caretaker.phone, "SELECT doc FROM demands").is_empty() && caretaker.phone.report(case).is_ok());

    o.at("2026-02-22 20:38", &phones);
    does(&fitter, AddStep::new(case, "arrive")).await;
    let arrive = clock_view(&fitter, case, "arrive", "");
    assert_eq!((arrive.stopped_at.unwrap() - arrive.starts_at, arrive.colour.as_str()), (23 * 60, ""), "23 minutes");
    o.at("2026-02-22 20:40", &phones);
    one.sync().await.unwrap();
    o.w.desk.sync().await.unwrap();
    let firsts = case_of(&o.w.desk, first);
    assert_eq!(beijing(o.w.desk.phone.report(firsts).unwrap().0.at), "2026-02-22 19:58", "its own, proven time");
    o.w.desk.phone.run(MergeDemand::of(first, case)).unwrap();
    o.settle(&phones).await;
    let finish = |device: &Device| clock_view(device, case, "arrive", "").starts_at;
    assert_eq!(beijing(finish(&fitter)), "2026-02-22 20:15", "no clock starts again");
    assert_eq!(o.w.desk.phone.report(firsts).unwrap().0.status, "merged");

    o.at("2026-02-22 21:30", &phones);
    does(&fitter, AddStep::new(case, "feed_back").note("阀门已更换")).await;
    o.settle(&phones).await;
    for device in [&one, &two, &resident] {
        assert_eq!(told(device), ["accept", "whistle", "dispatch", "arrive", "feed_back"]);
        assert_eq!(text(&device.phone, "SELECT note FROM demand_steps WHERE note <> ''"), ["阀门已更换"]);
        assert_eq!(device.phone.list("report", &Default::default()).unwrap().rows.len(), 0, "who else told it, nobody hears");
    }
    assert_eq!(o.w.ask("SELECT count(*) || '' FROM reports WHERE status <> 'merged'").await, ["1"]);
    assert_eq!(o.w.ask("SELECT count(*) || '' FROM demands").await, ["3"]);
    // No byte of what the others told lies on these phones.
    for (device, others) in [
        (&two, &["骑手一的原话", "我在家闻到的", "13900007788", "甄居民", "骑手一"][..]),
        (&three, &["骑手一的原话", "骑手二的原话", "我在家闻到的", "13900007788", "煤气味"][..]),
        (&caretaker, &["骑手一的原话", "骑手二的原话", "我在家闻到的", "13900007788", "甄居民"][..]),
    ] {
        let bytes = phone_bytes(device);
        assert!(others.iter().all(|words| !holds(&bytes, words)), "phone {}", device.number);
    }
    let bytes = phone_bytes(&fitter);
    assert!(holds(&bytes, "13900007788") && holds(&bytes, "骑手二的原话"), "the lead's phone has them, so they would have been found");

    // Taken apart, it is a case of its own with its own time.
    o.w.desk.phone.run(TakeApart { demand: first }).unwrap();
    o.settle(&phones).await;
    let view = o.w.desk.phone.report(firsts).unwrap().0;
    assert_eq!((view.status.as_str(), beijing(view.at)), ("raised", "2026-02-22 19:58".to_owned()));
    assert_eq!(case_of(&one, first), firsts);
    o.w.assert_agreement(&[&one, &two, &three, &resident, &fitter, &caretaker, &o.street]).await;
    o.w.hub.stop().await;
}

/// Merged one after the other: what lay under a case goes along when that is merged itself, and what was withdrawn is to be acted on by nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_merged_before_goes_along() {
    let o = Office::open(1461, "2026-04-20 09:00", &[]).await;
    let resident = o.person(1, Role::Resident, "居民甲").await;
    let demands: Vec<Id> = ["甲", "乙", "丙"].map(|title| resident.phone.run(RaiseDemand::of(json!({"title": title}))).unwrap().value).to_vec();
    o.settle(&[&resident]).await;
    let cases: Vec<Id> = demands.iter().map(|demand| case_of(&o.w.desk, *demand)).collect();
    o.w.desk.phone.run(MergeDemand::of(demands[1], cases[0])).unwrap();
    assert!(o.w.desk.phone.run(MergeDemand::of(demands[1], cases[0])).is_err(), "it is there already");
    o.w.desk.phone.run(MergeDemand::of(demands[0], cases[2])).unwrap();
    o.settle(&[&resident]).await;
    assert!(demands.iter().all(|demand| case_of(&o.w.desk, *demand) == cases[2]));
    let open =
        |stage| o.w.desk.phone.reports(&ReportFilter { stage, ..ReportFilter::default() }, None, 9).unwrap().into_iter().map(|r| r.id).collect::<Vec<_>>();
    assert_eq!(open(Stage::Open), [cases[2]]);
    does(&o.w.desk, AddStep::new(cases[2], "withdraw").note("误报")).await;
    assert_eq!((open(Stage::Open).len(), open(Stage::Closed).len()), (0, 3));
    o.settle(&[&resident]).await;
    assert_eq!(told(&resident), ["withdraw"; 3]);
    o.w.assert_agreement(&[&resident, &o.street]).await;
    o.w.hub.stop().await;
}
