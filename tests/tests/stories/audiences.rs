//! Who holds what: households that move between grids, grids that are granted later, pages of any size.

use gridwalk_core::rules::Role;
use gridwalk_core::sync::{Answer, HttpTransport, SyncReport, Transport};
use gridwalk_hub::admin::end_role;
use gridwalk_tests::roster::EditHousehold;

use crate::world::{World, notes, person, tell, text, visit};

fn to_grid(household: gridwalk_core::Id, place: gridwalk_core::Id) -> EditHousehold {
    EditHousehold { household, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: Some(place) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_household_moves_with_its_visits_and_nothing_unsent_is_lost() {
    let w = World::start(90, 3).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    let late = w.worker(3, "g00").await;
    let home = w.households[0];
    for n in 0..5 {
        a.phone.run(visit(home, &format!("旧{n}"))).unwrap();
    }
    w.settle(&[&a, &b]).await;
    assert!(b.phone.household(home).is_err());
    // Moved at the desk while the old phone still works on it.
    w.desk.phone.run(to_grid(home, w.grids[1])).unwrap();
    w.desk.sync().await.unwrap();
    a.phone.run(visit(home, "未同步")).unwrap();
    a.phone.run(gridwalk_tests::roster::AddResident { household: home, resident: crate::world::resident("家属") }).unwrap();
    b.sync().await.unwrap();
    assert_eq!(notes(&b.phone).len(), 5);
    let done = a.sync().await.unwrap();
    assert_eq!(done.refused, 0, "{:?}", a.phone.status().unwrap().quarantine);
    w.settle(&[&a, &b]).await;
    assert!(a.phone.household(home).is_err());
    assert!(notes(&a.phone).is_empty());
    assert_eq!(notes(&b.phone), ["旧0", "旧1", "旧2", "旧3", "旧4", "未同步"]);
    assert_eq!(b.phone.household(home).unwrap().residents.len(), 2);
    // One that was away all the time forgets it too.
    w.assert_agreement(&[&a, &b]).await;
    late.sync().await.unwrap();
    w.assert_agreement(&[&late]).await;
    // And back again.
    w.desk.phone.run(to_grid(home, w.grids[0])).unwrap();
    w.settle(&[&a, &b, &late]).await;
    assert_eq!(notes(&a.phone).len(), 6);
    assert!(notes(&b.phone).is_empty());
    w.assert_agreement(&[&a, &b, &late]).await;
    a.phone.run(visit(home, "回来后")).unwrap();
    w.settle(&[&a, &b, &late]).await;
    w.assert_agreement(&[&a, &b, &late]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grid_granted_later_is_filled_while_both_go_on_changing() {
    let w = World::start(91, 30).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    for (n, home) in w.households[30..].iter().enumerate() {
        b.phone.run(visit(*home, &format!("乙{n}，{}", "近况良好，".repeat(400)))).unwrap();
    }
    b.sync().await.unwrap();
    w.hub.invite_again(Role::GridWorker, Some("g01"), person(&a)).await.unwrap();
    a.phone.run(visit(w.households[1], "授权时未同步")).unwrap();
    // Small pages: several requests until it has caught up.
    tell(&a.phone, "UPDATE state SET max_bytes = 8192");
    let done = a.sync().await.unwrap();
    assert!(done.requests > 2, "{done:?}");
    w.settle(&[&a, &b]).await;
    assert_eq!(text(&a.phone, "SELECT count(*) || '' FROM households"), ["60"]);
    assert!(text(&a.phone, "SELECT audience FROM backfills").is_empty());
    w.assert_agreement(&[&a, &b]).await;
    // A visit in the new grid counts like any other.
    a.phone.run(visit(w.households[40], "新网格")).unwrap();
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    // The role ends: what it alone showed is forgotten.
    w.tell(&format!("UPDATE grants SET until_number = 1, until_at = 1 WHERE scope = 'place:{}' AND person = '{}'", w.grids[1], person(&a))).await;
    w.settle(&[&a, &b]).await;
    assert_eq!(text(&a.phone, "SELECT count(*) || '' FROM households"), ["30"]);
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_phone_reads_in_pages_of_any_size() {
    let w = World::start(92, 40).await;
    let a = w.worker(1, "g00").await;
    for (n, home) in w.households[..40].iter().enumerate() {
        a.phone.run(visit(*home, &format!("{n}，{}", "近况良好，".repeat(100)))).unwrap();
    }
    w.desk.phone.run(to_grid(w.households[3], w.grids[1])).unwrap();
    w.settle(&[&a]).await;
    let invite = w.hub.invite(Role::GridWorker, Some("g00"), "小页").await.unwrap();
    let b = gridwalk_tests::harness::Device::open(w.dir.path(), 2).unwrap();
    b.phone.enrol(&invite, None).await.unwrap();
    tell(&b.phone, "UPDATE state SET max_bytes = 8192");
    let done = b.sync().await.unwrap();
    assert!(done.requests > 1, "{done:?}");
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grid_handed_over_leaves_the_old_phone_and_nothing_unsent_is_lost() {
    let w = World::start(93, 2).await;
    let old = w.worker(1, "g00").await;
    let new = w.worker(2, "g00").await;
    let (home, who) = (w.households[0], person(&old));
    w.settle(&[&old, &new]).await;
    // Recorded before the end, and after it by a phone that cannot know yet.
    old.phone.run(visit(home, "移交前")).unwrap();
    w.hub.invite_again(Role::GridWorker, Some("g01"), who).await.unwrap();
    end_role(&w.hub.hub, &w.hub.tenant, who, Role::GridWorker, Some("g00"), None, None).await.unwrap();
    old.phone.run(visit(home, "不知已移交")).unwrap();
    assert_eq!(old.sync().await.unwrap().refused, 0);
    w.settle(&[&old, &new]).await;
    assert!(old.phone.household(home).is_err() && old.phone.household(w.households[2]).is_ok());
    assert!(notes(&old.phone).is_empty());
    assert_eq!(notes(&new.phone), ["不知已移交", "移交前"]);
    w.assert_agreement(&[&old, &new]).await;
    // A bundle that names where the phone stands now is of after the end: the phone refuses first, and the hub would.
    assert!(old.phone.run(visit(home, "移交后")).is_err());
    let again = end_role(&w.hub.hub, &w.hub.tenant, who, Role::GridWorker, Some("g00"), None, None).await.unwrap_err();
    assert!(again.to_string().contains("没有这个角色"), "{again}");
    // Without any role nothing is left on the phone but what the person is.
    end_role(&w.hub.hub, &w.hub.tenant, who, Role::GridWorker, Some("g01"), None, None).await.unwrap();
    w.settle(&[&old, &new]).await;
    assert_eq!(old.phone.heads().unwrap().into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [who]);
    w.assert_agreement(&[&old]).await;
    // Handed back, everything is there again.
    w.hub.invite_again(Role::GridWorker, Some("g00"), who).await.unwrap();
    w.settle(&[&old, &new]).await;
    assert_eq!(notes(&old.phone).len(), 2);
    w.assert_agreement(&[&old, &new]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_learns_where_what_it_moved_itself_lies_no_longer() {
    let w = World::start(94, 1).await;
    let who = person(&w.desk);
    w.hub.invite_again(Role::GridWorker, Some("g00"), who).await.unwrap();
    w.settle(&[]).await;
    // By both roles it held the household; from here on by the desk alone.
    w.desk.phone.run(to_grid(w.households[0], w.grids[1])).unwrap();
    w.desk.sync().await.unwrap();
    end_role(&w.hub.hub, &w.hub.tenant, who, Role::Cadre, None, None, None).await.unwrap();
    w.settle(&[]).await;
    assert!(w.desk.phone.household(w.households[0]).is_err());
    w.assert_agreement(&[]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_of_before_a_role_ended_brings_nothing_back() {
    let w = World::start(95, 1).await;
    let a = w.worker(1, "g00").await;
    w.hub.invite_again(Role::GridWorker, Some("g01"), person(&a)).await.unwrap();
    w.settle(&[&a]).await;
    w.desk.phone.run(visit(w.households[1], "新走访")).unwrap();
    w.desk.sync().await.unwrap();
    let url = a.phone.hubs().unwrap()[0].clone();
    let ask = async || {
        let prepared = a.phone.prepare_sync(&url, 0).unwrap();
        let Answer::Reply(reply) = HttpTransport::new(&url, None).unwrap().post(&prepared.request).await.unwrap() else { panic!("refused") };
        (prepared, reply)
    };
    let late = ask().await;
    end_role(&w.hub.hub, &w.hub.tenant, person(&a), Role::GridWorker, Some("g01"), None, None).await.unwrap();
    let (mut report, told) = (SyncReport::default(), ask().await);
    a.phone.take_reply(&told.0, &told.1, &mut report).unwrap();
    assert!(a.phone.household(w.households[1]).is_err());
    a.phone.take_reply(&late.0, &late.1, &mut report).unwrap();
    w.settle(&[&a]).await;
    assert!(notes(&a.phone).is_empty());
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}
