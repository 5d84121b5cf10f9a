//! A backup is whole: the files of photos lie beside it, and come back with it, but for what was erased since.

use std::os::unix::fs::MetadataExt;

use gridwalk_core::sync::Network;
use gridwalk_hub::admin::{self, CopiedPhotos, Target};
use gridwalk_tests::pictures::jpeg;

use crate::photos::{kept, on_s3, sync};
use crate::raw::hub_bytes;
use crate::world::{World, visit};

const DAY: i64 = 86_400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn photos_come_back_with_a_backup_and_erased_ones_do_not() {
    let w = World::start(930, 1).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let home = w.households[0];
    let call = a.phone.run(visit(home, "家访")).unwrap().value;
    let [first, secret] = [(home, 1), (call, 2)].map(|(record, seed)| a.phone.take_photo(record, &jpeg(1200, 900, seed)).unwrap().value);
    sync(&a).await;
    sync(&b).await;
    let original = b.phone.fetch_photo(first, Network::Unmetered, |_| {}).await.unwrap();
    let erased = a.phone.photo_original(secret).unwrap().unwrap();
    // Longer ago than what phones send again by themselves.
    w.pass(40 * DAY, &[&a, &b]);
    w.settle(&[&a, &b]).await;
    let [one, two] = ["one.db", "two.db"].map(|name| w.dir.path().join(name));
    assert_eq!(admin::backup(&w.hub.hub, &one).await.unwrap(), CopiedPhotos::Copied { files: 4, shared: 0 });
    let second = a.phone.take_photo(home, &jpeg(1200, 900, 3)).unwrap().value;
    sync(&a).await;
    assert_eq!(admin::backup(&w.hub.hub, &two).await.unwrap(), CopiedPhotos::Copied { files: 6, shared: 4 });
    assert!(admin::backup(&w.hub.hub, &two).await.is_err());
    let beside = w.dir.path().join("two.db.photos").join(&w.hub.tenant.id);
    let links = |hash: &str| std::fs::metadata(beside.join(hash)).unwrap().nlink();
    assert_eq!(kept(&w).await.iter().map(|hash| links(hash)).sum::<u64>(), 4 * 2 + 2, "what did not change is stored once");

    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Document(call)).await.unwrap();
    // The hub's disk is lost, and in the backup one file is damaged and one is gone.
    let hash = |photo| crate::world::text(&a.phone, &format!("SELECT hash FROM photos WHERE doc = '{photo}'")).remove(0);
    std::fs::write(beside.join(hash(second)), b"damaged").unwrap();
    std::fs::remove_file(beside.join(hash(first))).unwrap();
    for hash in kept(&w).await {
        w.hub.hub.photos.remove(&w.hub.tenant.id, &hash).await.unwrap();
    }
    let w = w.restart(1930, Some(&two), &[&a, &b]).await;
    let (back, missing) = admin::restore_photos(&w.hub.hub, &two).await.unwrap();
    let mut named: Vec<_> = missing.iter().map(|m| (m.photo, m.original)).collect();
    named.sort_unstable();
    assert_eq!((back, named), (2, vec![(first, true), (second, true)]));
    assert_eq!(kept(&w).await.len(), 2, "what was erased is not among them");

    // Whoever still has a file sends it, the taker or another; what the hub has is asked for and not sent.
    let report = sync(&b).await;
    assert_eq!((report.sent_bytes, report.unsent), (original.len() as u64, 0));
    // What the last 30 days made is sent again with its document.
    let files = [a.phone.photo_original(second), a.phone.photo_thumbnail(second)].map(|file| file.unwrap().unwrap().len() as u64);
    let report = sync(&a).await;
    assert_eq!((report.sent_bytes, report.unsent), (files.iter().sum(), 0));
    assert!(admin::missing_photos(&w.hub.hub).await.unwrap().is_empty());
    for photo in [first, second] {
        sync(&w.desk).await;
        assert!(w.desk.phone.fetch_photo(photo, Network::Unmetered, |_| {}).await.is_ok());
    }
    let sample = &erased[erased.len() / 2..][..48];
    admin::drop_replaced(&w.hub.hub).await.unwrap();
    assert!(memchr::memmem::find(&hub_bytes(&w).await, sample).is_none());
    assert_eq!(kept(&w).await.len(), 4);
    assert!(a.phone.photos_of(call).unwrap().is_empty());
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_restores_in_one_second_keep_what_each_replaced() {
    let w = World::start(48, 2).await;
    let backup = w.dir.path().join("backup.db");
    admin::backup(&w.hub.hub, &backup).await.unwrap();
    let w = w.restart(1931, Some(&backup), &[]).await;
    let w = w.restart(1932, Some(&backup), &[]).await;
    let kept = admin::replaced(&w.hub.hub).await.unwrap();
    assert_eq!(kept.iter().filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm")).count(), 2, "{kept:?}");
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn photos_in_s3_are_said_to_be_in_no_backup() {
    let (w, _server) = on_s3(931, 1).await;
    let a = w.worker(1, "g00").await;
    a.phone.take_photo(w.households[0], &jpeg(900, 700, 4)).unwrap();
    sync(&a).await;
    let backup = w.dir.path().join("backup.db");
    assert_eq!(admin::backup(&w.hub.hub, &backup).await.unwrap(), CopiedPhotos::InS3);
    assert!(!w.dir.path().join("backup.db.photos").exists());
    // A bucket that was emptied is missed; phones bring back what they have.
    for hash in kept(&w).await {
        w.hub.hub.photos.remove(&w.hub.tenant.id, &hash).await.unwrap();
    }
    let w = w.restart(1931, Some(&backup), &[&a]).await;
    let (back, missing) = admin::restore_photos(&w.hub.hub, &backup).await.unwrap();
    assert_eq!((back, missing.len()), (0, 2));
    sync(&a).await;
    assert!(admin::missing_photos(&w.hub.hub).await.unwrap().is_empty());
    w.hub.stop().await;
}
