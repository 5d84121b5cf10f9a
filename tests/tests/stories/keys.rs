//! A community's keys: changed or lost, and every phone follows by itself; a forged pair or link changes nothing.

use gridwalk_core::ErrorKind;
use gridwalk_core::identity::{DeviceKey, Invite};
use gridwalk_core::kinds::Input;
use gridwalk_core::rules::Role;
use gridwalk_core::sync::protocol::{CommunityKeys, KeyStatement, encode};
use gridwalk_hub::Tenant;
use gridwalk_hub::admin::keys::{change_key, use_spare};
use gridwalk_hub::admin::{self, Proof, audit};
use gridwalk_hub::store::{Arg, exec};
use gridwalk_hub::sync::Batch;
use gridwalk_tests::harness::{Device, TestHub};
use gridwalk_tests::typed::SetVisitRule;

use crate::world::{World, device_id, notes, person, visit};

/// The community as the hub has it now.
async fn now(w: &World) -> Tenant {
    admin::find_tenant(&w.hub.hub, None).await.unwrap()
}

/// The keys that a phone pinned.
fn pinned(device: &Device) -> [Vec<u8>; 2] {
    device.phone.store().read(|c| Ok(c.query_row("SELECT key, spare FROM tenants", [], |r| Ok([r.get(0)?, r.get(1)?]))?)).unwrap()
}

fn of(tenant: &Tenant) -> [Vec<u8>; 2] {
    [tenant.key.public().to_bytes().to_vec(), tenant.spare.to_bytes().to_vec()]
}

