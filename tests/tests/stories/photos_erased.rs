//! What is erased takes its photos along: no byte of them is left at the hub or on a phone, also of those under way, and none
//! that was taken before comes in afterwards.

use std::collections::BTreeSet;

use gridwalk_core::settings::SetRetention;
use gridwalk_core::sync::Network;
use gridwalk_core::{Id, Phone};
use gridwalk_hub::admin::{self, Target};
use gridwalk_tests::harness::Device;
use gridwalk_tests::pictures::jpeg;
use gridwalk_tests::roster::{AddResident, NewResident};

use crate::photos::{Falling, files, kept, pieces, put, small_steps, sync};
use crate::raw::{hub_bytes, phone_bytes};
use crate::world::{World, text, visit};

const DAY: i64 = 86_400;

/// Pieces of both files of a photo that is whole on this phone, to be looked for.
fn samples(phone: &Phone, photo: Id) -> Vec<Vec<u8>> {
    let all = [phone.photo_original(photo).unwrap().unwrap(), phone.photo_thumbnail(photo).unwrap().unwrap()];
    // Heads are alike; the picture itself is behind them.
    let from = |bytes: &[u8]| [bytes.len() / 20 + 700, bytes.len() / 3, bytes.len() * 2 / 3];
    all.iter().flat_map(|bytes| from(bytes).map(|from| bytes[from..from + 48].to_vec())).collect()
}

fn holds(bytes: &[u8], samples: &[Vec<u8>]) -> usize {
    samples.iter().filter(|sample| memchr::memmem::find(bytes, sample).is_some()).count()
}

/// Nothing of these is left: no bytes at the hub, no files and no half of one on a phone.
async fn assert_gone(w: &World, phones: &[&Device], samples: &[Vec<u8>]) {
    assert_eq!(holds(&hub_bytes(w).await, samples), 0, "the hub");
    for device in phones {
        assert!(!device.phone.status().unwrap().erasing);
        assert_eq!(holds(&phone_bytes(device), samples), 0, "phone {}", device.number);
        assert_eq!(
            text(&device.phone, "SELECT hash FROM photo_files WHERE hash NOT IN (SELECT hash FROM photos UNION SELECT thumb_hash FROM photos)"),
            [""; 0]
        );
    }
}

