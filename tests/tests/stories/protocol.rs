//! Whatever comes is answered in the protocol's words, and the phone keeps everything.

use gridwalk_core::identity::{DeviceKey, SeededRandom, SignedHead};
use gridwalk_core::rules::Role;
use gridwalk_core::sync::protocol::{ENROL_PATH, MAX_BODY, MAX_PLAIN, RefusalCode, SYNC_PATH, SyncRequest, compress, pack};
use gridwalk_core::{Config, ErrorKind, Phone};
use gridwalk_hub::admin;
use gridwalk_tests::harness::Device;

use crate::wire::{Hand, post, raw};
use crate::world::{World, device_id, notes, visit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_and_foreign_requests_are_refused_in_words() {
    let w = World::start(60, 1).await;
    let a = w.worker(1, "g00").await;
    let hand = Hand::of(&a);
    let good = pack(&hand.request(vec![])).unwrap();
    assert!(hand.send(&w, &good).await.is_ok());
    for body in [
        b"".to_vec(),
        b"not zstd".to_vec(),
        compress(b"\xff\xff\xff").unwrap(),
        compress(b"").unwrap(),
        // A list that says it has 2^32 entries.
        compress(&[0x85, 1, 1, 1, 0x9a, 0xff, 0xff, 0xff, 0xff]).unwrap(),
        good[..good.len() - 3].to_vec(),
        [good.clone(), good.clone()].concat(),
        // A small body that would inflate to more than is ever read.
        compress(&vec![0; MAX_PLAIN + 1]).unwrap(),
        // No community at all.
        pack(&SyncRequest { cursors: vec![], ..hand.request(vec![]) }).unwrap(),
    ] {
        assert_eq!(hand.send(&w, &body).await.unwrap_err(), RefusalCode::Malformed, "{} bytes", body.len());
    }
    assert_eq!(hand.send(&w, &vec![0; MAX_BODY + 1]).await.unwrap_err(), RefusalCode::TooBig);
    let newer = SyncRequest { version: 2, ..hand.request(vec![]) };
    assert_eq!(hand.send(&w, &pack(&newer).unwrap()).await.unwrap_err(), RefusalCode::Version);
    let stranger = Hand { key: DeviceKey::make(&SeededRandom::new(99)), cursor: hand.cursor.clone(), ..Hand::of(&a) };
    assert_eq!(stranger.send(&w, &good).await.unwrap_err(), RefusalCode::UnknownDevice);
    // Another body than was signed; another path; a signature by someone else under this device's name.
    let head = hand.head(&w, &good, 0);
    assert_eq!(post(&w, SYNC_PATH, &head, b"other").await.unwrap_err(), RefusalCode::Signature);
    let elsewhere = SignedHead::sign(&hand.key, ENROL_PATH, &good, w.hub.hub.now(), [3; 9]);
    assert_eq!(post(&w, SYNC_PATH, &elsewhere, &good).await.unwrap_err(), RefusalCode::Signature);
    let mut forged = hand.head(&w, &good, 0);
    forged.signature[5] ^= 1;
    assert_eq!(post(&w, SYNC_PATH, &forged, &good).await.unwrap_err(), RefusalCode::Signature);
    for offset in [601, -601, i64::from(i32::MAX)] {
        assert_eq!(post(&w, SYNC_PATH, &hand.head(&w, &good, offset), &good).await.unwrap_err(), RefusalCode::Clock);
    }
    let extreme = SignedHead::sign(&hand.key, SYNC_PATH, &good, i64::MIN, [4; 9]);
    assert_eq!(post(&w, SYNC_PATH, &extreme, &good).await.unwrap_err(), RefusalCode::Clock);
    // The very same request twice.
    let head = hand.head(&w, &good, 0);
    assert!(post(&w, SYNC_PATH, &head, &good).await.is_ok());
    assert_eq!(post(&w, SYNC_PATH, &head, &good).await.unwrap_err(), RefusalCode::Replayed);
    // No signature at all.
    assert_eq!(raw(&w, SYNC_PATH, "", &good).await.0, 400);
    // A bundle that another key signed.
    let mut bundle = hand.bundle(gridwalk_core::Id { actor: hand.actor(1), counter: 1 }, &[]);
    bundle.signature[0] ^= 1;
    assert_eq!(hand.send(&w, &pack(&hand.request(vec![bundle])).unwrap()).await.unwrap_err(), RefusalCode::Signature);
    // After all this the phone works as before.
    a.phone.run(visit(w.households[0], "照常")).unwrap();
    w.settle(&[&a]).await;
    assert_eq!(notes(&w.desk.phone), ["照常"]);
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_work_once_for_a_while_and_close_after_five_wrong_tries() {
    let w = World::start(61, 1).await;
    let devices: Vec<Device> = (1..5).map(|number| Device::open(w.dir.path(), number).unwrap()).collect();
    let new = |number: usize| &devices[number - 1];
    let invite = |name: &'static str| w.hub.invite(Role::GridWorker, Some("g00"), name);
    let refused = |e: gridwalk_core::Error| {
        assert_eq!(e.kind(), ErrorKind::HubRefused);
        assert!(e.message_en().contains("(code)"), "{e}");
    };
    let good = invite("一").await.unwrap();
    let mut wrong = good.clone();
    wrong.code.replace_range(wrong.code.len() - 1.., "_");
    for _ in 0..4 {
        refused(new(1).phone.enrol(&wrong, None).await.unwrap_err());
    }
    new(1).phone.enrol(&good, None).await.unwrap();
    refused(new(2).phone.enrol(&good, None).await.unwrap_err());
    let closed = invite("二").await.unwrap();
    let mut wrong = closed.clone();
    wrong.code.replace_range(wrong.code.len() - 1.., "_");
    for _ in 0..5 {
        refused(new(3).phone.enrol(&wrong, None).await.unwrap_err());
    }
    refused(new(3).phone.enrol(&closed, None).await.unwrap_err());
    let late = invite("三").await.unwrap();
    w.hub.clock.advance(86_400);
    refused(new(4).phone.enrol(&late, None).await.unwrap_err());
    let nobody = gridwalk_core::identity::Invite { code: "zzzzzz-2222222222222222".into(), ..late.clone() };
    refused(new(4).phone.enrol(&nobody, None).await.unwrap_err());
    let nowhere = gridwalk_core::identity::Invite { tenant: "nowhere".into(), ..late };
    refused(new(4).phone.enrol(&nowhere, None).await.unwrap_err());
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_phones_with_one_code_at_once_one_gets_in() {
    let w = World::start(63, 1).await;
    for round in 0..3_u64 {
        let invite = w.hub.invite(Role::GridWorker, Some("g00"), "一").await.unwrap();
        let devices: Vec<Device> = (0..6).map(|n| Device::open(w.dir.path(), 10 * (round + 1) + n).unwrap()).collect();
        let mut tries = tokio::task::JoinSet::new();
        for device in devices {
            let invite = invite.clone();
            tries.spawn(async move {
                let joined = device.phone.enrol(&invite, None).await;
                (device, joined)
            });
        }
        let (mut joined, mut refused) = (0, 0);
        for (device, result) in tries.join_all().await {
            match result {
                Ok(()) => {
                    joined += 1;
                    device.sync().await.unwrap();
                }
                Err(e) => {
                    refused += u32::from(e.message_en().contains("(code)"));
                    assert!(device.phone.hubs().unwrap().is_empty());
                }
            }
        }
        assert_eq!((joined, refused), (1, 5));
    }
    // Wrong tries at once are counted one by one: after five even the right code is closed.
    let invite = w.hub.invite(Role::GridWorker, Some("g00"), "二").await.unwrap();
    let wrong = gridwalk_core::identity::Invite { code: format!("{}x", invite.code), ..invite.clone() };
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..5 {
        let (device, wrong) = (Device::open(w.dir.path(), 70 + n).unwrap(), wrong.clone());
        tries.spawn(async move { device.phone.enrol(&wrong, None).await.unwrap_err().message_en().contains("(code)") });
    }
    assert!(tries.join_all().await.into_iter().all(|refused| refused));
    assert!(Device::open(w.dir.path(), 80).unwrap().phone.enrol(&invite, None).await.is_err());
    assert_eq!(w.ask("SELECT count(*) || '' FROM audit_log WHERE verb = 'close_code'").await, ["1"]);
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_is_refused_keeps_everything() {
    let w = World::start(62, 1).await;
    let a = w.worker(1, "g00").await;
    a.phone.run(visit(w.households[0], "一")).unwrap();
    let before = (a.phone.heads().unwrap(), notes(&a.phone));
    // Lost by the hub, and then revoked.
    w.tell("UPDATE devices SET tenant_id = 'x' WHERE enrolled_at > 0 AND device <> ''").await;
    assert_eq!(a.sync().await.unwrap_err().kind(), ErrorKind::HubRefused);
    w.tell("UPDATE devices SET tenant_id = 'wuyan'").await;
    admin::revoke(&w.hub.hub, device_id(&a)).await.unwrap();
    assert!(a.sync().await.unwrap_err().message_en().contains("(revoked)"));
    assert_eq!((a.phone.heads().unwrap(), notes(&a.phone)), before);
    let status = a.phone.status().unwrap();
    assert_eq!(status.unsent, 1);
    let told = status.tenants[0].refused.clone().unwrap();
    assert!(told.code == "revoked" && told.zh.contains("导出") && told.en.contains("export"), "the screen says what to do: {told:?}");
    // It opens again as it was.
    let Device { phone, folder, clock, .. } = a;
    drop(phone);
    let config = Config { folder, key: gridwalk_tests::harness::key_of(1), clock, random: std::sync::Arc::new(SeededRandom::new(5)) };
    let again = Phone::open(config).unwrap();
    assert_eq!((again.heads().unwrap(), notes(&again)), before);
    w.hub.stop().await;
}
