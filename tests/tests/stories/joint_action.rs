//! A clean-up that outlasts the Spring Festival (S1): clocks by the calendar, deferred in time, verified offline, never red. Left to later work: the
//! bulletin and the board as pages of the desk.

use gridwalk_core::cases::AddStep;
use gridwalk_core::clock::beijing;
use gridwalk_tests::harness::report;

use crate::office::{Office, clock, clock_view, does};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clean_up_outlasts_the_spring_festival() {
    let amounts = [("report.finish_whistled", "20 working days"), ("report.take_on", "2 working hours")];
    let o = Office::open(1410, "2026-02-13 15:30", &amounts).await;
    let (a, b, other) = (o.worker(1, "g00").await, o.worker(2, "g00").await, o.worker(9, "g01").await);
    let (city, officer) = o.unit(3, "城管局").await;
    let (police, constable) = o.unit(4, "派出所").await;
    let (market, inspector) = o.unit(5, "市场监管所").await;
    let phones = [&a, &b, &other, &officer, &constable, &inspector];

    o.at("2026-02-13 15:40", &phones);
    let case = a.phone.run(report(o.w.grids[0], "无证摊点占道")).unwrap().value;
    o.at("2026-02-13 16:05", &phones);
    o.settle(&[&a]).await;
    o.at("2026-02-13 16:20", &phones);
    does(&o.w.desk, AddStep::new(case, "accept")).await;
    does(&o.w.desk, AddStep::new(case, "whistle").with("whistle", 2).with("platform", "enforcement")).await;
    o.at("2026-02-13 16:30", &phones);
    o.street.sync().await.unwrap();
    does(&o.street, AddStep::new(case, "dispatch").with("lead", city.to_string()).with("assisting", vec![police.to_string(), market.to_string()])).await;
    o.settle(&phones).await;
    for device in [&o.street, &o.w.desk, &a, &b, &officer, &constable, &inspector] {
        assert_eq!(clock(device, case, "take_on", "城管局").0, "2026-02-14 10:30", "a Saturday that is worked");
        assert_eq!(clock(device, case, "finish", "").0, "2026-03-19 17:00", "weekends alone would say 03-13");
    }
    // Police: this case alone, no household. Grid 4: not even a count.
    assert_eq!(constable.phone.list("household", &Default::default()).unwrap().rows.len(), 0);
    assert_eq!(constable.phone.reports(&Default::default(), None, 9).unwrap().len(), 1);
    assert!(other.phone.reports(&Default::default(), None, 9).unwrap().is_empty());

    o.at("2026-02-14 10:10", &phones);
    does(&officer, AddStep::new(case, "take_on")).await;
    assert_eq!(beijing(clock_view(&officer, case, "take_on", "城管局").stopped_at.unwrap()), "2026-02-14 10:10");
    // On a holiday board and a phone that was offline since say the same.
    o.at("2026-02-20 12:00", &phones);
    assert_eq!(clock(&o.street, case, "finish", ""), ("2026-03-19 17:00".into(), "green".into()));
    assert_eq!(clock(&b, case, "finish", ""), ("2026-03-19 17:00".into(), "green".into()));

    o.at("2026-03-18 15:00", &phones);
    officer.sync().await.unwrap();
    assert_eq!(clock(&officer, case, "finish", "").1, "green");
    assert!(officer.phone.run(AddStep::new(case, "defer").with("amount", "5 working days")).is_err(), "it says why");
    does(&officer, AddStep::new(case, "defer").with("amount", "5 working days").note("商户搬迁需要时间")).await;
    o.settle(&phones).await;
    for device in [&o.street, &o.w.desk, &a, &officer, &constable] {
        let finish = clock_view(device, case, "finish", "");
        assert_eq!((beijing(finish.ends_at.unwrap()), beijing(finish.first_ends_at.unwrap())), ("2026-03-26 17:00".into(), "2026-03-19 17:00".into()));
    }
    o.at("2026-03-23 10:00", &phones);
    does(&officer, AddStep::new(case, "feed_back").note("摊点已清理")).await;
    b.sync().await.unwrap();
    o.at("2026-03-24 10:00", &phones);
    b.phone.run(AddStep::new(case, "verify").note("现场已清理干净")).unwrap();
    o.settle(&[&b]).await;
    does(&o.w.desk, AddStep::new(case, "close")).await;
    o.settle(&phones).await;
    for device in [&o.street, &o.w.desk, &a, &officer, &constable, &inspector] {
        let (view, story) = device.phone.report(case).unwrap();
        assert_eq!(view.status, "closed");
        assert!(story.clocks.iter().all(|c| c.clock != "finish" || c.colour != "red"), "never red");
    }
    o.w.assert_agreement(&[&a, &b, &other, &o.street, &officer, &constable, &inspector]).await;
    o.w.hub.stop().await;
}