fn quarantine(device: &Device) -> Vec<String> {
    device.phone.status().unwrap().quarantine.iter().map(|q| format!("{} {} {}", q.command, q.reason, q.input.is_null())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_visit_takes_its_photos_along() {
    let w = World::start(920, 1).await;
    let (a, b, late) = (w.worker(1, "g00").await, w.worker(2, "g00").await, w.worker(3, "g00").await);
    let home = w.households[0];
    let call = a.phone.run(visit(home, "家访")).unwrap().value;
    let shown = a.phone.take_photo(call, &jpeg(1200, 900, 20)).unwrap().value;
    let stays = a.phone.take_photo(home, &jpeg(1200, 900, 21)).unwrap().value;
    sync(&a).await;
    for device in [&b, &late, &w.desk] {
        sync(device).await;
    }
    w.desk.phone.fetch_photo(shown, Network::Unmetered, |_| {}).await.unwrap();
    // One phone has half of the original, another has sent half of one more, a third has not sent its own at all.
    small_steps(&b.phone);
    b.phone.fetch_photo_with(&w.hub.url(), &Falling::after(2, &w), shown, Network::Unmetered, &|_| {}).await.unwrap_err();
    assert_eq!(text(&b.phone, "SELECT doc FROM photo_downloads"), [shown.to_string()]);
    let half = b.phone.take_photo(call, &jpeg(1200, 900, 22)).unwrap().value;
    b.sync().await.unwrap();
    let bytes = b.phone.photo_original(half).unwrap().unwrap();
    crate::photos::ask(&w, &b, put(half, 0, &bytes[..bytes.len() / 2])).await.unwrap();
    let unsent = late.phone.take_photo(call, &jpeg(1200, 900, 23)).unwrap().value;
    let gone = [samples(&a.phone, shown), samples(&b.phone, half), samples(&late.phone, unsent)].concat();
    assert!(holds(&hub_bytes(&w).await, &gone) >= 8 && holds(&phone_bytes(&b), &gone) > 0, "what is looked for can be found");
    assert_eq!((kept(&w).await.len(), pieces(&w).await), (4, 1));

    let target = Target::Document(call);
    let plan = admin::plan(&w.hub.hub, &w.hub.tenant, &target).await.unwrap();
    assert_eq!(plan.documents.iter().map(|(_, kind, _)| kind.name).collect::<Vec<_>>(), ["visit", "photo", "photo"]);
    assert_eq!(admin::erase(&w.hub.hub, &w.hub.tenant, &target).await.unwrap(), 3);
    assert_eq!((kept(&w).await.len(), pieces(&w).await), (2, 0));
    w.settle(&[&a, &b, &late]).await;
    assert_gone(&w, &[&a, &b, &late, &w.desk], &gone).await;
    assert_eq!(quarantine(&late), ["photos.take generation true"]);
    assert_eq!([&a, &b, &late, &w.desk].map(|device| files(device).len()), [2, 1, 1, 1], "the household's own stays");
    assert!(w.desk.phone.photo_thumbnail(stays).unwrap().is_some());
    assert_eq!(sync(&late).await.sent, 0);
    w.assert_agreement(&[&a, &b, &late]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_resident_takes_the_photos_of_the_household_along_unless_they_are_kept() {
    let w = World::start(921, 2).await;
    let (a, late) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let [home, other] = [w.households[0], w.households[1]];
    let new = |name: &str| NewResident { name: name.into(), ..NewResident::default() };
    let [shown, second] = ["欧阳鑫淼", "欧阳之子"].map(|name| a.phone.run(AddResident { household: home, resident: new(name) }).unwrap().value);
    let call = a.phone.run(visit(home, "家访")).unwrap().value;
    let photos = [(call, 31), (home, 32)].map(|(record, seed)| a.phone.take_photo(record, &jpeg(1200, 900, seed)).unwrap().value);
    let elsewhere = a.phone.take_photo(other, &jpeg(1200, 900, 33)).unwrap().value;
    sync(&a).await;
    sync(&late).await;
    let before = late.phone.take_photo(home, &jpeg(1200, 900, 34)).unwrap().value;
    let gone: Vec<_> = photos.iter().flat_map(|photo| samples(&a.phone, *photo)).chain(samples(&late.phone, before)).collect();
    w.pass(60, &[&a, &late]);

    let target = |resident, keep_photos| Target::Resident { household: home, resident, keep_photos };
    // Kept on the administrator's word.
    assert_eq!(admin::plan(&w.hub.hub, &w.hub.tenant, &target(shown, true)).await.unwrap().documents.len(), 1);
    admin::erase(&w.hub.hub, &w.hub.tenant, &target(second, true)).await.unwrap();
    assert_eq!(kept(&w).await.len(), 6);
    let plan = admin::plan(&w.hub.hub, &w.hub.tenant, &target(shown, false)).await.unwrap();
    let named: BTreeSet<Id> = plan.documents.iter().filter(|(_, kind, _)| kind.name == "photo").map(|(id, ..)| *id).collect();
    assert_eq!(named, photos.into());
    assert_eq!(admin::erase(&w.hub.hub, &w.hub.tenant, &target(shown, false)).await.unwrap(), 3);
    assert_eq!(kept(&w).await.len(), 2);

    // What shows them may not come later either; what is taken from now on does.
    w.pass(60, &[&a, &late]);
    let after = late.phone.take_photo(home, &jpeg(1200, 900, 35)).unwrap().value;
    w.settle(&[&a, &late]).await;
    sync(&late).await;
    sync(&a).await;
    assert_gone(&w, &[&a, &late, &w.desk], &gone).await;
    assert_eq!(quarantine(&late), ["photos.take generation true"]);
    assert!(a.phone.photo_thumbnail(after).unwrap().is_some() && a.phone.photo_original(elsewhere).unwrap().is_some());
    assert_eq!(kept(&w).await.len(), 4);
    assert_eq!(a.phone.photos_of(home).unwrap().len(), 1);
    w.assert_agreement(&[&a, &late]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_that_were_kept_long_enough_take_their_photos_along() {
    let w = World::start(922, 1).await;
    let a = w.worker(1, "g00").await;
    let call = a.phone.run(visit(w.households[0], "头一次走访")).unwrap().value;
    let photo = a.phone.take_photo(call, &jpeg(1200, 900, 40)).unwrap().value;
    let gone = samples(&a.phone, photo);
    sync(&a).await;
    let settings = w.desk.phone.settings().unwrap().id;
    w.desk.phone.run(SetRetention { settings, months: [("visit".to_owned(), 12)].into(), daily: None }).unwrap();
    w.settle(&[&a]).await;
    assert_eq!(holds(&hub_bytes(&w).await, &gone), gone.len());
    w.pass(370 * DAY, &[&a]);
    assert_eq!(admin::apply_retention(&w.hub.hub, &w.hub.tenant, "admin").await.unwrap().visits, 1);
    assert!(kept(&w).await.is_empty());
    sync(&a).await;
    assert!(files(&a).is_empty());
    assert_gone(&w, &[&a], &gone).await;
    w.hub.stop().await;
}
