//! Two people, one phone: what the first has not sent is neither lost nor sent in the other's name, and whoever looks is told whose
//! it is.

use gridwalk_core::rules::Role;
use gridwalk_core::{ErrorKind, Id};

use crate::world::{World, person, visit};

fn notes(found: &[String]) -> Vec<&str> {
    found.iter().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_person_on_a_phone_is_told_of_the_firsts_unsent_work() {
    let w = World::start(70, 2).await;
    let a = w.worker(1, "g00").await;
    let first = person(&a);
    a.phone.run(visit(w.households[0], "张的走访")).unwrap();
    let link = w.hub.invite(Role::GridWorker, Some("g00"), "李网格").await.unwrap();
    let refused = a.phone.enrol(&link, None).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::UnsentOfAnother);
    assert!(refused.message_zh().contains("1条") && refused.message_zh().contains("同步") && refused.message_en().contains("Sync"), "{refused}");
    assert_eq!((person(&a), a.phone.status().unwrap().unsent), (first, 1), "nothing was changed");
    // A third person's link is another matter: the second's does not stand in its way.
    let third = w.hub.invite(Role::GridWorker, Some("g00"), "周网格").await.unwrap();
    assert_eq!(a.phone.enrol(&third, None).await.unwrap_err().kind(), ErrorKind::UnsentOfAnother);
    // Told, the first one syncs; then a link that was refused works.
    a.sync().await.unwrap();
    assert_eq!(notes(&w.ask("SELECT note FROM visits").await), ["张的走访"]);
    a.phone.enrol(&third, None).await.unwrap();
    a.sync().await.unwrap();
    let now = a.phone.status().unwrap();
    assert_eq!((now.tenants[0].person_name.as_str(), now.unsent, now.quarantine.len()), ("周网格", 0, 0));
    w.settle(&[&a]).await;
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_waits_for_whoever_recorded_it() {
    let w = World::start(71, 2).await;
    let a = w.worker(1, "g00").await;
    let (first, name) = (person(&a), a.phone.status().unwrap().tenants[0].person_name.clone());
    let left = a.phone.run(visit(w.households[0], "张的走访")).unwrap();
    let link = w.hub.invite(Role::GridWorker, Some("g00"), "李网格").await.unwrap();
    a.phone.enrol(&link, None).await.unwrap_err();
    // The same link again, now knowingly.
    a.phone.enrol_over(&link, None, true).await.unwrap();
    a.sync().await.unwrap();
    let status = a.phone.status().unwrap();
    let waits = &status.quarantine[0];
    assert_eq!((waits.id, waits.reason.as_str(), waits.by.parse::<Id>().unwrap(), &waits.by_name), (left.command, "other_person", first, &name));
    assert!(waits.reason_zh.contains("另一位使用者") && waits.reason_en.contains("another person"), "{waits:?}");
    let denied = a.phone.resubmit(left.command).unwrap_err();
    assert!(denied.kind() == ErrorKind::NotAllowed && denied.message_zh().contains("本人"), "{denied}");
    // The second one's own work goes its way.
    a.phone.run(visit(w.households[1], "李的走访")).unwrap();
    a.sync().await.unwrap();
    assert_eq!(notes(&w.ask("SELECT note FROM visits").await), ["李的走访"]);

    // The first one comes back to this phone and submits it as their own.
    let back = w.hub.invite_again(Role::GridWorker, Some("g00"), first).await.unwrap();
    a.phone.enrol(&back, None).await.unwrap();
    a.sync().await.unwrap();
    a.phone.resubmit(left.command).unwrap();
    w.settle(&[&a]).await;
    assert!(a.phone.status().unwrap().quarantine.is_empty());
    let by = format!("SELECT note FROM visits WHERE by = '{first}'");
    assert_eq!(notes(&w.ask(&by).await), ["张的走访"]);
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_in_a_carriers_hands_stands_in_nobodys_way() {
    let w = World::start(72, 2).await;
    let (a, carrier) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    a.phone.run(visit(w.households[0], "代送的走访")).unwrap();
    let file = w.dir.path().join("handed");
    a.phone.export_bundles(&file).unwrap();
    // Recorded after that, it is in nobody's hands.
    let after = a.phone.run(visit(w.households[1], "后来的走访")).unwrap();
    let link = w.hub.invite(Role::GridWorker, Some("g00"), "李网格").await.unwrap();
    let refused = a.phone.enrol(&link, None).await.unwrap_err();
    assert!(refused.message_zh().contains("1条"), "{refused}");
    a.phone.export_bundles(&file).unwrap();
    carrier.phone.take_carried(&file, None).unwrap();
    a.phone.enrol(&link, None).await.unwrap();
    carrier.sync().await.unwrap();
    carrier.sync().await.unwrap();
    assert_eq!(notes(&w.ask("SELECT note FROM visits ORDER BY note").await), ["代送的走访", "后来的走访"]);
    a.sync().await.unwrap();
    let status = a.phone.status().unwrap();
    assert_eq!((status.unsent, status.quarantine.len()), (0, 0), "{:?} {}", status.quarantine, after.command);
    w.hub.stop().await;
}
