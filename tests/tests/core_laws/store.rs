//! The store: nothing is lost, nothing is half there, and what is wrong is said.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use gridwalk_core::clock::ManualClock;
use gridwalk_core::documents::Audience;
use gridwalk_core::error::ErrorKind;
use gridwalk_core::identity::SeededRandom;
use gridwalk_core::records::JsonMap;
use gridwalk_core::rules::Role;
use gridwalk_core::store::{DB_FILE, StoredDoc, push_chunk};
use gridwalk_core::versions::{DICTIONARY_VERSION, Dictionary};
use gridwalk_core::{Config, Phone};
use gridwalk_tests::harness::{MORNING, key_of};
use gridwalk_tests::typed::AddPlace;

use super::lab::{Lab, dump, enrol, id_of, open, resident};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(MORNING))
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap());
    entries.filter(|e| e.path().is_file()).map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap())).collect()
}

fn failing(folder: &Path, number: u64) -> gridwalk_core::Error {
    open(folder, number, &clock()).map(|_| ()).unwrap_err()
}

/// A closed store with some households; its folder and its rows.
fn filled() -> (tempfile::TempDir, BTreeMap<&'static str, Vec<String>>) {
    let Lab { dir, phone, place, .. } = {
        let lab = Lab::new(&[("低保", 30)]);
        for n in 0..60 {
            lab.add(&format!("五堰路{n}号"), vec![resident(&format!("王{n}"), &["低保"])]);
        }
        lab
    };
    let _ = place;
    let rows = dump(&phone);
    drop(phone);
    (dir, rows)
}

#[test]
fn every_connection_survives_power_loss() {
    let lab = Lab::new(&[]);
    let mut seen = 0;
    let look = |c: &rusqlite::Connection| {
        assert_eq!(c.query_row("PRAGMA journal_mode", [], |r| r.get::<_, String>(0)).unwrap(), "wal");
        assert_eq!(c.query_row("PRAGMA synchronous", [], |r| r.get::<_, i64>(0)).unwrap(), 2, "FULL");
        assert_eq!(c.query_row("PRAGMA secure_delete", [], |r| r.get::<_, i64>(0)).unwrap(), 1);
    };
    lab.phone
        .store()
        .with_connections(|c| {
            look(c);
            seen += 1;
        })
        .unwrap();
    assert_eq!(seen, 2);
    // Also readers beside readers.
    lab.phone.store().read(|c| lab.phone.store().read(|d| Ok((look(c), look(d))))).unwrap();
    let written = lab.phone.store().read(|c| Ok(c.execute("DELETE FROM documents", []).is_ok())).unwrap();
    assert!(!written, "readers do not write");
}

#[test]
fn a_wrong_key_touches_nothing() {
    let (dir, rows) = filled();
    let before = files(dir.path());
    assert_eq!(failing(dir.path(), 2).kind(), ErrorKind::WrongKey);
    assert_eq!(files(dir.path()), before);
    // Also where the key check was lost.
    fs::remove_file(dir.path().join("gridwalk.key-check")).unwrap();
    let before = files(dir.path());
    assert_eq!(failing(dir.path(), 2).kind(), ErrorKind::WrongKey);
    assert_eq!(files(dir.path())[DB_FILE], before[DB_FILE]);
    assert!(!files(dir.path()).keys().any(|name| name.contains("damaged")));
    assert_eq!(dump(&open(dir.path(), 1, &clock()).unwrap()), rows);
    assert!(files(dir.path()).contains_key("gridwalk.key-check"));
}

#[test]
fn a_newer_store_is_refused_untouched() {
    let (dir, rows) = filled();
    let set_version = |version: i64| {
        let connection = rusqlite::Connection::open(dir.path().join(DB_FILE)).unwrap();
        let hex: String = key_of(1).iter().map(|b| format!("{b:02x}")).collect();
        connection.pragma_update(None, "key", format!("x'{hex}'")).unwrap();
        connection.pragma_update(None, "cipher_hmac_algorithm", "HMAC_SHA256").unwrap();
        let before: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0)).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
        before
    };
    for newer in [99, -1] {
        let ours = set_version(newer);
        let before = files(dir.path());
        let error = failing(dir.path(), 1);
        assert_eq!(error.kind(), ErrorKind::NewerStore, "{newer}: {error}");
        assert_eq!(files(dir.path())[DB_FILE], before[DB_FILE]);
        assert_eq!(files(dir.path()).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
        set_version(ours);
    }
    assert_eq!(dump(&open(dir.path(), 1, &clock()).unwrap()), rows);
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x40;
    fs::write(path, bytes).unwrap();
}

