//! Wrong clocks: anchored by the hub where there was one, said to be unproven where there was none, never in others' way.

use gridwalk_core::reports::AddStep;
use gridwalk_tests::harness::{Device, MORNING, report};

use crate::world::{World, text, visit};

const DAY: i64 = 86_400;

fn times(device: &Device) -> Vec<String> {
    text(&device.phone, "SELECT note || ' ' || at || ' ' || unanchored FROM visits ORDER BY note")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wall_clock_days_wrong_spoils_nothing_where_the_boot_is_anchored() {
    let w = World::start(80, 3).await;
    let ahead = w.worker(1, "g00").await;
    let behind = w.worker(2, "g00").await;
    ahead.clock.shift_wall(3 * DAY);
    behind.clock.shift_wall(-3 * DAY);
    w.pass(600, &[&ahead, &behind]);
    ahead.phone.run(visit(w.households[0], "快")).unwrap();
    behind.phone.run(visit(w.households[1], "慢")).unwrap();
    // Asleep for six hours: that time counts.
    w.pass(6 * 3600, &[&ahead, &behind]);
    ahead.phone.run(visit(w.households[2], "醒")).unwrap();
    w.settle(&[&ahead, &behind]).await;
    let at = MORNING + 600;
    let expected = [format!("快 {at} 0"), format!("慢 {at} 0"), format!("醒 {} 0", at + 6 * 3600)];
    for device in [&ahead, &behind, &w.desk] {
        let mut seen = times(device);
        seen.sort();
        let mut expected = expected.to_vec();
        expected.sort();
        assert_eq!(seen, expected);
    }
    assert_eq!(ahead.phone.now().unwrap(), w.hub.hub.now());
    w.assert_agreement(&[&ahead, &behind]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_wall_clock_and_no_anchor_neither_stops_enrolment_nor_sync() {
    let w = World::start(81, 1).await;
    for (n, shift) in [(1, 3 * DAY), (2, -3 * DAY)] {
        let device = Device::open(w.dir.path(), n).unwrap();
        device.clock.shift_wall(shift);
        let invite = w.hub.invite(gridwalk_core::rules::Role::GridWorker, Some("g00"), &format!("钟{n}")).await.unwrap();
        device.phone.enrol(&invite, None).await.unwrap();
        device.sync().await.unwrap();
        // Rebooted without a signal: the hub names its time, and the phone signs again with it.
        device.clock.reboot();
        device.phone.run(visit(w.households[0], &format!("{n}"))).unwrap();
        device.sync().await.unwrap();
        w.settle(&[&device]).await;
        w.assert_agreement(&[&device]).await;
    }
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unproven_time_is_corrected_everywhere_by_an_anchor_found_later() {
    let w = World::start(82, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    let home = w.households[0];
    a.clock.reboot();
    a.clock.shift_wall(40 * DAY);
    w.pass(3600, &[&a, &b]);
    let recorded = w.hub.hub.now();
    a.phone.run(visit(home, "无信号")).unwrap();
    let wrong = recorded + 40 * DAY;
    assert_eq!(times(&a), [format!("无信号 {wrong} 1")]);
    w.pass(1800, &[&a, &b]);
    let done = a.sync().await.unwrap();
    assert_eq!(done.refused, 0);
    w.settle(&[&a, &b]).await;
    for device in [&a, &b, &w.desk] {
        assert_eq!(times(device), [format!("无信号 {recorded} 0")]);
        let due = text(&device.phone, &format!("SELECT due_at || '' FROM due WHERE household = '{home}'"));
        assert_eq!(due, [(recorded + 30 * DAY).to_string()]);
    }
    assert_eq!(w.ask("SELECT at || ' ' || unanchored FROM visits").await, [format!("{recorded} 0")]);
    w.assert_agreement(&[&a, &b]).await;
    // Nothing more is sent for it.
    assert_eq!(a.sync().await.unwrap().sent, 0);
    // A boot that never met a hub stays unproven, and says so.
    a.clock.reboot();
    a.phone.run(visit(w.households[1], "从未校准")).unwrap();
    a.clock.reboot();
    w.settle(&[&a, &b]).await;
    assert!(times(&b)[0].ends_with(" 1"), "{:?}", times(&b));
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_phones_steps_do_not_reorder_those_of_others() {
    let w = World::start(83, 1).await;
    let a = w.worker(1, "g00").await;
    let wrong = w.worker(2, "g00").await;
    let report = a.phone.run(report(w.grids[0], "井盖缺失")).unwrap().value;
    w.settle(&[&a, &wrong]).await;
    let step = |kind: &str, note: &str| AddStep { report, kind: kind.into(), note: note.into() };
    wrong.clock.reboot();
    wrong.clock.shift_wall(3 * DAY);
    wrong.phone.run(step("note", "三天后的钟")).unwrap();
    wrong.sync().await.unwrap();
    for kind in ["accept", "handle", "feed_back", "close"] {
        w.pass(60, &[&a, &wrong]);
        a.sync().await.unwrap();
        a.phone.run(step(kind, "办理")).unwrap();
        a.sync().await.unwrap();
    }
    w.settle(&[&a, &wrong]).await;
    for device in [&a, &wrong, &w.desk] {
        let (view, steps) = device.phone.report(report).unwrap();
        assert_eq!(view.status, "closed");
        let order: Vec<&str> = steps.iter().map(|s| s.kind.as_str()).filter(|k| !["note", "settled"].contains(k)).collect();
        assert_eq!(order, ["accept", "handle", "feed_back", "close"]);
    }
    w.assert_agreement(&[&a, &wrong]).await;
    w.hub.stop().await;
}

/// Found by simulation: seed 359 of the first generation. The visit was taken, its time refused as out of scope.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_found_with_the_reply_that_withdraws_its_household_is_taken() {
    let w = World::start(83, 1).await;
    let a = w.worker(1, "g00").await;
    let home = w.households[0];
    a.clock.reboot();
    w.move_to(home, w.grids[1]).await;
    a.clock.shift_wall(40 * DAY);
    w.pass(3600, &[&a]);
    let recorded = w.hub.hub.now();
    a.phone.run(visit(home, "无信号")).unwrap();
    w.settle(&[&a]).await;
    assert!(a.phone.status().unwrap().quarantine.is_empty() && a.phone.household(home).is_err());
    assert_eq!(times(&w.desk), [format!("无信号 {recorded} 0")]);
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}
