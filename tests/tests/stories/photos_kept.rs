//! What becomes of photos on the phone and with their records: which network they wait for, what lies on the disk, and how they leave.

use std::path::Path;

use gridwalk_core::ErrorKind;
use gridwalk_core::settings::PhotoNetworks;
use gridwalk_core::store::PHOTO_FOLDER;
use gridwalk_core::sync::Network;
use gridwalk_core::sync::protocol::{PhotoWord, WireFile};
use gridwalk_hub::admin;
use gridwalk_tests::harness::{Device, TestHub};
use gridwalk_tests::pictures::jpeg;
use gridwalk_tests::roster::EditHousehold;
use memchr::memmem::find;

use crate::photos::{ask, files, get, kept, over, sync};
use crate::s3::S3Server;
use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn originals_wait_for_a_network_that_the_community_allows() {
    let w = World::start(909, 1).await;
    let a = w.worker(1, "g00").await;
    let photo = a.phone.take_photo(w.households[0], &jpeg(1600, 1200, 8)).unwrap().value;
    a.sync().await.unwrap();
    // Until the community chooses, bytes that are paid for carry thumbnails alone.
    let report = over(&a, Network::Metered).await;
    assert_eq!((report.sent, report.unsent), (1, 1));
    sync(&w.desk).await;
    assert!(w.desk.phone.photo_thumbnail(photo).unwrap().is_some());
    let e = w.desk.phone.fetch_photo(photo, Network::Metered, |_| {}).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotAllowed);
    let e = w.desk.phone.fetch_photo(photo, Network::Unmetered, |_| {}).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound, "it has not come yet");
    // The desk decides for all.
    assert_eq!(a.phone.set_photo_networks(PhotoNetworks::Any).unwrap_err().kind(), ErrorKind::NotAllowed);
    w.desk.phone.set_photo_networks(PhotoNetworks::Never).unwrap();
    w.settle(&[&a]).await;
    assert_eq!(a.phone.photo_networks().unwrap(), PhotoNetworks::Never);
    assert_eq!(over(&a, Network::Unmetered).await.unsent, 1);
    w.desk.phone.set_photo_networks(PhotoNetworks::Any).unwrap();
    w.settle(&[&a]).await;
    assert_eq!(over(&a, Network::Metered).await.unsent, 0);
    assert!(w.desk.phone.fetch_photo(photo, Network::Metered, |_| {}).await.is_ok());
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_disk_a_photo_is_unreadable_and_leaves_with_its_document() {
    let w = World::start(910, 1).await;
    let a = w.worker(1, "g00").await;
    let photo = a.phone.take_photo(w.households[0], &jpeg(1600, 1200, 9)).unwrap().value;
    let (original, thumbnail) = (a.phone.photo_original(photo).unwrap().unwrap(), a.phone.photo_thumbnail(photo).unwrap().unwrap());
    assert_eq!(files(&a).len(), 2);
    for path in files(&a) {
        let bytes = std::fs::read(path).unwrap();
        assert!(find(&bytes, b"JFIF").is_none());
        for plain in [&original, &thumbnail] {
            assert!(!plain.windows(32).step_by(997).any(|piece| find(&bytes, piece).is_some()));
        }
    }
    // The same command again is one photo; what is not acceptable leaves nothing behind.
    let form = a.phone.new_command_id().unwrap();
    let again = jpeg(600, 400, 10);
    let first = a.phone.take_photo_as(form, w.households[0], &again).unwrap();
    assert_eq!(a.phone.take_photo_as(form, w.households[0], &again).unwrap().value, first.value);
    let before = files(&a);
    assert_eq!(a.phone.take_photo(w.households[0], b"no picture").unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(a.phone.take_photo(w.grids[0], &again).unwrap_err().kind(), ErrorKind::NotFound, "of a place no photo is taken");
    assert_eq!(files(&a), before);
    // What a crash between file and record left is swept at the next opening; what is recorded stays.
    let (folder, number) = (a.folder.clone(), a.number);
    std::fs::write(folder.join(PHOTO_FOLDER).join("0".repeat(64)), b"half").unwrap();
    std::fs::write(folder.join(PHOTO_FOLDER).join("1.part"), b"half").unwrap();
    let clock = a.clock.clone();
    drop(a);
    let a = Device::open_with(folder, number, clock, 4711).unwrap();
    assert_eq!(files(&a), before);
    sync(&a).await;
    // Who loses the grid loses its photos with its households.
    w.tell("UPDATE grants SET until_number = 0, until_at = 0 WHERE role = 'grid_worker'").await;
    sync(&a).await;
    assert!(files(&a).is_empty(), "{:?}", files(&a));
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_not_sent_yet_outlives_the_loss_of_its_record_until_it_is_sent() {
    let w = World::start(911, 1).await;
    let a = w.worker(1, "g00").await;
    let photo = a.phone.take_photo(w.households[0], &jpeg(1600, 1200, 11)).unwrap().value;
    a.sync().await.unwrap();
    // The household moves to the other grid before the original went.
    w.desk.sync().await.unwrap();
    let moved =
        EditHousehold { household: w.households[0], address: None, tenure: None, state: None, visit_every_days: None, position: None, place: Some(w.grids[1]) };
    w.desk.phone.run(moved).unwrap();
    w.desk.sync().await.unwrap();
    a.sync().await.unwrap();
    assert!(a.phone.household(w.households[0]).is_err());
    assert_eq!(files(&a).len(), 2, "only this phone has them");
    let report = sync(&a).await;
    assert_eq!((report.sent, report.unsent), (2, 0));
    assert!(files(&a).is_empty(), "now they go");
    let b = w.worker(2, "g01").await;
    sync(&b).await;
    assert!(b.phone.photo_thumbnail(photo).unwrap().is_some());
    assert!(b.phone.fetch_photo(photo, Network::Unmetered, |_| {}).await.is_ok());
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_photos_that_does_not_answer_keeps_nobody_from_working() {
    let dir = tempfile::tempdir().unwrap();
    let server = S3Server::start(&dir.path().join("s3")).await;
    let hub = TestHub::start_with(&dir.path().join("hub"), 912, server.store_with("not the secret")).await.unwrap();
    let w = World::around(dir, hub, 1).await;
    let a = w.worker(1, "g00").await;
    let photo = a.phone.take_photo(w.households[0], &jpeg(800, 600, 12)).unwrap().value;
    assert_eq!(a.sync().await.unwrap().refused, 0, "documents go all the same");
    let e = a.phone.sync_photos(Network::Unmetered, |_| {}).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::HubRefused);
    assert!(e.message_en().contains("busy"), "{e}");
    assert!(a.phone.photos_of(w.households[0]).unwrap()[0].unsent && a.phone.photo_original(photo).unwrap().is_some());
    w.hub.stop().await;
}

#[test]
fn a_damaged_store_takes_its_photos_aside_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let device = Device::open(dir.path(), 1).unwrap();
    let (folder, clock) = (device.folder.clone(), device.clock.clone());
    drop(device);
    std::fs::create_dir_all(folder.join(PHOTO_FOLDER)).unwrap();
    std::fs::write(folder.join(PHOTO_FOLDER).join("a"), b"sealed").unwrap();
    let db = folder.join(gridwalk_core::store::DB_FILE);
    let mut bytes = std::fs::read(&db).unwrap();
    bytes[..2000].fill(0x55);
    std::fs::write(&db, bytes).unwrap();
    let e = Device::open_with(folder.clone(), 1, clock.clone(), 5).map(drop).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Damaged);
    let aside = |path: &Path| path.join("gridwalk.damaged-1.photos").join("a").exists();
    assert!(aside(&folder) && !folder.join(PHOTO_FOLDER).exists());
    drop(Device::open_with(folder.clone(), 1, clock, 6).unwrap());
    assert!(aside(&folder), "a new store sweeps only its own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_the_photos_that_the_hub_lost_are_sent_again() {
    let w = World::start(913, 1).await;
    let a = w.worker(1, "g00").await;
    let backup = w.dir.path().join("backup.db");
    admin::backup(&w.hub.hub, &backup).await.unwrap();
    let photo = a.phone.take_photo(w.households[0], &jpeg(1600, 1200, 13)).unwrap().value;
    assert_eq!(sync(&a).await.unsent, 0);
    // The database is older than the photo, and its files were lost with the disk.
    for hash in kept(&w).await {
        w.hub.hub.photos.remove(&w.hub.tenant.id, &hash).await.unwrap();
    }
    let w = w.restart(1913, Some(&backup), &[&a]).await;
    assert_eq!(sync(&a).await.sent, 2);
    assert_eq!(kept(&w).await.len(), 2);
    sync(&w.desk).await;
    assert_eq!(w.desk.phone.fetch_photo(photo, Network::Unmetered, |_| {}).await.unwrap(), a.phone.photo_original(photo).unwrap().unwrap());
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_household_takes_its_photos_along() {
    let w = World::start(914, 1).await;
    let a = w.worker(1, "g00").await;
    let home = w.households[0];
    let photo = a.phone.take_photo(home, &jpeg(900, 700, 14)).unwrap().value;
    sync(&a).await;
    sync(&w.desk).await;
    w.desk.phone.fetch_photo(photo, Network::Unmetered, |_| {}).await.unwrap();
    // One that the hub has the document of but not the files, and one that it has not heard of.
    a.phone.take_photo(home, &jpeg(900, 700, 15)).unwrap();
    a.sync().await.unwrap();
    a.phone.take_photo(home, &jpeg(900, 700, 16)).unwrap();
    assert_eq!((files(&a).len(), files(&w.desk).len(), kept(&w).await.len()), (6, 2, 2));
    admin::erase(&w.hub.hub, &w.hub.tenant, &admin::Target::Document(home)).await.unwrap();
    assert!(kept(&w).await.is_empty());
    assert_eq!(ask(&w, &a, get(photo, WireFile::Original)).await.unwrap().word, PhotoWord::Unknown);
    a.sync().await.unwrap();
    w.desk.sync().await.unwrap();
    assert!(files(&a).is_empty() && files(&w.desk).is_empty(), "{:?} {:?}", files(&a), files(&w.desk));
    w.hub.stop().await;
}
