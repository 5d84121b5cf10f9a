//! The line breaks anywhere, requests come twice, the hub is down: the end is always the same.

use gridwalk_core::ErrorKind;
use gridwalk_core::rules::Role;
use gridwalk_core::sync::{Answer, HttpHub, Hub, SyncReport};
use gridwalk_tests::harness::Device;
use gridwalk_tests::link::{Cut, Direction, Line, Link};

use crate::world::{World, device_id, household, notes, person, phone_rows, visit};

async fn behind_link(w: &World, number: u64) -> (Link, Device) {
    let link = Link::start(w.hub.address, Line::perfect()).unwrap();
    let invite = w.hub.invite_at(&format!("http://{}", link.addr()), Role::GridWorker, Some("g00"), &format!("网格员{number}")).await.unwrap();
    let device = Device::enrolled(w.dir.path(), number, &invite).await.unwrap();
    (link, device)
}

/// Cuts a small exchange after each byte of `direction`, from `start` in steps of `step`.
async fn cut_everywhere(w: &World, number: u64, direction: Direction, start: u64, step: usize) {
    let (link, device) = behind_link(w, number).await;
    link.reset_counts();
    device.phone.run(visit(w.households[0], &format!("{number} 起"))).unwrap();
    device.sync().await.unwrap();
    let counts = link.counts();
    let size = if direction == Direction::Up { counts.up_bytes } else { counts.down_bytes };
    let (mut tried, mut cuts) = (0, 0);
    for byte in (start..size).step_by(step) {
        let note = format!("{number} {byte}");
        device.phone.run(visit(w.households[0], &note)).unwrap();
        link.cut_after(Cut { direction, bytes: byte });
        let cut = device.sync().await;
        tried += 1;
        // Exchanges differ by what the other phones sent meanwhile: the last bytes are not always there to be cut.
        if let Err(e) = cut {
            cuts += 1;
            assert_eq!(e.kind(), ErrorKind::Offline);
            assert_eq!(device.phone.status().unwrap().unsent, 1);
            device.sync().await.unwrap();
        }
        assert_eq!(device.phone.status().unwrap().unsent, 0);
    }
    assert!(cuts * 4 > tried * 3, "{direction:?}: {cuts} of {tried}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_exchange_cut_after_any_byte_ends_the_same() {
    let w = World::start(50, 1).await;
    // Two phones a direction take turns at the bytes: every byte if asked for, else every fourth.
    let step = if std::env::var_os("GRIDWALK_EVERY_BYTE").is_some() { 2 } else { 8 };
    let offsets = 0..2;
    let runs = offsets.flat_map(|o| [(1 + o, Direction::Up, o), (11 + o, Direction::Down, o)]);
    let all: Vec<_> = runs.map(|(number, direction, offset)| cut_everywhere(&w, number, direction, offset * (step as u64 / 2), step)).collect();
    let mut all = all.into_iter();
    tokio::join!(all.next().unwrap(), all.next().unwrap(), all.next().unwrap(), all.next().unwrap());
    drop(all);
    w.settle(&[]).await;
    let seen = notes(&w.desk.phone);
    let mut once = seen.clone();
    once.dedup();
    assert_eq!(seen, once, "nothing twice");
    w.assert_agreement(&[]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_exchange_cut_at_sampled_bytes_ends_the_same() {
    let w = World::start(51, 60).await;
    let a = w.worker(1, "g00").await;
    for (n, home) in w.households[..60].iter().enumerate() {
        a.phone.run(visit(*home, &format!("{n}"))).unwrap();
    }
    w.settle(&[&a]).await;
    let link = Link::start(w.hub.address, Line::perfect()).unwrap();
    let address = format!("http://{}", link.addr());
    let whole = Device::open(w.dir.path(), 19).unwrap();
    whole.phone.enrol(&w.hub.invite_at(&address, Role::GridWorker, Some("g00"), "不断线").await.unwrap(), None).await.unwrap();
    link.reset_counts();
    whole.sync().await.unwrap();
    let size = link.counts().down_bytes;
    let mut devices = Vec::new();
    for (n, at) in (0..8).map(|n| size * n / 8).enumerate() {
        let invite = w.hub.invite_at(&address, Role::GridWorker, Some("g00"), &format!("断线{n}")).await.unwrap();
        let device = Device::open(w.dir.path(), 20 + n as u64).unwrap();
        device.phone.enrol(&invite, None).await.unwrap();
        device.phone.run(visit_of_nothing(&device)).unwrap_err();
        link.cut_after(Cut { direction: Direction::Down, bytes: at });
        device.sync().await.unwrap_err();
        device.sync().await.unwrap();
        // What it sends, cut as well.
        for (m, home) in w.households[..60].iter().enumerate() {
            device.phone.run(visit(*home, &format!("{n} {m}"))).unwrap();
        }
        link.cut_after(Cut { direction: if n % 2 == 0 { Direction::Up } else { Direction::Down }, bytes: if n % 2 == 0 { at } else { at % 300 } });
        device.sync().await.ok();
        device.sync().await.unwrap();
        devices.push(device);
    }
    let devices: Vec<&Device> = devices.iter().chain([&a]).collect();
    w.settle(&devices).await;
    assert_eq!(notes(&a.phone).len(), 60 * 9);
    w.assert_agreement(&devices).await;
    w.hub.stop().await;
}

fn visit_of_nothing(device: &Device) -> gridwalk_core::visits::RecordVisit {
    visit(device.phone.status().unwrap().tenants[0].person.parse().unwrap(), "")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_cut_anywhere_succeeds_when_tried_again() {
    let w = World::start(52, 2).await;
    let link = Link::start(w.hub.address, Line::perfect()).unwrap();
    let address = format!("http://{}", link.addr());
    for (n, (direction, bytes)) in
        [(Direction::Up, 0), (Direction::Up, 200), (Direction::Down, 0), (Direction::Down, 1), (Direction::Down, 150)].into_iter().enumerate()
    {
        let invite = w.hub.invite_at(&address, Role::GridWorker, Some("g00"), &format!("入网{n}")).await.unwrap();
        let device = Device::open(w.dir.path(), 30 + n as u64).unwrap();
        link.cut_after(Cut { direction, bytes });
        assert_eq!(device.phone.enrol(&invite, None).await.unwrap_err().kind(), ErrorKind::Offline);
        assert!(!link.cut_pending());
        device.phone.enrol(&invite, None).await.unwrap_or_else(|e| panic!("{direction:?} {bytes}: {e}"));
        device.sync().await.unwrap();
        // The code is used up for everyone else.
        let other = Device::open(w.dir.path(), 60 + n as u64).unwrap();
        assert!(other.phone.enrol(&invite, None).await.unwrap_err().message_en().contains("(code)"));
        w.settle(&[]).await;
        w.assert_agreement(&[&device]).await;
    }
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_phone_whose_second_enrolment_was_cut_tries_it_again() {
    let w = World::start(54, 2).await;
    let device = w.worker(1, "g00").await;
    device.phone.run(visit(w.households[0], "未同步")).unwrap();
    gridwalk_hub::admin::revoke(&w.hub.hub, device_id(&device)).await.unwrap();
    let link = Link::start(w.hub.address, Line::perfect()).unwrap();
    let mut invite = w.hub.invite_again(Role::GridWorker, Some("g00"), person(&device)).await.unwrap();
    invite.hub = format!("http://{}", link.addr());
    link.cut_after(Cut { direction: Direction::Down, bytes: 0 });
    assert_eq!(device.phone.enrol(&invite, None).await.unwrap_err().kind(), ErrorKind::Offline);
    device.phone.enrol(&invite, None).await.unwrap();
    device.sync().await.unwrap();
    w.settle(&[&device]).await;
    assert_eq!(w.ask("SELECT note FROM visits").await, ["未同步"]);
    w.assert_agreement(&[&device]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_comes_twice_and_a_page_taken_twice_change_nothing() {
    let w = World::start(53, 3).await;
    let (link, a) = behind_link(&w, 1).await;
    let b = w.worker(2, "g00").await;
    let new = a.phone.run(household(w.grids[0], "新楼", "新户主")).unwrap().value;
    a.phone.run(visit(new, "一")).unwrap();
    link.duplicate_next_request();
    a.sync().await.unwrap();
    // Whichever of the two came first did the work.
    assert!(matches!(link.replay_status().await, Some(409 | 200)));
    assert_eq!(w.ask("SELECT note FROM visits").await, ["一"]);
    // The hub is down: everything is kept.
    link.refuse(true);
    a.phone.run(visit(new, "二")).unwrap();
    assert_eq!(a.sync().await.unwrap_err().kind(), ErrorKind::Offline);
    assert_eq!(a.phone.status().unwrap().unsent, 1);
    link.refuse(false);
    // The same page, taken twice, with answers and news in it.
    b.phone.run(visit(new, "乙")).unwrap_err();
    b.sync().await.unwrap();
    b.phone.run(visit(new, "乙")).unwrap();
    b.sync().await.unwrap();
    let url = a.phone.hubs().unwrap()[0].clone();
    let prepared = a.phone.prepare_sync(&url, 0).unwrap();
    let Answer::Reply(bytes) = HttpHub::new(&url, None).unwrap().post(&prepared).await.unwrap() else { panic!("refused") };
    let mut report = SyncReport::default();
    let first = a.phone.take_reply(&prepared, &bytes, &mut report).unwrap();
    assert_eq!((first.again, report.sent), (false, 1));
    let (heads, rows) = (a.phone.heads().unwrap(), phone_rows(&a.phone));
    a.phone.take_reply(&prepared, &bytes, &mut report).unwrap();
    assert_eq!((a.phone.heads().unwrap(), phone_rows(&a.phone), report.sent), (heads, rows, 1));
    // A byte changed on the way: nothing of it is taken.
    let mut forged = bytes.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(a.phone.take_reply(&prepared, &forged, &mut report).unwrap_err().kind(), ErrorKind::Malformed);
    w.settle(&[&a, &b]).await;
    assert_eq!(notes(&b.phone), ["一", "乙", "二"]);
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}
