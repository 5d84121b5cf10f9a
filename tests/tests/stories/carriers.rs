//! Carriers: work of a phone that cannot reach the hub comes there by other hands, unread, once, and the author learns of it.

use std::path::{Path, PathBuf};

use gridwalk_core::ErrorKind;
use gridwalk_core::identity::{DeviceKey, SeededRandom};
use gridwalk_core::rules::Role;
use gridwalk_core::sync::protocol::{Envelope, Judged, Receipt, Sealed, decode, encode};
use gridwalk_hub::admin;
use gridwalk_tests::harness::Device;
use gridwalk_tests::roster::{AddResident, EditHousehold};
use gridwalk_tests::typed::AddPerson;

use crate::world::{World, device_id, household, notes, person, resident, tell, text, visit};

const SECRET: &str = "独门独户的秘密走访记录";

fn file(w: &World, name: &str) -> PathBuf {
    w.dir.path().join(name)
}

/// Hands what `from` has not sent to `to` in a file.
fn hand_over(w: &World, from: &Device, to: &Device, name: &str) -> PathBuf {
    let path = file(w, name);
    from.phone.export_bundles(&path).unwrap();
    to.phone.take_carried(&path, None).unwrap();
    path
}

/// Brings the receipts that `from` holds back to `to`.
fn bring_back(w: &World, from: &Device, to: &Device, name: &str) -> gridwalk_core::carriers::Imported {
    let path = file(w, name);
    from.phone.export_receipts(&path).unwrap();
    to.phone.take_carried(&path, None).unwrap()
}

fn unsent(device: &Device) -> u64 {
    device.phone.status().unwrap().unsent
}

/// Whether any of these words' bytes are in a file or in what lies in a folder.
fn holds(path: &Path, words: &str) -> bool {
    if path.is_dir() {
        return std::fs::read_dir(path).unwrap().any(|entry| holds(&entry.unwrap().path(), words));
    }
    contains(&std::fs::read(path).unwrap(), words.as_bytes())
}

/// All that a phone's store holds in its tables, decrypted, as bytes of text.
fn decrypted(device: &Device) -> Vec<u8> {
    let read = |c: &rusqlite::Connection| {
        let mut all = Vec::new();
        let tables: Vec<String> = c
            .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search%' AND name NOT LIKE 'near%'")?
            .query_map([], |r| r.get(0))?
            .collect::<Result<_, _>>()?;
        for table in tables {
            let mut statement = c.prepare(&format!("SELECT * FROM {table}"))?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    match row.get_ref(column)? {
                        rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => all.extend_from_slice(bytes),
                        _ => {}
                    }
                    all.push(b'|');
                }
            }
        }
        Ok(all)
    };
    device.phone.store().read(read).unwrap()
}

