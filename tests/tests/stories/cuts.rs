//! The line breaks anywhere, requests come twice, the hub is down: the end is always the same.

use gridwalk_core::ErrorKind;
use gridwalk_core::rules::Role;
use gridwalk_core::sync::{Answer, HttpTransport, SyncReport, Transport};
use gridwalk_hub::limits::{Limits, Rate};
use gridwalk_tests::harness::Device;
use gridwalk_tests::link::{Cut, Direction, Line, Link};

use crate::world::{World, device_id, household, notes, person, phone_rows, visit};

async fn behind_link(w: &World, number: u64, grid: &str) -> (Link, Device) {
    let link = Link::start(w.hub.address, Line::perfect()).unwrap();
    let invite = w.hub.invite_at(&format!("http://{}", link.addr()), Role::GridWorker, Some(grid), &format!("网格员{number}")).await.unwrap();
    let device = Device::enrolled(w.dir.path(), number, &invite).await.unwrap();
    (link, device)
}

/// Syncs over a line that breaks after so many bytes of `direction`, and says whether it did. Where it did not, the exchange was no
/// longer than that.
async fn sync_cut(link: &Link, device: &Device, direction: Direction, bytes: u64) -> bool {
    link.reset_counts();
    link.cut_after(Cut { direction, bytes });
    let done = device.sync().await;
    if let Err(e) = done {
        assert!(e.kind() == ErrorKind::Offline && !link.cut_pending(), "{direction:?}: {e} with a cut after {bytes}");
        return true;
    }
    let counts = link.counts();
    let passed = if direction == Direction::Up { counts.up_bytes } else { counts.down_bytes };
    assert!(counts.connections == 1 && passed <= bytes, "{direction:?}: no cut after {bytes} of {counts:?}");
    false
}

/// Cuts a small exchange after each byte of `direction`, from the first on until one is over before it is cut; returns how many were.
async fn cut_everywhere(w: &World, number: u64, grid: usize, direction: Direction) -> u64 {
    let (link, device) = behind_link(w, number, ["g00", "g01"][grid]).await;
    let mut bytes = 0;
    loop {
        device.phone.run(visit(w.households[grid], &format!("{number} {bytes}"))).unwrap();
        let cut = sync_cut(&link, &device, direction, bytes).await;
        assert_eq!(device.phone.status().unwrap().unsent, u64::from(cut), "{direction:?} {bytes}");
        if !cut {
            return bytes;
        }
        device.sync().await.unwrap();
        assert_eq!(device.phone.status().unwrap().unsent, 0);
        bytes += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_exchange_cut_after_any_byte_ends_the_same() {
    // More than a phone asks in a minute.
    let rate = Rate { requests: 10_000, ..Limits::default().device };
    let w = World::limited(50, 1, Limits { device: rate, tenant: rate, ..Limits::default() }).await;
    // Each in a grid of its own: what they exchange is theirs alone, and always as long.
    let (up, down) = tokio::join!(cut_everywhere(&w, 1, 0, Direction::Up), cut_everywhere(&w, 2, 1, Direction::Down));
    // A head and a signed body at least.
    assert!(up > 500 && down > 200, "{up} up, {down} down");
    w.settle(&[]).await;
    let mut expected: Vec<String> = (0..=up).map(|byte| format!("1 {byte}")).chain((0..=down).map(|byte| format!("2 {byte}"))).collect();
    expected.sort();
    assert_eq!(notes(&w.desk.phone), expected, "nothing lost, nothing twice");
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
    // What a day's work of sixty visits takes up and down.
    w.households[..60].iter().enumerate().for_each(|(m, home)| drop(whole.phone.run(visit(*home, &format!("全 {m}"))).unwrap()));
    link.reset_counts();
    whole.sync().await.unwrap();
    let day = link.counts();
    let mut devices = Vec::new();
    for (n, at) in (0..8).map(|n| size * n / 8).enumerate() {
        let invite = w.hub.invite_at(&address, Role::GridWorker, Some("g00"), &format!("断线{n}")).await.unwrap();
        let device = Device::open(w.dir.path(), 20 + n as u64).unwrap();
        device.phone.enrol(&invite, None).await.unwrap();
        device.phone.run(visit_of_nothing(&device)).unwrap_err();
        assert!(sync_cut(&link, &device, Direction::Down, at).await);
        device.sync().await.unwrap();
        // What it sends, cut as well.
        for (m, home) in w.households[..60].iter().enumerate() {
            device.phone.run(visit(*home, &format!("{n} {m}"))).unwrap();
        }
        let (direction, bytes) = if n % 2 == 0 { (Direction::Up, day.up_bytes) } else { (Direction::Down, day.down_bytes) };
        assert!(sync_cut(&link, &device, direction, bytes * n as u64 / 9).await);
        device.sync().await.unwrap();
        devices.push(device);
    }
    let devices: Vec<&Device> = devices.iter().chain([&a]).collect();
    w.settle(&devices).await;
    assert_eq!(notes(&a.phone).len(), 60 * 10);
    w.assert_agreement(&devices).await;
    w.hub.stop().await;
}

fn visit_of_nothing(device: &Device) -> gridwalk_tests::typed::RecordVisit {
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
    let (link, a) = behind_link(&w, 1, "g00").await;
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
    let Answer::Reply(bytes) = HttpTransport::new(&url, None).unwrap().post(&prepared.request).await.unwrap() else { panic!("refused") };
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
