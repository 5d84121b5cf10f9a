//! What a phone could not read it asks for again, whole; and what waits at the hub keeps nothing else back.

use gridwalk_core::Id;
use gridwalk_core::identity::{HostRandom, SeededRandom};
use gridwalk_core::sync::protocol::pack;
use gridwalk_hub::store::{Arg, all, exec};
use gridwalk_tests::harness::Device;
use gridwalk_tests::roster::AddResident;

use crate::wire::Hand;
use crate::world::{World, notes, resident, tell, text, visit};

/// Spoils what the phone has of a document.
fn spoil(device: &Device, id: Id) {
    tell(&device.phone, &format!("UPDATE documents SET base = CAST(substr(base, 1, length(base) - 9) || x'00ff00ff00ff00ff00' AS BLOB) WHERE id = '{id}'"));
}

/// The first change of a document as the hub has it.
async fn first_change(w: &World, doc: Id) -> Vec<u8> {
    let mut read = w.hub.hub.store.read().await.unwrap();
    let sql = "SELECT body FROM changes WHERE doc = $1 ORDER BY number LIMIT 1";
    all(&mut read, sql, vec![Arg::text(&doc.to_string())]).await.unwrap()[0].get(0).unwrap()
}

/// Puts other bytes in its place.
async fn put_first_change(w: &World, doc: Id, body: Vec<u8>) {
    let mut tx = w.hub.hub.store.write(&w.hub.tenant.id).await.unwrap();
    let sql = "UPDATE changes SET body = $1 WHERE doc = $2 AND number = (SELECT min(number) FROM changes WHERE doc = $2)";
    exec(&mut tx, sql, vec![Arg::Blob(body), Arg::text(&doc.to_string())]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_cannot_be_read_comes_again_whole() {
    let w = World::start(320, 3).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    w.settle(&[&a, &b]).await;
    let homes = &w.households[..3];
    // Work of its own lies over one of them.
    b.phone.run(visit(homes[1], "照常走访")).unwrap();
    for home in homes {
        spoil(&b, *home);
        a.phone.run(AddResident { household: *home, resident: resident("新登记") }).unwrap();
    }
    a.sync().await.unwrap();
    // Its news cannot be read with what is here; the same sync asks for all of it, also in small pages.
    tell(&b.phone, "UPDATE state SET max_bytes = 8192");
    b.sync().await.unwrap();
    assert_eq!(b.phone.status().unwrap().unreadable, 0);
    for home in homes {
        assert_eq!(b.phone.household(*home).unwrap().residents.len(), 2);
    }
    assert_eq!(notes(&b.phone), ["照常走访"]);
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;

    // A page that has room for one alone: the others are asked for with the next, not tomorrow.
    for home in homes {
        spoil(&b, *home);
        tell(&b.phone, &format!("INSERT INTO unreadable (doc, tenant, at) VALUES ('{home}', 'wuyan', 0)"));
    }
    tell(&b.phone, "UPDATE state SET max_bytes = 1");
    b.sync().await.unwrap();
    assert_eq!(b.phone.status().unwrap().unreadable, 0);
    w.assert_agreement(&[&a, &b]).await;

    // What the hub has is no better: it is asked for once, then once a day, and counted meanwhile. All else goes on.
    let home = w.households[0];
    let whole = first_change(&w, home).await;
    let mut spoilt = whole.clone();
    spoilt[20] ^= 0xff;
    put_first_change(&w, home, spoilt).await;
    spoil(&b, home);
    tell(&b.phone, &format!("INSERT INTO unreadable (doc, tenant, at) VALUES ('{home}', 'wuyan', 0)"));
    for _ in 0..2 {
        assert_eq!(b.sync().await.unwrap().requests, 1);
        assert_eq!(b.phone.status().unwrap().unreadable, 1);
    }
    put_first_change(&w, home, whole).await;
    b.sync().await.unwrap();
    assert_eq!(b.phone.status().unwrap().unreadable, 1, "not within a day");
    w.pass(86_401, &[&b]);
    // The first request hears the new time, the next asks.
    b.sync().await.unwrap();
    b.sync().await.unwrap();
    assert_eq!(b.phone.status().unwrap().unreadable, 0);
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_for_what_is_not_theirs_hears_nothing_of_it() {
    let w = World::start(321, 2).await;
    let a = w.worker(1, "g00").await;
    let (own, other) = (w.households[0], w.households[2]);
    let mut hand = Hand::of(&a);
    // Two are another's, or nobody's; one is no id at all.
    hand.cursor.wanted = [own, other, Id { counter: 999, ..own }].iter().map(ToString::to_string).chain(["no id".into()]).collect();
    let reply = hand.send(&w, &pack(&hand.request(vec![])).unwrap()).await.unwrap();
    let told = &reply.tenants[0].documents;
    assert_eq!((told.len(), told[0].whole, told[0].chunks.is_empty()), (1, true, false));
    w.hub.stop().await;
}

/// A text that does not get smaller.
fn noise(random: &SeededRandom) -> String {
    let mut bytes = [0; 9000];
    random.fill(&mut bytes);
    bytes.chunks(2).map(|b| char::from_u32(0x4e00 + u32::from(u16::from_le_bytes([b[0], b[1]]) % 20_000)).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_a_request_holds_may_wait_at_the_hub_and_the_rest_goes_through() {
    let w = World::start(322, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    // Visits of a newer app, whose schema the hub does not know yet: more than a request may ever carry.
    let random = SeededRandom::new(322);
    for _ in 0..160 {
        a.phone.run(visit(w.households[0], &noise(&random))).unwrap();
    }
    tell(&a.phone, "UPDATE changes SET schema = 999 WHERE taken = 0");
    a.phone.prepare_sync(&w.hub.url(), 0).unwrap();
    let held: u64 = text(&a.phone, "SELECT sum(bytes) || '' FROM bundles")[0].parse().unwrap();
    assert!(held > 1 << 20, "{held}");
    a.phone.run(visit(w.households[1], "照常走访")).unwrap();
    for _ in 0..2 {
        a.sync().await.unwrap();
        assert_eq!(a.phone.status().unwrap().unsent, 160);
        assert_eq!(text(&a.phone, "SELECT count(*) || '' FROM bundles WHERE asked IS NULL"), ["0"]);
    }
    b.sync().await.unwrap();
    assert_eq!(notes(&b.phone), ["照常走访"]);
    // What comes after something that waits on the same document runs before it, and is not run again and again. (Run again, what
    // waits here says what it truly is: it is in once more, and goes through.)
    let home = w.households[1];
    a.phone.run(AddResident { household: home, resident: resident("家属") }).unwrap();
    tell(&a.phone, "UPDATE changes SET schema = 999 WHERE taken = 0 AND bundle IS NULL");
    a.sync().await.unwrap();
    a.phone.run(AddResident { household: home, resident: resident("租客") }).unwrap();
    for expected in [(2, 0, 2), (0, 0, 0)] {
        let done = a.sync().await.unwrap();
        assert_eq!((done.sent, done.refused, done.rerun), expected);
    }
    assert_eq!(a.phone.status().unwrap().unsent, 160);
    // The hub is upgraded: what waited goes in.
    tell(&a.phone, "DELETE FROM bundles WHERE taken = 0");
    tell(&a.phone, &format!("UPDATE changes SET bundle = NULL, schema = CASE doc WHEN '{home}' THEN 2 ELSE 3 END WHERE taken = 0"));
    w.settle(&[&a, &b]).await;
    assert_eq!(a.phone.status().unwrap().unsent, 0);
    assert_eq!((notes(&b.phone).len(), b.phone.household(home).unwrap().residents.len()), (161, 3));
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}