fn contains(bytes: &[u8], words: &[u8]) -> bool {
    memchr::memmem::find(bytes, words).is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_colleague_carries_a_phones_work_in_a_file_reads_none_of_it_and_brings_back_what_became_of_it() {
    let w = World::start(401, 2).await;
    let a = w.worker(1, "g00").await;
    // The carrier works in the other grid: what it carries is none of its business.
    let b = w.worker(2, "g01").await;
    a.phone.run(visit(w.households[0], SECRET)).unwrap();
    let home = a.phone.run(household(w.grids[0], "新楼9室", "无人知晓")).unwrap().value;
    let path = hand_over(&w, &a, &b, "a.carry");

    // Neither the file nor the carrier's store, decrypted, says a word of it: not what, not who.
    let envelope: Vec<u8> = b.phone.store().read(|c| Ok(c.query_row("SELECT envelope FROM carried", [], |r| r.get(0))?)).unwrap();
    assert!(!holds(&path, SECRET) && !holds(&b.folder, SECRET));
    let store = decrypted(&b);
    for words in [SECRET.as_bytes(), "无人知晓".as_bytes(), &device_id(&a).0, device_id(&a).to_string().as_bytes(), person(&a).to_string().as_bytes()] {
        assert!(!contains(&store, words), "the carrier's store holds {:?}", String::from_utf8_lossy(words));
        assert!(!contains(&envelope, words));
    }
    // What the test looks for it would find: the author's own store has it.
    assert!(contains(&decrypted(&a), SECRET.as_bytes()));
    let status = b.phone.status().unwrap().carried;
    assert_eq!((status.waiting, status.receipts, status.oldest_at), (1, 0, Some(b.phone.now().unwrap())));
    // Its size is told in powers of two only.
    assert!((Envelope::read(&envelope).unwrap().sealed.len() - 48).is_power_of_two());
    // Taken in twice is once; the author's own phone does not carry it for itself.
    assert_eq!(b.phone.take_carried(&path, None).unwrap().known, 1);
    assert_eq!(a.phone.take_carried(&path, None).unwrap().known, 1);
    assert_eq!((unsent(&a), a.phone.status().unwrap().carried.waiting), (2, 0));

    let report = b.sync().await.unwrap();
    assert_eq!((report.carried, report.sent), (1, 0));
    assert_eq!(w.ask("SELECT note FROM visits").await, [SECRET]);
    assert_eq!(w.ask("SELECT visits.by || '' FROM visits").await, [person(&a).to_string()]);
    assert_eq!(w.ask("SELECT device FROM statements ORDER BY number DESC LIMIT 1").await, [device_id(&a).to_string()]);
    let status = b.phone.status().unwrap().carried;
    assert_eq!((status.waiting, status.receipts, status.oldest_at), (0, 1, None));
    // What it had in hand it has no longer.
    assert_eq!(text(&b.phone, "SELECT count(*) || '' FROM carried WHERE envelope IS NOT NULL"), ["0"]);

    // The author is still offline and learns it from the receipt; a second time tells nothing new.
    let told = bring_back(&w, &b, &a, "receipts");
    assert_eq!((told.receipts, told.sent, told.refused, unsent(&a)), (1, 2, 0, 0));
    let again = a.phone.take_carried(&file(&w, "receipts"), None).unwrap();
    assert_eq!((again.receipts, again.sent), (0, 0));
    assert_eq!(a.phone.export_bundles(&file(&w, "nothing")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(a.phone.household(home).unwrap().residents.len(), 1);
    // It goes on working offline on what the hub has by now.
    a.phone.run(AddResident { household: home, resident: resident("后来的人") }).unwrap();

    // Then it syncs itself: nothing twice.
    let c = w.worker(3, "g00").await;
    w.settle(&[&a, &b, &c]).await;
    assert_eq!(w.ask("SELECT note FROM visits").await, [SECRET]);
    assert_eq!(c.phone.household(home).unwrap().residents.len(), 2);
    w.assert_agreement(&[&a, &b, &c]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_carriers_at_once_and_the_author_too_deliver_it_once() {
    let w = World::start(402, 1).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    let c = w.worker(3, "g01").await;
    let home = a.phone.run(household(w.grids[0], "新楼", "住户甲")).unwrap().value;
    a.phone.run(visit(home, "一")).unwrap();
    let path = hand_over(&w, &a, &b, "once");
    c.phone.take_carried(&path, None).unwrap();
    let (first, second, own) = tokio::join!(b.sync(), c.sync(), a.sync());
    assert_eq!((first.unwrap().carried, second.unwrap().carried), (1, 1));
    own.unwrap();
    assert_eq!(unsent(&a), 0);
    assert_eq!(w.ask("SELECT count(*) || '' FROM visits").await, ["1"]);
    // A receipt that comes after the author's own sync tells nothing new.
    let told = bring_back(&w, &b, &a, "late");
    assert_eq!((told.receipts, told.sent), (0, 0));
    // A colleague of the same grid who carried it has it from the same reply: only one's own is left out.
    w.settle(&[&a, &b, &c]).await;
    w.assert_agreement(&[&a, &b, &c]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_carriers_reply_brings_what_it_carried_if_it_may_read_it() {
    let w = World::start(403, 1).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    a.phone.run(visit(w.households[0], "甲的")).unwrap();
    b.phone.run(visit(w.households[0], "乙的")).unwrap();
    hand_over(&w, &a, &b, "same-grid");
    let report = b.sync().await.unwrap();
    assert_eq!((report.requests, report.sent, report.carried, report.received), (1, 1, 1, 1));
    assert_eq!(notes(&b.phone), ["乙的", "甲的"]);
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_rests_on_something_undelivered_waits_with_the_carrier_and_is_delivered_again() {
    let w = World::start(404, 1).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    let c = w.worker(3, "g01").await;
    let edit = |tenure: &str| EditHousehold {
        household: w.households[0],
        address: None,
        tenure: Some(tenure.into()),
        state: None,
        visit_every_days: None,
        position: None,
        place: None,
    };
    a.phone.run(edit("租住")).unwrap();
    let first = file(&w, "first");
    a.phone.export_bundles(&first).unwrap();
    a.phone.run(edit("自有")).unwrap();
    let both = file(&w, "both");
    a.phone.export_bundles(&both).unwrap();
    // The second bundle alone goes with B, the first follows with C.
    let parcel = std::fs::read(&both).unwrap();
    let envelopes = a
        .phone
        .store()
        .read(|c| Ok(c.prepare("SELECT envelope FROM bundles ORDER BY n")?.query_map([], |r| r.get(0))?.collect::<Result<Vec<Vec<u8>>, _>>()?))
        .unwrap();
    assert_eq!(envelopes.len(), 2);
    assert!(envelopes.iter().all(|e| contains(&parcel, e)), "an envelope is the same bytes in every file");
    b.phone.take_carried(&both, None).unwrap();
    tell(&b.phone, "DELETE FROM carried WHERE n = 1");
    let report = b.sync().await.unwrap();
    assert_eq!((report.carried, b.phone.status().unwrap().carried.waiting), (0, 1));
    // A receipt that says `missing` changes nothing at the author's.
    let told = bring_back(&w, &b, &a, "missing");
    assert_eq!((told.sent, told.refused, unsent(&a)), (0, 0, 2));
    let before = text(&a.phone, "SELECT hex(actor) FROM state");
    c.phone.take_carried(&first, None).unwrap();
    c.sync().await.unwrap();
    assert_eq!(b.sync().await.unwrap().carried, 1);
    let told = (bring_back(&w, &b, &a, "second"), bring_back(&w, &c, &a, "first-receipt"));
    assert_eq!((told.0.sent, told.1.sent, unsent(&a)), (1, 1, 0));
    assert_eq!(text(&a.phone, "SELECT hex(actor) FROM state"), before);
    assert_eq!(w.ask(&format!("SELECT tenure FROM households WHERE doc = '{}'", w.households[0])).await, ["自有"]);
    w.settle(&[&a, &b, &c]).await;
    w.assert_agreement(&[&a, &b, &c]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_part_is_quarantined_at_the_author_by_the_receipt_and_the_rest_is_sent() {
    let w = World::start(405, 1).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    tell(&a.phone, "UPDATE tenants SET grants = replace(grants, ']]', '],[\"cadre\",\"community\"]]')");
    let refused = a.phone.run(AddPerson { kind: "member".into(), name: "某人".into(), place: None }).unwrap();
    a.phone.run(visit(w.households[0], "一")).unwrap();
    hand_over(&w, &a, &b, "part");
    assert_eq!(b.sync().await.unwrap().carried, 1);
    let told = bring_back(&w, &b, &a, "part-receipt");
    assert_eq!((told.receipts, told.refused), (1, 1));
    let status = a.phone.status().unwrap();
    assert_eq!(status.quarantine.iter().map(|q| q.id).collect::<Vec<_>>(), [refused.command]);
    assert!(!status.quarantine[0].reason_zh.is_empty());
    assert_eq!(w.ask("SELECT note FROM visits").await, ["一"]);
    w.settle(&[&a, &b]).await;
    assert_eq!((unsent(&a), w.ask("SELECT count(*) || '' FROM visits").await), (0, vec!["1".to_owned()]));
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_delivered_and_lost_by_a_restore_is_sent_again_and_old_receipts_say_nothing() {
    let w = World::start(406, 1).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    let backup = file(&w, "backup.db");
    admin::backup(&w.hub.hub, &backup).await.unwrap();
    a.phone.run(visit(w.households[0], "恢复前")).unwrap();
    hand_over(&w, &a, &b, "before");
    b.sync().await.unwrap();
    let receipts = file(&w, "old-receipts");
    b.phone.export_receipts(&receipts).unwrap();
    let w = w.restart(4060, Some(&backup), &[&a, &b]).await;
    // The author hears of the restored hub first; the old receipt is of an epoch that is over.
    a.sync().await.unwrap();
    a.phone.run(visit(w.households[0], "恢复后")).unwrap();
    let told = a.phone.take_carried(&receipts, None).unwrap();
    assert_eq!((told.receipts, told.sent), (0, 0));
    w.settle(&[&a, &b]).await;
    assert_eq!(w.ask("SELECT note FROM visits ORDER BY note").await, ["恢复前", "恢复后"]);
    w.assert_agreement(&[&a, &b]).await;

    // Learnt by the receipt alone, then lost by the restore: the author sends it again when it hears of it.
    a.phone.run(visit(w.households[0], "凭回执")).unwrap();
    hand_over(&w, &a, &b, "by-receipt");
    b.sync().await.unwrap();
    assert_eq!(bring_back(&w, &b, &a, "good-receipt").sent, 1);
    let w = w.restart(4061, Some(&backup), &[&a, &b]).await;
    w.settle(&[&a, &b]).await;
    assert_eq!(w.ask("SELECT count(*) || '' FROM visits").await, ["3"]);
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_enrolled_device_may_carry_also_from_another_community() {
    let w = World::start(407, 1).await;
    let a = w.worker(1, "g00").await;
    let other = admin::create_tenant(&w.hub.hub, "qiyan", "另一社区").await.unwrap();
    let new = admin::NewInvite {
        address: w.hub.url(),
        role: Role::Cadre,
        grid: None,
        micro_grid: None,
        unit: None,
        name: Some("邻社区干部".into()),
        person: None,
        valid_seconds: 600,
    };
    let stranger = Device::enrolled(w.dir.path(), 7, &admin::invite(&w.hub.hub, &other, &new).await.unwrap()).await.unwrap();
    a.phone.run(visit(w.households[0], "邻居代送")).unwrap();
    hand_over(&w, &a, &stranger, "abroad");
    assert_eq!(stranger.sync().await.unwrap().carried, 1);
    assert_eq!(w.ask("SELECT note FROM visits WHERE tenant_id = 'wuyan'").await, ["邻居代送"]);
    assert!(
        stranger.phone.heads().unwrap().iter().all(|(id, _)| text(&stranger.phone, &format!("SELECT tenant FROM documents WHERE id = '{id}'")) == ["qiyan"])
    );
    assert_eq!(bring_back(&w, &stranger, &a, "from-abroad").sent, 1);
    w.settle(&[&a]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_devices_work_is_taken_in_by_a_cadre_who_vouches_and_by_nobody_else() {
    let w = World::start(408, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    let before = a.phone.run(visit(w.households[0], "停用前")).unwrap().value;
    admin::revoke(&w.hub.hub, device_id(&a)).await.unwrap();
    assert_eq!(a.sync().await.unwrap_err().kind(), ErrorKind::HubRefused);
    // A colleague brings it: refused, and nothing is lost by it.
    let path = hand_over(&w, &a, &b, "revoked");
    assert_eq!(b.sync().await.unwrap().carried, 0);
    let status = b.phone.status().unwrap().carried;
    assert_eq!((status.waiting, status.outcast, status.receipts), (0, 1, 0));
    assert!(w.ask("SELECT note FROM visits").await.is_empty());
    // Vouching is a cadre's: the phone says so, and the hub does not believe one that says otherwise.
    assert_eq!(b.phone.take_carried(&path, Some("我认识他")).unwrap_err().kind(), ErrorKind::NotAllowed);
    assert_eq!(w.desk.phone.take_carried(&path, Some(" ")).unwrap_err().kind(), ErrorKind::Invalid);
    tell(&b.phone, "UPDATE carried SET vouch = '我认识他', outcome = NULL, asked = NULL");
    b.sync().await.unwrap();
    assert_eq!(b.phone.status().unwrap().carried.outcast, 1);
    assert!(w.ask("SELECT note FROM visits").await.is_empty());

    // Carried without a word it is refused at the desk too; vouched for, it is taken under the author's name, and marked.
    w.desk.phone.take_carried(&path, None).unwrap();
    w.desk.sync().await.unwrap();
    assert_eq!(w.desk.phone.status().unwrap().carried.outcast, 1);
    assert_eq!(w.desk.phone.take_carried(&path, Some("手机丢失前一天的走访，本人已核对")).unwrap().known, 1);
    assert_eq!(w.desk.sync().await.unwrap().carried, 1);
    assert_eq!(w.ask("SELECT note FROM visits").await, ["停用前"]);
    assert_eq!(w.ask("SELECT visits.by || '' FROM visits").await, [person(&a).to_string()]);
    let marked = format!("{} {} 手机丢失前一天的走访，本人已核对", device_id(&a), person(&w.desk));
    assert_eq!(w.ask("SELECT device || ' ' || vouched_by || ' ' || vouch_reason FROM statements WHERE vouched_at IS NOT NULL").await, [marked]);
    let logged = w.ask("SELECT by_whom || ' ' || subject FROM audit_log WHERE verb = 'vouch'").await;
    assert_eq!(logged, [format!("{} {}", person(&w.desk), device_id(&a))]);
    // Whoever asks later who wrote it is shown the author, whose signature it is, and who vouched.
    let audit = admin::audit(&w.hub.hub, &w.hub.tenant, before, Some("note")).await.unwrap();
    let fact = &audit.facts[0];
    assert_eq!((fact.by.as_str(), fact.proof), (person(&a).to_string().as_str(), admin::Proof::Proven));
    assert_eq!(
        fact.vouched.as_ref().map(|v| (v.by.as_str(), v.reason.as_str())),
        Some((person(&w.desk).to_string().as_str(), "手机丢失前一天的走访，本人已核对"))
    );
    // Its phone learns it from the receipt; the device stays out.
    assert_eq!((bring_back(&w, &w.desk, &a, "vouched-receipt").sent, unsent(&a)), (1, 0));
    a.phone.run(visit(w.households[0], "停用后")).unwrap();
    assert_eq!(a.sync().await.unwrap_err().kind(), ErrorKind::HubRefused);
    // Vouching covers what the author might do, no more: adding persons is not a grid worker's.
    tell(&a.phone, "UPDATE tenants SET grants = replace(grants, ']]', '],[\"cadre\",\"community\"]]')");
    a.phone.run(AddPerson { kind: "member".into(), name: "某人".into(), place: None }).unwrap();
    let later = file(&w, "later");
    a.phone.export_bundles(&later).unwrap();
    w.desk.phone.take_carried(&later, Some("核对过")).unwrap();
    w.desk.sync().await.unwrap();
    assert_eq!(w.ask("SELECT note FROM visits ORDER BY note").await, ["停用前", "停用后"]);
    assert!(w.ask("SELECT doc FROM persons WHERE name = '某人'").await.is_empty());
    assert_eq!(bring_back(&w, &w.desk, &a, "later-receipt").refused, 1);
    // Enrolled again with a new key it pulls and finds nothing of it missing, nothing twice.
    a.phone.enrol(&w.hub.invite_again(Role::GridWorker, Some("g00"), person(&a)).await.unwrap(), None).await.unwrap();
    w.settle(&[&a, &b]).await;
    assert_eq!(notes(&a.phone), ["停用前", "停用后"]);
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_and_foreign_envelopes_and_receipts_change_nothing() {
    let w = World::start(409, 1).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    let c = w.worker(3, "g01").await;
    a.phone.run(visit(w.households[0], "真的")).unwrap();
    let path = hand_over(&w, &a, &b, "real");
    let envelope: Vec<u8> = b.phone.store().read(|c| Ok(c.query_row("SELECT envelope FROM carried", [], |r| r.get(0))?)).unwrap();

    // Files: cut anywhere or bent anywhere they are refused whole, or the hub cannot open what is in them.
    let whole = std::fs::read(&path).unwrap();
    let bent = file(&w, "bent");
    for cut in [0, 1, 16, 17, 18, 30, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&bent, &whole[..cut]).unwrap();
        assert_eq!(c.phone.take_carried(&bent, None).unwrap_err().kind(), ErrorKind::Malformed, "cut at {cut}");
    }
    assert_eq!(c.phone.status().unwrap().carried.waiting, 0);
    let put = |phone: &Device, bytes: &[u8]| {
        let sql = "INSERT INTO carried (id, envelope, at) VALUES (?1, ?2, 1772409600)";
        phone.phone.store().write(|tx| Ok(tx.execute(sql, rusqlite::params![Envelope::id(bytes), bytes]).map(drop)?)).unwrap();
    };
    let read = Envelope::read(&envelope).unwrap();
    let last = read.sealed.len() - 1;
    for at in [0, 31, 32, 100, last] {
        let mut sealed = read.sealed.to_vec();
        sealed[at] ^= 1;
        put(&c, &encode(&Envelope { sealed: sealed.into(), ..read.clone() }));
    }
    put(&c, &encode(&Envelope { tenant: "nirgends".into(), ..read.clone() }));
    put(&c, &encode(&Envelope { key: [1; 8].into(), ..read.clone() }));
    // A bundle of A's in an envelope of the carrier's own making, with the signature bent.
    let mut sealed: Sealed =
        decode(&a.phone.store().read(|c| Ok(c.query_row("SELECT sealed FROM bundles", [], |r| r.get::<_, Vec<u8>>(0))?)).unwrap(), "bundle").unwrap();
    let random = SeededRandom::new(5);
    sealed.signature[3] ^= 1;
    put(&c, &encode(&Envelope::close(&sealed, "wuyan", &w.hub.tenant.key.public(), &random).unwrap()));
    c.sync().await.unwrap();
    assert!(w.ask("SELECT note FROM visits").await.is_empty());
    assert_eq!(text(&c.phone, "SELECT group_concat(coalesce(outcome, 'none')) FROM (SELECT outcome FROM carried ORDER BY n)"), ["3,3,3,3,3,none,none,3"]);
    assert_eq!(text(&c.phone, "SELECT count(*) || '' FROM carried WHERE elsewhere LIKE '%http%'"), ["2"]);
    // None of it is offered for ever: the next sync is a plain one.
    assert_eq!(c.sync().await.unwrap().requests, 1);

    // Receipts: of another envelope, device, community, epoch, or bent: nothing.
    b.sync().await.unwrap();
    let real: Vec<u8> = b.phone.store().read(|c| Ok(c.query_row("SELECT receipt FROM carried", [], |r| r.get(0))?)).unwrap();
    let real = Receipt::read(&real).unwrap();
    let write = |receipt: &Receipt| {
        let path = file(&w, "forged");
        tell(&c.phone, "DELETE FROM carried");
        let sql = "INSERT INTO carried (id, receipt, at) VALUES (?1, ?2, 0)";
        c.phone.store().write(|tx| Ok(tx.execute(sql, rusqlite::params![&receipt.envelope[..], encode(receipt)]).map(drop)?)).unwrap();
        c.phone.export_receipts(&path).unwrap();
        path
    };
    let key = &w.hub.tenant.key;
    let judged =
        real.open(&DeviceKey::from_bytes(&a.phone.store().read(|c| Ok(c.query_row("SELECT device_key FROM state", [], |r| r.get(0))?)).unwrap())).unwrap();
    let own = crate::wire::Hand::of(&a).key.public();
    let old = Judged { epoch: judged.epoch - 1, ..judged.clone() };
    let long = Judged { verdicts: [judged.verdicts.clone(), judged.verdicts.clone()].concat(), ..judged.clone() };
    let thief = DeviceKey::from_bytes(&[9; 32]);
    let make = |judged, tenant: &str, to: &_, key: &_| Receipt::make(judged, tenant, *real.envelope, to, key, &random).unwrap();
    let forged = [
        ("signed by nobody", make(&judged, "wuyan", &own, &thief)),
        ("for another device", make(&judged, "wuyan", &thief.public(), key)),
        ("of another community", make(&judged, "qiyan", &own, key)),
        ("of another epoch", make(&old, "wuyan", &own, key)),
        ("with too many verdicts", make(&long, "wuyan", &own, key)),
        ("of another envelope", Receipt { envelope: [3; 32].into(), ..real.clone() }),
    ];
    for (name, receipt) in &forged {
        let told = a.phone.take_carried(&write(receipt), None).map_or((0, 0), |i| (i.receipts, i.sent));
        assert_eq!((told, unsent(&a)), ((0, 0), 1), "{name}");
    }
    assert_eq!(a.phone.take_carried(&write(&real), None).unwrap().sent, 1);
    w.settle(&[&a, &b, &c]).await;
    assert_eq!(w.ask("SELECT note FROM visits").await, ["真的"]);
    w.assert_agreement(&[&a, &b, &c]).await;
    w.hub.stop().await;
}