fn copied(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for (name, bytes) in files(from) {
        fs::write(to.path().join(name), bytes).unwrap();
    }
    to
}

/// The damaged file lies aside, byte for byte, under the name that the error says; and the phone opens again, empty.
fn set_aside(folder: &Path, error: &gridwalk_core::Error, bytes: &[u8]) {
    assert_eq!(error.kind(), ErrorKind::Damaged, "{error}");
    let aside = files(folder).into_iter().find(|(name, _)| name.contains("damaged") && name.ends_with(".db")).expect("set aside, not deleted");
    assert_eq!(aside.1, bytes);
    assert!(error.message_zh().contains(&aside.0) && error.message_en().contains(&aside.0), "{error}");
    let phone = open(folder, 1, &clock()).unwrap();
    assert_eq!(phone.status().unwrap().documents, 0);
}

#[test]
fn a_damaged_file_is_set_aside_and_never_deleted() {
    let (dir, _) = filled();
    let size = fs::metadata(dir.path().join(DB_FILE)).unwrap().len() as usize;
    // In the first page, at its beginning and further on; and the file cut short.
    for at in [3, 20, 100, 4_000] {
        let copy = copied(dir.path());
        flip(&copy.path().join(DB_FILE), at);
        let bytes = fs::read(copy.path().join(DB_FILE)).unwrap();
        set_aside(copy.path(), &failing(copy.path(), 1), &bytes);
        // A second damage gets a name of its own.
        flip(&copy.path().join(DB_FILE), at);
        assert_eq!(failing(copy.path(), 1).kind(), ErrorKind::Damaged);
        assert_eq!(files(copy.path()).keys().filter(|n| n.contains("damaged") && n.ends_with(".db")).count(), 2);
    }
    // In a later page it shows when that page is read; then the next opening sets the file aside.
    let mut met = 0;
    let pages = size / 4096;
    for page in (1..pages).step_by(pages.div_ceil(8)) {
        let copy = copied(dir.path());
        flip(&copy.path().join(DB_FILE), page * 4096 + 777);
        let bytes = fs::read(copy.path().join(DB_FILE)).unwrap();
        let read = |phone: &Phone| {
            let tables: Vec<&str> = gridwalk_core::kinds::tables().map(|t| t.name).chain(["documents", "commands", "changes", "due"]).collect();
            tables.iter().try_for_each(|table| {
                phone.store().read(|c| {
                    let mut statement = c.prepare(&format!("SELECT * FROM {table}"))?;
                    let mut rows = statement.query([])?;
                    while let Some(row) = rows.next()? {
                        row.get::<_, rusqlite::types::Value>(0)?;
                    }
                    Ok(())
                })
            })
        };
        let error = match open(copy.path(), 1, &clock()) {
            // Met after the file was opened: the next opening looks closely.
            Err(e) if !files(copy.path()).keys().any(|n| n.contains("damaged")) => {
                assert_eq!(e.kind(), ErrorKind::Damaged, "page {page}: {e}");
                met += 1;
                failing(copy.path(), 1)
            }
            Err(e) => e,
            Ok(phone) => match read(&phone) {
                Ok(()) => continue,
                Err(e) => {
                    assert_eq!(e.kind(), ErrorKind::Damaged, "page {page}: {e}: {:?}", std::error::Error::source(&e));
                    drop(phone);
                    met += 1;
                    failing(copy.path(), 1)
                }
            },
        };
        set_aside(copy.path(), &error, &bytes);
    }
    assert!(met > 0, "no page was met while reading");
}

