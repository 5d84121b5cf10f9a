//! Four rules for the department that was asked first (S7): it stays responsible, a joint meeting, what is settled at once, and who returned what in
//! time. Left to later work: the month's bulletin as a page of the desk, and what the resident sees of it.

use gridwalk_core::cases::AddStep;
use gridwalk_core::clock::beijing;
use gridwalk_core::rules::Role;
use gridwalk_tests::harness::report;

use crate::office::{Office, clock, does};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_department_that_was_asked_first_stays_responsible() {
    let o = Office::open(1470, "2026-04-29 09:00", &[("report.return", "2 working days"), ("report.finish_whistled", "7 working days")]).await;
    let a = o.worker(1, "g00").await;
    let (water, plumber) = o.unit(2, "水务局").await;
    let (housing, builder) = o.unit(3, "住建局").await;
    let (city, officer) = o.unit(4, "城管局").await;
    let phones = [&a, &plumber, &builder, &officer];

    let case = a.phone.run(report(o.w.grids[0], "地下室积水")).unwrap().value;
    o.settle(&[&a]).await;
    does(&o.w.desk, AddStep::new(case, "accept")).await;
    does(&o.w.desk, AddStep::new(case, "whistle").with("whistle", 1)).await;
    o.at("2026-04-30 10:00", &phones);
    o.street.sync().await.unwrap();
    let dispatch = AddStep::new(case, "dispatch").with("lead", water.to_string()).with("assisting", vec![housing.to_string()]);
    does(&o.street, dispatch).await;
    o.settle(&phones).await;
    for device in [&o.street, &o.w.desk, &a, &plumber, &builder] {
        assert_eq!(clock(device, case, "return", "水务局").0, "2026-05-07 17:00");
        assert_eq!(clock(device, case, "return", "住建局").0, "2026-05-07 17:00");
        assert_eq!(clock(device, case, "finish", "").0, "2026-05-13 17:00", "05-09 is a Saturday that is worked");
    }
    // The water bureau's phone hears nothing more from now on.
    o.at("2026-05-07 16:40", &phones);
    assert!(builder.phone.run(AddStep::new(case, "return")).is_err(), "a return says why");
    does(&builder, AddStep::new(case, "return").note("属于水务设施")).await;
    o.street.sync().await.unwrap();
    let story = o.street.phone.story(case).unwrap();
    assert!(story.steps.last().unwrap().applied);
    assert_eq!(story.units.iter().map(|u| (u.name.as_str(), u.until.is_some())).collect::<Vec<_>>(), [("水务局", false), ("住建局", true)]);
    assert_eq!(o.street.phone.report(case).unwrap().0.status, "dispatched", "who leads has it still");

    o.at("2026-05-08 09:30", &phones);
    does(&o.street, AddStep::new(case, "ask").with("assisting", vec![city.to_string()])).await;
    officer.sync().await.unwrap();
    assert_eq!(clock(&officer, case, "return", "城管局").0, "2026-05-11 17:00");
    builder.sync().await.unwrap();
    assert!(builder.phone.report(case).is_err(), "what was given back leaves the phone");

    o.at("2026-05-09 10:00", &phones);
    does(&o.street, AddStep::new(case, "meet").note("三方会商")).await;
    o.at("2026-05-09 11:00", &phones);
    officer.sync().await.unwrap();
    does(&officer, AddStep::new(case, "settle_part").note("占道物品已清理")).await;
    does(&o.street, AddStep::new(case, "share_out").note("余下由水务局办理")).await;
    assert_eq!(clock(&o.street, case, "finish", "").0, "2026-05-13 17:00", "no clock stops");
    assert!(o.street.phone.report(case).unwrap().0.lead_name == "水务局", "the lead stays");

    // Too late: the step stands with its reason, and who was asked first stays responsible.
    o.at("2026-05-12 10:00", &phones);
    plumber.phone.run(AddStep::new(case, "return").note("管网不归我局")).unwrap();
    plumber.sync().await.unwrap();
    o.street.sync().await.unwrap();
    for device in [&o.street, &plumber] {
        let late = device.phone.story(case).unwrap().steps.into_iter().rfind(|s| s.kind == "return").unwrap();
        assert_eq!((late.applied, late.why_zh.as_str()), (false, "时限 2026-05-07 17:00 已过"));
        assert_eq!(device.phone.report(case).unwrap().0.lead_name, "水务局");
    }
    o.at("2026-05-12 16:00", &phones);
    assert_eq!(clock(&o.street, case, "finish", "").1, "green");
    assert_eq!(clock(&a, case, "finish", "").1, "green");
    o.at("2026-05-13 09:00", &phones);
    // The grid worker's phone has not synced since the dispatch: the same colours.
    for device in [&o.street, &o.w.desk, &a] {
        assert_eq!(clock(device, case, "finish", "").1, "yellow");
    }
    o.at("2026-05-14 09:00", &phones);
    for device in [&o.street, &o.w.desk, &a] {
        assert_eq!(clock(device, case, "finish", "").1, "red");
    }
    // Only the street presses.
    assert!(o.w.desk.phone.run(AddStep::new(case, "supervise").note("请抓紧")).is_err());
    does(&o.street, AddStep::new(case, "supervise").note("请抓紧")).await;
    o.at("2026-05-14 11:00", &phones);
    plumber.sync().await.unwrap();
    does(&plumber, AddStep::new(case, "feed_back").note("已修复排水")).await;
    o.settle(&phones).await;
    let finish = o.street.phone.story(case).unwrap().clocks.into_iter().find(|c| c.clock == "finish").unwrap();
    assert_eq!((beijing(finish.stopped_at.unwrap()), finish.colour.as_str()), ("2026-05-14 11:00".into(), "red"));
    o.w.assert_agreement(&[&a, &o.street, &plumber, &officer, &builder]).await;
    o.w.hub.stop().await;
}

