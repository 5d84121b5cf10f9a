//! A phone that is handed on or about to be taken: its store is useless at once. And in the life before that, no file ever has its keys.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use gridwalk_core::ErrorKind;
use gridwalk_core::rules::Role;
use gridwalk_core::store::{DB_FILE, shred};
use gridwalk_hub::admin;
use gridwalk_tests::harness::{Device, key_of};
use memchr::memmem::find;

use crate::world::{World, device_id, person, visit};

/// A second name for each file of a folder: what the disk has when the store's own names are gone.
fn linked(folder: &Path, to: &Path) -> Vec<PathBuf> {
    fs::create_dir_all(to).unwrap();
    let files = fs::read_dir(folder).unwrap().map(|e| e.unwrap()).filter(|e| e.file_type().unwrap().is_file());
    let link = |e: fs::DirEntry| {
        let link = to.join(e.file_name());
        fs::hard_link(e.path(), &link).unwrap();
        link
    };
    files.map(link).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn is_blank(file: &Path) -> bool {
    fs::read(file).unwrap().iter().all(|b| *b == 0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_shredded_store_is_left_on_the_disk() {
    let w = World::start(131, 3).await;
    let a = w.worker(1, "g00").await;
    a.phone.run(visit(w.households[0], "未发送")).unwrap();
    fs::write(a.folder.join("notes.txt"), "someone else's").unwrap();
    fs::write(a.folder.join("gridwalk.damaged-1.db"), "an old one, set aside").unwrap();
    fs::create_dir(a.folder.join("photos")).unwrap();
    fs::write(a.folder.join("photos/abc"), "a photo").unwrap();
    let mut links = linked(&a.folder, &w.dir.path().join("links"));
    links.extend(linked(&a.folder.join("photos"), &w.dir.path().join("photo-links")));
    assert!(["gridwalk.db", "gridwalk.db-wal", "gridwalk.key-check"].iter().all(|name| links.iter().any(|l| l.ends_with(name))));
    let device = device_id(&a);
    a.phone.shred().unwrap();
    assert_eq!(names(&a.folder), ["notes.txt"]);
    for link in &links {
        assert_eq!(is_blank(link), !link.ends_with("notes.txt"), "{}", link.display());
        assert!(fs::metadata(link).unwrap().len() > 0, "overwritten, not only cut off: {}", link.display());
    }
    // This phone is of no use any more; the right key opens a new, empty store.
    for e in [a.phone.status().unwrap_err(), a.phone.run(visit(w.households[0], "后来")).unwrap_err(), a.sync().await.unwrap_err()] {
        assert_eq!(e.kind(), ErrorKind::Enrolment, "{e}");
    }
    assert_eq!(names(&a.folder), ["notes.txt"]);
    let again = Device::open_with(a.folder.clone(), 1, a.clock.clone(), 500).unwrap();
    let status = again.phone.status().unwrap();
    assert_eq!((status.documents, status.unsent, status.tenants.len()), (0, 0, 0));
    assert_ne!(device_id(&again), device);
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shred_that_was_cut_short_is_finished_by_the_next_opening() {
    let w = World::start(132, 2).await;
    // Cut before the first byte was overwritten, and after the first files' heads were.
    for (number, heads) in [(1, false), (2, true)] {
        let Device { phone, folder, clock, .. } = w.worker(number, "g00").await;
        drop(phone);
        let before = fs::read(folder.join(DB_FILE)).unwrap();
        fs::write(folder.join("gridwalk.shredding"), "").unwrap();
        if heads {
            fs::write(folder.join(DB_FILE), [&[0; 65_536], &before[65_536..]].concat()).unwrap();
        }
        let links = linked(&folder, &w.dir.path().join(format!("links-{number}")));
        let again = Device::open_with(folder.clone(), number, clock, 600).unwrap();
        assert_eq!(again.phone.status().unwrap().documents, 0);
        assert!(links.iter().all(|link| is_blank(link)));
        assert!(!folder.join("gridwalk.shredding").exists());
    }
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_does_not_open_is_shredded_too_and_nothing_else_is() {
    let w = World::start(133, 2).await;
    let Device { phone, folder, .. } = w.worker(1, "g00").await;
    drop(phone);
    let garbage = vec![0xa5; fs::metadata(folder.join(DB_FILE)).unwrap().len() as usize];
    fs::write(folder.join(DB_FILE), garbage).unwrap();
    let links = linked(&folder, &w.dir.path().join("links"));
    shred(&folder).unwrap();
    assert!(names(&folder).is_empty() && links.iter().all(|link| is_blank(link)));
    // A folder without a store is nobody's to empty.
    fs::write(folder.join("gridwalk.txt"), "not a store").unwrap();
    assert_eq!(shred(&folder).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(names(&folder), ["gridwalk.txt"]);
    w.hub.stop().await;
}

/// Every way in which 32 bytes are usually written.
fn spellings(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = secret.iter().map(|b| format!("{b:02x}")).collect();
    let texts = [hex.clone(), hex.to_uppercase(), STANDARD_NO_PAD.encode(secret), URL_SAFE_NO_PAD.encode(secret)];
    texts.into_iter().map(String::into_bytes).chain([secret.to_vec()]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_of_a_phone_ever_has_its_keys() {
    let w = World::start(134, 3).await;
    let a = w.worker(1, "g00").await;
    let mut secrets = vec![key_of(1).to_vec()];
    let look = |secrets: &[Vec<u8>]| {
        for file in fs::read_dir(&a.folder).unwrap().map(|e| e.unwrap().path()) {
            let bytes = fs::read(&file).unwrap();
            for spelling in secrets.iter().flat_map(|s| spellings(s)) {
                assert!(find(&bytes, &spelling).is_none(), "{}", file.display());
            }
        }
    };
    let seed = |device: &Device| device.phone.store().read(|c| Ok(c.query_row("SELECT device_key FROM state", [], |r| r.get::<_, Vec<u8>>(0))?)).unwrap();
    secrets.push(seed(&a));
    a.phone.run(visit(w.households[0], "一")).unwrap();
    look(&secrets);
    w.settle(&[&a]).await;
    look(&secrets);
    admin::revoke(&w.hub.hub, device_id(&a)).await.unwrap();
    assert!(a.sync().await.is_err());
    a.phone.enrol(&w.hub.invite_again(Role::GridWorker, Some("g00"), person(&a)).await.unwrap(), None).await.unwrap();
    secrets.push(seed(&a));
    assert_ne!(secrets[1], secrets[2]);
    w.settle(&[&a]).await;
    a.phone.rebuild().unwrap();
    look(&secrets);
    // The hub's own files have none of a phone's either.
    for file in fs::read_dir(&w.hub.folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()) {
        let bytes = fs::read(&file).unwrap();
        assert!(!secrets.iter().flat_map(|s| spellings(s)).any(|s| find(&bytes, &s).is_some()), "{}", file.display());
    }
    w.hub.stop().await;
}