#[test]
fn what_returned_is_there_after_the_process_is_gone() {
    let lab = Lab::new(&[("低保", 30)]);
    lab.add("五堰路1号", vec![resident("王小明", &["低保"])]);
    // What lies on the disk while the phone is open is what a killed process leaves.
    let copy = copied(lab.dir.path());
    fs::remove_file(copy.path().join("gridwalk.db-shm")).ok();
    let again = open(copy.path(), 1, &clock()).unwrap();
    assert_eq!(dump(&again), dump(&lab.phone));
    assert_eq!(again.status().unwrap().unsent, lab.phone.status().unwrap().unsent);
    assert_eq!(again.heads().unwrap(), lab.phone.heads().unwrap());
}

/// A tiny file system in memory, unmounted at the end.
struct Tiny(PathBuf);

impl Tiny {
    fn mount(at: &Path, size: &str) -> Option<Self> {
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(at).output();
        if done.is_ok_and(|o| o.status.success()) { Some(Self(at.to_owned())) } else { None }
    }

    fn remount(&self, how: &str) {
        assert!(Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}

fn grow(path: &Path) {
    use std::io::Write;
    let mut file = fs::File::create(path).unwrap();
    while file.write_all(&[7; 4096]).is_ok() {}
    while file.write_all(&[7; 1]).is_ok() {}
}

#[test]
fn a_full_disk_records_nothing_and_goes_on_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let Some(tiny) = Tiny::mount(dir.path(), "3m") else {
        std::io::Write::write_all(&mut std::io::stderr(), "full disk: skipped, mounting is not permitted here\n".as_bytes()).unwrap();
        return;
    };
    let (folder, filler) = (dir.path().join("store"), dir.path().join("filler"));
    grow(&filler);
    let error = failing(&folder, 1);
    assert_eq!(error.kind(), ErrorKind::CannotWrite, "{error}: {:?}", std::error::Error::source(&error));
    fs::remove_file(&filler).unwrap();
    let phone = open(&folder, 1, &clock()).unwrap();
    enrol(&phone, id_of(9, 1), Role::Cadre, &Audience::Community);
    let add = |n: usize| phone.run(AddPlace { level: "grid".into(), name: format!("网格{n}") });
    add(0).unwrap();
    grow(&filler);
    let mut recorded = 1;
    let error = loop {
        // What fits into the log's last page goes in.
        let before = dump(&phone);
        match add(recorded) {
            Ok(_) => recorded += 1,
            Err(e) => {
                assert_eq!(dump(&phone), before, "nothing half there");
                break e;
            }
        }
        assert!(recorded < 2_000);
    };
    assert_eq!(error.kind(), ErrorKind::CannotWrite, "{error}: {:?}", std::error::Error::source(&error));
    assert_eq!(phone.status().unwrap().unsent, recorded as u64);
    fs::remove_file(&filler).unwrap();
    add(recorded).unwrap();
    let rows = dump(&phone);
    assert_eq!(rows["places"].len(), recorded + 1);
    drop(phone);
    assert_eq!(dump(&open(&folder, 1, &clock()).unwrap()), rows);
    drop(tiny);
}

#[test]
fn a_folder_that_cannot_be_written_is_said_so_and_works_later() {
    let dir = tempfile::tempdir().unwrap();
    let Some(tiny) = Tiny::mount(dir.path(), "8m") else {
        std::io::Write::write_all(&mut std::io::stderr(), "read-only folder: skipped, mounting is not permitted here\n".as_bytes()).unwrap();
        return;
    };
    let (old, new) = (dir.path().join("old"), dir.path().join("new"));
    let phone = open(&old, 1, &clock()).unwrap();
    enrol(&phone, id_of(9, 1), Role::Cadre, &Audience::Community);
    phone.run(AddPlace { level: "grid".into(), name: "一网格".into() }).unwrap();
    let rows = dump(&phone);
    drop(phone);
    let before = files(&old);
    tiny.remount("ro");
    for folder in [&old, &new] {
        let error = failing(folder, 1);
        assert_eq!(error.kind(), ErrorKind::CannotWrite, "{error}: {:?}", std::error::Error::source(&error));
    }
    assert_eq!(files(&old), before);
    tiny.remount("rw");
    assert_eq!(dump(&open(&old, 1, &clock()).unwrap()), rows);
    open(&new, 1, &clock()).unwrap();
    // A file where the folder should be.
    fs::write(dir.path().join("file"), "").unwrap();
    assert_eq!(failing(&dir.path().join("file"), 1).kind(), ErrorKind::CannotWrite);
}

fn opened_as(folder: &Path, dictionary: Dictionary) -> Phone {
    let config = Config { folder: folder.to_owned(), key: key_of(1), clock: clock(), random: Arc::new(SeededRandom::new(5)) };
    Phone::open_as(config, dictionary).unwrap()
}

fn tables(phone: &Phone, name: &str) -> i64 {
    let sql = "SELECT count(*) FROM sqlite_master WHERE name = ?1";
    phone.store().read(|c| Ok(c.query_row(sql, [name], |r| r.get(0))?)).unwrap()
}

#[test]
fn a_store_that_other_declarations_made_opens_and_loses_nothing() {
    let (dir, rows) = filled();
    let found = |phone: &Phone| phone.find("王7", 5).unwrap();
    let before = found(&opened_as(dir.path(), Dictionary::OURS));
    assert!(!before.is_empty());
    // A table less, a column less, one that is declared no more, an index of another shape, a due list of another shape, no row at all.
    let others = [
        "DROP TABLE mediations",
        "ALTER TABLE households DROP COLUMN tenure",
        "CREATE TABLE pets (doc TEXT); UPDATE read_model SET tables = json_insert(tables, '$[#]', 'pets')",
        "DROP TABLE search; CREATE VIRTUAL TABLE search USING fts5(names)",
        "DROP TABLE due; CREATE TABLE due (household TEXT)",
        "DELETE FROM residents; DELETE FROM near",
    ];
    for other in others {
        let copy = copied(dir.path());
        let phone = open(copy.path(), 1, &clock()).unwrap();
        phone.store().write(|tx| Ok(tx.execute_batch(&format!("{other}; UPDATE read_model SET version = 'another'"))?)).unwrap();
        drop(phone);
        let phone = open(copy.path(), 1, &clock()).unwrap();
        assert_eq!(dump(&phone), rows, "{other}");
        assert_eq!(found(&phone), before, "{other}");
        assert_eq!(tables(&phone, "pets"), 0);
        // And works on: what is written next goes into the tables of now.
        phone
            .run(gridwalk_tests::typed::RecordVisit {
                household: before[0].household,
                result: gridwalk_core::visits::VisitResult::Met,
                purpose: String::new(),
                note: String::new(),
                minutes: None,
                lat: None,
                lon: None,
                visited_at: None,
                fields: JsonMap::new(),
            })
            .unwrap();
    }
}

#[test]
fn an_older_and_a_newer_app_open_the_same_store_in_turn() {
    const OLDER: Dictionary = Dictionary { number: DICTIONARY_VERSION - 1, without: &[("mediation", ""), ("unit", "")] };
    let (dir, rows) = filled();
    for _ in 0..2 {
        let phone = opened_as(dir.path(), OLDER);
        let seen = dump(&phone);
        assert!(seen["mediations"].is_empty() && seen["units"].is_empty() && !seen["households"].is_empty());
        assert_eq!(phone.today(None, 100).unwrap().len(), rows["due"].len());
        drop(phone);
        assert_eq!(dump(&opened_as(dir.path(), Dictionary::OURS)), rows);
    }
    // Of what the older one could not read, something is broken: it is asked for again, and everything else opens.
    let phone = opened_as(dir.path(), OLDER);
    let add = |tx: &rusqlite::Transaction<'_>| {
        let mut stored = StoredDoc { epoch: 1, ..StoredDoc::new("t", 15, 0) };
        push_chunk(&mut stored.base, b"no change");
        stored.insert(tx, id_of(7, 7))
    };
    phone.store().write(add).unwrap();
    assert_eq!(phone.status().unwrap().after_update, 1);
    drop(phone);
    let phone = opened_as(dir.path(), Dictionary::OURS);
    assert_eq!((phone.status().unwrap().after_update, phone.status().unwrap().unreadable), (0, 1));
    assert_eq!(dump(&phone), rows);
}