/// The hub sets a visit rule: a document of its own, made under the first key.
async fn hub_writes(w: &World, tag: &str) {
    let tenant = now(w).await;
    let mut tx = w.hub.hub.store.write(&tenant.id).await.unwrap();
    let mut batch = Batch::new(&w.hub.hub, &tenant);
    batch.run(&mut tx, Input::from(SetVisitRule { settings: Some(tenant.settings), rules: vec![(tag.into(), 9)] })).await.unwrap();
    batch.flush(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_follow_a_changed_key_also_through_two_changes() {
    let w = World::start(121, 2).await;
    let (a, away, lost) = (w.worker(1, "g00").await, w.worker(2, "g00").await, w.worker(3, "g00").await);
    let before = w.hub.invite(Role::GridWorker, Some("g00"), "旧链接").await.unwrap();
    let first = now(&w).await;
    away.phone.run(visit(w.households[0], "离线")).unwrap();
    lost.phone.run(visit(w.households[0], "停用前")).unwrap();
    hub_writes(&w, "独居老人").await;

    let spare = change_key(&w.hub.hub, &first).await.unwrap();
    assert_eq!(DeviceKey::from_bytes(&std::fs::read(&spare).unwrap().try_into().unwrap()).public(), now(&w).await.spare);
    a.phone.run(visit(w.households[0], "一次")).unwrap();
    assert_eq!(a.sync().await.unwrap().requests, 1, "following costs no request of its own");
    assert_eq!(pinned(&a), of(&now(&w).await));
    hub_writes(&w, "残疾").await;

    change_key(&w.hub.hub, &now(&w).await).await.unwrap();
    assert_eq!(pinned(&away), of(&first));
    w.settle(&[&a, &away]).await;
    for device in [&a, &away, &w.desk] {
        assert_eq!(pinned(device), of(&now(&w).await), "phone {}", device.number);
    }
    // Neither old links nor devices revoked meanwhile are lost.
    let old_link = Device::enrolled(w.dir.path(), 4, &before).await.unwrap();
    admin::revoke(&w.hub.hub, device_id(&lost)).await.unwrap();
    lost.phone.enrol(&w.hub.invite_again(Role::GridWorker, Some("g00"), person(&lost)).await.unwrap(), None).await.unwrap();
    let new_link = w.worker(5, "g00").await;
    w.settle(&[&a, &away, &lost, &old_link, &new_link]).await;
    for device in [&old_link, &lost, &new_link] {
        assert_eq!(pinned(device), of(&now(&w).await), "phone {}", device.number);
        assert_eq!(notes(&device.phone), ["一次", "停用前", "离线"]);
    }
    // What the hub wrote under three keys is one document, and proven.
    hub_writes(&w, "孤儿").await;
    w.settle(&[&a, &away, &lost, &old_link, &new_link]).await;
    w.assert_agreement(&[&a, &away, &lost, &old_link, &new_link]).await;
    let facts = audit(&w.hub.hub, &w.hub.tenant, first.settings, None).await.unwrap().facts;
    let devices: std::collections::BTreeSet<_> = facts.iter().map(|f| f.device.clone()).collect();
    assert!(facts.iter().all(|f| f.proof == Proof::ByHub) && devices.len() == 3, "{facts:?}");
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_spare_key_takes_the_place_of_a_lost_one() {
    let w = World::start(122, 1).await;
    let (a, away) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let first = now(&w).await;
    let file = w.hub.folder.join("keys").join(format!("wuyan-spare-{}.key", first.spare.device()));
    let spare = std::fs::read(file).unwrap();
    assert!(use_spare(&w.hub.hub, &first, &[7; 32]).await.is_err(), "another key");
    assert!(use_spare(&w.hub.hub, &first, &spare[1..]).await.is_err(), "no key");
    // The first key is gone for good.
    put(&w, "UPDATE tenants SET community_key = $1", &[7; 32]).await;
    put(&w, "UPDATE community_keys SET secret = $1", &[7; 32]).await;
    assert!(a.sync().await.is_err());
    put(&w, "UPDATE tenants SET community_key = $1", &first.key.to_bytes()).await;
    use_spare(&w.hub.hub, &now(&w).await, &spare).await.unwrap();
    a.phone.run(visit(w.households[0], "备用")).unwrap();
    a.sync().await.unwrap();
    assert_eq!(pinned(&a), of(&now(&w).await));
    assert_eq!(pinned(&a)[0], first.spare.to_bytes());
    // From now on the lost key opens nothing here any more, and a phone that was away gets there through both changes.
    assert!(!pinned(&a).contains(&first.key.public().to_bytes().to_vec()));
    change_key(&w.hub.hub, &now(&w).await).await.unwrap();
    w.settle(&[&a, &away]).await;
    assert_eq!((pinned(&a), pinned(&away)), (of(&now(&w).await), of(&now(&w).await)));
    w.assert_agreement(&[&a, &away]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_keeps_the_keys_that_phones_pinned_since() {
    let w = World::start(123, 1).await;
    let a = w.worker(1, "g00").await;
    let backup = w.dir.path().join("backup.db");
    admin::backup(&w.hub.hub, &backup).await.unwrap();
    change_key(&w.hub.hub, &now(&w).await).await.unwrap();
    w.settle(&[&a]).await;
    let newest = of(&now(&w).await);
    let w = w.restart(124, Some(&backup), &[&a]).await;
    w.settle(&[&a]).await;
    assert_eq!((of(&now(&w).await), pinned(&a)), (newest.clone(), newest));
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_pair_is_refused_and_the_pinned_one_stays() {
    let w = World::start(125, 1).await;
    let a = w.worker(1, "g00").await;
    let before = pinned(&a);
    change_key(&w.hub.hub, &now(&w).await).await.unwrap();
    let evil = DeviceKey::from_bytes(&[66; 32]);
    let pair = CommunityKeys { key: evil.public(), spare: evil.public() };
    a.phone.run(visit(w.households[0], "仍在本机")).unwrap();
    for forged in [KeyStatement::sign(&evil, "wuyan", &pair), KeyStatement::sign(&w.hub.tenant.key, "elsewhere", &pair)] {
        put(&w, "UPDATE community_keys SET statement = $1 WHERE number = 2", &encode(&forged)).await;
        assert_eq!(a.sync().await.unwrap_err().kind(), ErrorKind::Malformed);
        assert_eq!((pinned(&a), a.phone.status().unwrap().unsent), (before.clone(), 1));
    }
    w.hub.stop().await;
}

/// A link that names a community the phone is in, but leads to a stranger's hub: it would get everything that is unsent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_link_does_not_lead_a_phone_away() {
    let w = World::start(126, 1).await;
    let a = w.worker(1, "g00").await;
    a.phone.run(visit(w.households[0], "不外泄")).unwrap();
    let stranger = TestHub::start(&w.dir.path().join("stranger"), 127).await.unwrap();
    let forged = stranger.invite(Role::Member, None, "骗子").await.unwrap();
    assert_eq!(forged.tenant, w.hub.tenant.id);
    let before = (pinned(&a), a.phone.hubs().unwrap());
    for link in [forged.clone(), Invite { key: w.hub.tenant.key.public(), spare: w.hub.tenant.spare.clone(), ..forged.clone() }] {
        let e = a.phone.enrol(&link, None).await.unwrap_err();
        assert!([ErrorKind::Enrolment, ErrorKind::HubRefused].contains(&e.kind()), "{e}");
        assert_eq!((pinned(&a), a.phone.hubs().unwrap()), before);
    }
    w.settle(&[&a]).await;
    assert_eq!(notes(&w.desk.phone), ["不外泄"]);
    stranger.stop().await;
    w.hub.stop().await;
}

async fn put(w: &World, sql: &str, bytes: &[u8]) {
    let mut tx = w.hub.hub.store.write_any().await.unwrap();
    exec(&mut tx, sql, vec![Arg::Blob(bytes.to_vec())]).await.unwrap();
    tx.commit().await.unwrap();
}