/// Its wall clock says that it is in time, and the phone was restarted: the hub decides by when it took it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_return_that_came_after_its_limit_stays_without_effect() {
    let o = Office::open(1471, "2026-04-30 09:00", &[("report.return", "2 working days")]).await;
    let a = o.worker(1, "g00").await;
    let (water, plumber) = o.unit(2, "水务局").await;
    let case = a.phone.run(report(o.w.grids[0], "地下室积水")).unwrap().value;
    o.settle(&[&a]).await;
    does(&o.w.desk, AddStep::new(case, "whistle").with("whistle", 1)).await;
    o.street.sync().await.unwrap();
    does(&o.street, AddStep::new(case, "dispatch").with("lead", water.to_string())).await;
    plumber.sync().await.unwrap();
    o.at("2026-05-12 10:00", &[&a, &plumber]);
    // Its wall clock says that it is still in time, and it was restarted, so that nobody can say better until it syncs.
    plumber.clock.reboot();
    plumber.clock.shift_wall(-7 * 86_400);
    plumber.phone.run(AddStep::new(case, "return").note("管网不归我局")).unwrap();
    assert_eq!(plumber.phone.report(case).unwrap().0.status, "whistled", "as far as the phone knows");
    o.settle(&[&a, &plumber]).await;
    for device in [&o.street, &o.w.desk, &a, &plumber] {
        let (view, story) = device.phone.report(case).unwrap();
        let late = story.steps.iter().find(|s| s.kind == "return").unwrap();
        assert_eq!((view.status.as_str(), late.applied, late.why_en.as_str()), ("dispatched", false, "limit 2026-05-07 17:00"));
    }
    o.w.assert_agreement(&[&a, &o.street, &plumber]).await;
    o.w.hub.stop().await;
}

/// Two at the street dispatch offline: the last in order holds, both see that they differ, until one step names both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_dispatch_differently_are_both_told() {
    let o = Office::open(1472, "2026-04-20 09:00", &[]).await;
    let (a, other) = (o.worker(1, "g00").await, o.person(7, Role::StreetDispatcher, "街道乙").await);
    let (water, plumber) = o.unit(2, "水务局").await;
    let (city, officer) = o.unit(3, "城管局").await;
    let case = a.phone.run(report(o.w.grids[0], "井盖缺失")).unwrap().value;
    o.settle(&[&a]).await;
    does(&o.w.desk, AddStep::new(case, "whistle").with("whistle", 1)).await;
    o.settle(&[&other]).await;
    let phones = [&a, &other, &plumber, &officer];
    let to = |lead: gridwalk_core::Id| AddStep::new(case, "dispatch").with("lead", lead.to_string());
    let first = o.street.phone.run(to(water)).unwrap().value;
    o.at("2026-04-20 09:10", &phones);
    let second = other.phone.run(to(city)).unwrap().value;
    o.settle(&phones).await;
    let disputed =
        |device: &gridwalk_tests::harness::Device| device.phone.story(case).unwrap().steps.iter().filter(|s| s.disputed).map(|s| s.id).collect::<Vec<_>>();
    for device in [&o.street, &other, &a, &o.w.desk] {
        assert_eq!((disputed(device), device.phone.report(case).unwrap().0.lead_name.as_str()), (vec![first, second], "城管局"));
    }
    // Of the unit that has it no more nobody speaks for the other.
    assert!(plumber.phone.run(AddStep::new(case, "return").note("不归我局")).is_err());
    does(&other, to(water).with("replaces", format!("{first} {second}"))).await;
    o.settle(&phones).await;
    for device in [&o.street, &other, &a] {
        assert_eq!((disputed(device), device.phone.report(case).unwrap().0.lead_name.as_str()), (vec![], "水务局"));
    }
    assert_eq!(o.street.phone.report(case).unwrap().0.first_asked_name, "水务局");
    o.w.assert_agreement(&[&a, &other, &o.street, &plumber, &officer]).await;
    o.w.hub.stop().await;
}
