//! Households that move between grids while phones are offline with unsent work: nothing is orphaned, nothing lost, each
//! record ends on exactly the phones that should have it, and counts once.

use gridwalk_core::Id;
use gridwalk_core::rules::Role;
use gridwalk_core::sync::{Answer, HttpTransport, SyncReport, Transport as _};
use gridwalk_hub::admin;
use gridwalk_tests::harness::Device;
use gridwalk_tests::roster::{AddResident, EditHousehold};
use gridwalk_tests::typed::AddPlace;

use crate::world::{World, first_resident, notes, person, resident, tell, text, visit};

const DAY: i64 = 86_400;

fn edit(household: Id) -> EditHousehold {
    EditHousehold { household, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: None }
}

impl World {
    /// The desk moves a household.
    pub async fn move_to(&self, household: Id, place: Id) {
        self.desk.phone.run(EditHousehold { place: Some(place), ..edit(household) }).unwrap();
        self.desk.sync().await.unwrap();
    }
}

fn refusals(device: &Device) -> Vec<String> {
    device.phone.status().unwrap().quarantine.into_iter().map(|q| q.reason).collect()
}

/// One worker is away for `days` while a household moves, with a visit and an edit that nobody has seen.
async fn away(seed: u64, days: i64) -> (World, Device, Device) {
    let w = World::start(seed, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    let home = w.households[0];
    a.phone.run(visit(home, "离线走访")).unwrap();
    a.phone.run(AddResident { household: home, resident: resident("离线登记") }).unwrap();
    w.move_to(home, w.grids[1]).await;
    w.pass(days * DAY, &[&a, &b]);
    w.settle(&[&a, &b]).await;
    (w, a, b)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_before_hearing_of_a_move_is_taken_for_29_days() {
    let (w, a, b) = away(120, 29).await;
    assert!(refusals(&a).is_empty());
    assert_eq!(notes(&b.phone), ["离线走访"]);
    assert_eq!(b.phone.household(w.households[0]).unwrap().residents.len(), 2);
    assert!(a.phone.household(w.households[0]).is_err() && notes(&a.phone).is_empty());
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_31_days_it_is_quarantined_with_its_content_and_reason() {
    let (w, a, b) = away(121, 31).await;
    assert_eq!(refusals(&a), ["outside_scope", "outside_scope"]);
    let kept = a.phone.status().unwrap().quarantine;
    assert!(kept.iter().any(|q| q.input["note"] == "离线走访") && kept.iter().any(|q| q.input["fields"]["name"] == "离线登记"));
    assert!(notes(&b.phone).is_empty() && a.phone.household(w.households[0]).is_err());
    w.assert_agreement(&[&a, &b]).await;
    // Given the new grid, the worker hands the same records in.
    w.hub.invite_again(Role::GridWorker, Some("g01"), person(&a)).await.unwrap();
    a.sync().await.unwrap();
    kept.iter().for_each(|q| drop(a.phone.resubmit(q.id).unwrap()));
    w.settle(&[&a, &b]).await;
    assert_eq!(notes(&b.phone), ["离线走访"]);
    assert_eq!(b.phone.household(w.households[0]).unwrap().residents.len(), 2);
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_and_back_while_two_phones_are_offline_with_edits() {
    let w = World::start(122, 2).await;
    let a = w.worker(1, "g00").await;
    let c = w.worker(3, "g00").await;
    let b = w.worker(2, "g01").await;
    let home = w.households[0];
    // The first edit of the household on one phone, a visit and another field on the other.
    a.phone.run(EditHousehold { tenure: Some("租住".into()), ..edit(home) }).unwrap();
    c.phone.run(visit(home, "丙访")).unwrap();
    c.phone.run(EditHousehold { visit_every_days: Some(7), ..edit(home) }).unwrap();
    w.move_to(home, w.grids[1]).await;
    b.sync().await.unwrap();
    b.phone.run(visit(home, "乙访")).unwrap();
    w.move_to(home, w.grids[0]).await;
    a.phone.run(visit(home, "甲访")).unwrap();
    for device in [&b, &c, &a] {
        device.sync().await.unwrap();
    }
    w.settle(&[&a, &b, &c]).await;
    for device in [&a, &b, &c] {
        assert!(refusals(device).is_empty(), "phone {}", device.number);
    }
    assert_eq!((notes(&a.phone), notes(&c.phone)), (vec!["丙访".into(), "乙访".into(), "甲访".into()], notes(&a.phone)));
    assert!(notes(&b.phone).is_empty() && b.phone.household(home).is_err());
    assert_eq!(text(&a.phone, &format!("SELECT tenure || visit_every_days FROM households WHERE doc = '{home}'")), ["租住7"]);
    assert_eq!(w.ask("SELECT count(*) || '' FROM visits").await, ["3"]);
    w.assert_agreement(&[&a, &b, &c]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_of_both_grids_keeps_what_leaves_one_of_its_audiences() {
    let w = World::start(123, 2).await;
    let a = w.worker(1, "g00").await;
    let both = w.worker(2, "g00").await;
    w.hub.invite_again(Role::GridWorker, Some("g01"), person(&both)).await.unwrap();
    both.sync().await.unwrap();
    let home = w.households[0];
    for n in 0..3 {
        both.phone.run(visit(home, &format!("{n}"))).unwrap();
    }
    w.settle(&[&a, &both]).await;
    w.move_to(home, w.grids[1]).await;
    both.phone.run(visit(home, "未知已迁")).unwrap();
    tell(&both.phone, "UPDATE state SET max_bytes = 8192");
    let done = both.sync().await.unwrap();
    assert_eq!((done.withdrawn, done.refused), (0, 0));
    w.settle(&[&a, &both]).await;
    assert_eq!(notes(&both.phone).len(), 4);
    assert_eq!(text(&both.phone, &format!("SELECT audiences FROM documents WHERE id = '{home}'")), [format!("[\"place:{}\"]", w.grids[1])]);
    assert!(notes(&a.phone).is_empty());
    w.assert_agreement(&[&a, &both]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_again_is_judged_by_the_cursor_it_was_recorded_at() {
    let w = World::start(124, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    let home = w.households[0];
    let head = first_resident(&a.phone, home);
    // The phone thinks its person is a cadre; the hub refuses that edit, and what hangs on it runs again.
    tell(&a.phone, "UPDATE tenants SET grants = replace(grants, ']]', '],[\"cadre\",\"community\"]]')");
    let place = a.phone.run(AddPlace { level: "grid".into(), name: "自建网格".into() }).unwrap().value;
    a.phone.run(EditHousehold { place: Some(place), ..edit(home) }).unwrap();
    a.phone.run(AddResident { household: home, resident: resident("家属") }).unwrap();
    let tag = gridwalk_tests::roster::EditResident { household: home, resident: head, set: vec![], add_tags: vec!["低保".into()], remove_tags: vec![] };
    a.phone.run(tag).unwrap();
    // By then the household has moved, and the reply that refuses the edit also says so.
    w.move_to(home, w.grids[1]).await;
    let done = a.sync().await.unwrap();
    assert_eq!(done.refused, 2);
    assert_eq!(refusals(&a), ["outside_scope", "path"]);
    w.settle(&[&a, &b]).await;
    assert_eq!(b.phone.household(home).unwrap().residents.len(), 2);
    assert_eq!(text(&b.phone, &format!("SELECT tags FROM residents WHERE entry = '{head}'")), ["低保"]);
    assert!(a.phone.household(home).is_err());
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_recorded_while_the_reply_that_withdraws_its_household_is_under_way_is_taken() {
    let w = World::start(125, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    let home = w.households[0];
    w.move_to(home, w.grids[1]).await;
    let url = w.hub.url();
    let prepared = a.phone.prepare_sync(&url, 0).unwrap();
    let Answer::Reply(reply) = HttpTransport::new(&url, None).unwrap().post(&prepared.request).await.unwrap() else { panic!("refused") };
    a.phone.run(visit(home, "正在同步时")).unwrap();
    let mut report = SyncReport::default();
    a.phone.take_reply(&prepared, &reply, &mut report).unwrap();
    // Withdrawn, and kept until the visit is answered.
    assert_eq!((report.withdrawn, report.moved, report.ended), (1, 1, 0));
    assert!(a.phone.household(home).is_ok());
    w.settle(&[&a, &b]).await;
    assert!(refusals(&a).is_empty() && a.phone.household(home).is_err());
    assert_eq!(notes(&b.phone), ["正在同步时"]);
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_hub_takes_again_what_was_done_on_a_household_that_moved() {
    for desk_first in [true, false] {
        let w = World::start(126, 2).await;
        let a = w.worker(1, "g00").await;
        let b = w.worker(2, "g01").await;
        let home = w.households[0];
        let backup = w.dir.path().join("backup.db");
        admin::backup(&w.hub.hub, &backup).await.unwrap();
        a.phone.run(visit(home, "迁前")).unwrap();
        a.sync().await.unwrap();
        a.phone.run(visit(home, "不知已迁")).unwrap();
        w.move_to(home, w.grids[1]).await;
        w.settle(&[&a, &b]).await;
        assert!(a.phone.household(home).is_err());
        assert_eq!(notes(&b.phone).len(), 2);
        let w = w.restart(1126, Some(&backup), &[&a, &b]).await;
        // The move and the visits were acknowledged, and the backup has none of them.
        if desk_first {
            w.desk.sync().await.unwrap();
        }
        a.sync().await.unwrap();
        w.settle(&[&a, &b]).await;
        w.settle(&[&a, &b]).await;
        assert!(refusals(&a).is_empty(), "{:?}", refusals(&a));
        assert_eq!(notes(&b.phone), ["不知已迁", "迁前"]);
        assert!(a.phone.household(home).is_err() && notes(&a.phone).is_empty());
        assert_eq!(w.ask("SELECT count(*) || '' FROM visits").await, ["2"]);
        w.assert_agreement(&[&a, &b]).await;
        w.hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_that_phones_do_not_hold_any_longer_leave_with_their_household() {
    let w = World::start(127, 2).await;
    let a = w.worker(1, "g00").await;
    let home = w.households[0];
    a.phone.run(visit(home, "去年")).unwrap();
    a.sync().await.unwrap();
    // Phones look once a month for what they have kept long enough: this one is past its day, and still here.
    w.pass(360 * DAY, &[&a]);
    w.settle(&[&a]).await;
    w.pass(8 * DAY, &[&a]);
    a.sync().await.unwrap();
    assert_eq!(notes(&a.phone), ["去年"]);
    w.move_to(home, w.grids[1]).await;
    a.sync().await.unwrap();
    assert!(notes(&a.phone).is_empty() && a.phone.household(home).is_err());
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_enrols_again_forgets_what_moved_meanwhile() {
    let w = World::start(128, 2).await;
    let a = w.worker(1, "g00").await;
    let home = w.households[0];
    a.phone.run(visit(home, "停用前")).unwrap();
    a.sync().await.unwrap();
    admin::revoke(&w.hub.hub, crate::world::device_id(&a)).await.unwrap();
    w.move_to(home, w.grids[1]).await;
    let invite = w.hub.invite_again(Role::GridWorker, Some("g00"), person(&a)).await.unwrap();
    a.phone.enrol(&invite, None).await.unwrap();
    w.settle(&[&a]).await;
    assert!(a.phone.household(home).is_err() && notes(&a.phone).is_empty());
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}
