//! Who wrote what: each fact with its author, proven by the signature that the hub kept, also after folding; and said to be not
//! proven when anything of it was changed in the database.

use gridwalk_core::Id;
use gridwalk_core::conflicts::SettleConflict;
use gridwalk_core::identity::DeviceKey;
use gridwalk_core::rules::Role;
use gridwalk_hub::admin::{self, Audited, Proof, audit};
use gridwalk_hub::store::{Arg, exec, one};
use gridwalk_hub::sync::fold::fold;
use gridwalk_tests::harness::{Device, MORNING};
use gridwalk_tests::roster::{EditHousehold, EditResident, ResidentField};

use crate::world::{World, device_id, first_resident, person};

fn phone_number(w: &World, by: &Device, number: &str) -> EditResident {
    let home = w.households[0];
    let set = vec![(ResidentField::Phone, number.to_owned())];
    EditResident { household: home, resident: first_resident(&by.phone, home), set, add_tags: vec![], remove_tags: vec![] }
}

async fn facts(w: &World, document: Id, path: Option<&str>) -> Vec<Audited> {
    audit(&w.hub.hub, &w.hub.tenant, document, path).await.unwrap().facts
}

/// Three hands on one household, a conflict, one of two left unsettled, and everything folded.
async fn edited(seed: u64) -> (World, Device, Device, String) {
    let w = World::start(seed, 2).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let field = format!("residents/{}/phone", first_resident(&w.desk.phone, w.households[0]));
    w.pass(60, &[&a, &b]);
    for n in 0..5 {
        a.phone.run(phone_number(&w, &a, &format!("1390000000{n}"))).unwrap();
        w.settle(&[&a, &b]).await;
    }
    w.pass(60, &[&a, &b]);
    a.phone.run(phone_number(&w, &a, "13911111111")).unwrap();
    b.phone.run(phone_number(&w, &b, "13922222222")).unwrap();
    w.settle(&[&a, &b]).await;
    (w, a, b, field)
}

#[tokio::test]
async fn each_value_has_its_author_also_after_folding() {
    let (w, a, b, field) = edited(111).await;
    let before = facts(&w, w.households[0], None).await;
    assert!(fold(&w.hub.hub, &w.hub.tenant, w.hub.hub.now() + 1).await.unwrap() > 0);
    let all = facts(&w, w.households[0], None).await;
    assert_eq!(format!("{all:?}"), format!("{before:?}"), "folding changes nothing that an audit says");
    assert!(all.iter().all(|f| f.proof == Proof::Proven), "{all:?}");
    let address = all.iter().find(|f| f.path == "address").unwrap();
    assert_eq!((address.by.as_str(), address.by_name.as_str()), (&*person(&w.desk).to_string(), "王书记"));
    assert_eq!((address.at, address.taken_at), (MORNING, Some(MORNING)));

    let phones = facts(&w, w.households[0], Some(&field)).await;
    assert_eq!(phones.iter().map(|f| f.shown).collect::<Vec<_>>(), [true, false]);
    for (device, number) in [(&a, "13911111111"), (&b, "13922222222")] {
        let fact = phones.iter().find(|f| f.value == number).unwrap();
        assert_eq!(fact.device, Some(device_id(device).to_string()));
        assert_eq!((&fact.by, &fact.by_name), (&person(device).to_string(), &format!("网格员{}", device.number)));
        assert_eq!((fact.at, fact.taken_at), (MORNING + 120, Some(MORNING + 120)));
        assert_eq!(fact.command.unwrap().actor.device(), device_id(device));
    }
    assert_ne!(phones[0].change, phones[1].change);
    // Settled at the desk: one value, and it is the desk's.
    let seen = w.desk.phone.conflicts().unwrap()[0].values.iter().map(|v| v.value.clone()).collect();
    let settle = SettleConflict { document: w.households[0], path: field.clone(), choose: 1, seen };
    w.desk.phone.run(settle).unwrap();
    w.settle(&[&a, &b]).await;
    let phones = facts(&w, w.households[0], Some(&field)).await;
    assert_eq!(phones.len(), 1);
    assert_eq!((&phones[0].by, phones[0].proof), (&person(&w.desk).to_string(), Proof::Proven));
    // What the hub wrote itself, it signed itself.
    let settings = facts(&w, w.hub.tenant.settings, None).await;
    assert!(!settings.is_empty() && settings.iter().all(|f| f.proof == Proof::ByHub), "{settings:?}");
    // Reading is logged; what is not there is said so.
    let logged = w.ask("SELECT DISTINCT subject FROM audit_log WHERE verb = 'audit' ORDER BY 1").await;
    assert_eq!(logged.len(), 2);
    assert!(audit(&w.hub.hub, &w.hub.tenant, w.households[0], Some("residents/nobody")).await.is_err());
    assert!(audit(&w.hub.hub, &w.hub.tenant, Id { counter: 999_999, ..w.households[0] }, None).await.is_err());
}

#[tokio::test]
async fn an_author_revoked_or_enrolled_again_stays_the_author() {
    let (w, a, b, field) = edited(112).await;
    admin::revoke(&w.hub.hub, device_id(&a)).await.unwrap();
    let again = w.hub.invite_again(Role::GridWorker, Some("g00"), person(&b)).await.unwrap();
    b.phone.enrol(&again, None).await.unwrap();
    b.sync().await.unwrap();
    let tenure = EditHousehold {
        household: w.households[0],
        address: None,
        tenure: Some("租住".into()),
        state: None,
        visit_every_days: None,
        position: None,
        place: None,
    };
    b.phone.run(tenure).unwrap();
    b.sync().await.unwrap();
    let all = facts(&w, w.households[0], None).await;
    assert!(all.iter().all(|f| f.proof == Proof::Proven), "{all:?}");
    let of_b: Vec<_> = all.iter().filter(|f| f.by == person(&b).to_string()).collect();
    assert!(of_b.iter().any(|f| f.path == "tenure") && of_b.iter().any(|f| f.path == field));
    assert_ne!(of_b[0].device, of_b[1].device, "two devices of one person");
}

#[tokio::test]
async fn what_was_tampered_with_is_not_proven() {
    let (w, a, _b, field) = edited(113).await;
    let of = device_id(&a).to_string();
    let proof = async |w: &World| facts(w, w.households[0], Some(&field)).await.into_iter().find(|f| f.value == "13911111111").unwrap().proof;
    let newest = format!("id = (SELECT id FROM statements WHERE device = '{of}' ORDER BY number DESC, id LIMIT 1)");
    let keep = |table: &str, rows: &str| format!("CREATE TABLE kept AS SELECT * FROM {table} WHERE {rows}");
    assert_eq!(proof(&w).await, Proof::Proven);
    let device = format!("device = '{of}'");
    let other_key = DeviceKey::from_bytes(&[9; 32]).public().to_bytes();
    let cases: [(&str, &str, String, Vec<Arg>, Proof); 6] = [
        ("statements", &newest, format!("DELETE FROM statements WHERE {newest}"), vec![], Proof::NoStatement),
        ("statements", &newest, format!("UPDATE statements SET signature = $1 WHERE {newest}"), vec![Arg::Blob(vec![1; 64])], Proof::WrongSignature),
        ("devices", &device, format!("UPDATE devices SET public_key = $1 WHERE {device}"), vec![Arg::Blob(other_key.to_vec())], Proof::WrongKey),
        ("devices", &device, format!("DELETE FROM devices WHERE {device}"), vec![], Proof::UnknownDevice),
        ("devices", &device, format!("UPDATE devices SET person = '{}' WHERE {device}", person(&w.desk)), vec![], Proof::OtherPerson),
        ("statements", &newest, format!("UPDATE statements SET id = 'x' WHERE {newest}"), vec![], Proof::WrongSignature),
    ];
    for (table, rows, sql, args, expected) in cases {
        w.tell(&keep(table, rows)).await;
        let mut tx = w.hub.hub.store.write_any().await.unwrap();
        exec(&mut tx, &sql, args).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(proof(&w).await, expected, "{sql}");
        w.tell(&format!("DELETE FROM {table} WHERE {}", if table == "devices" { rows.to_owned() } else { "id = 'x' OR id IN (SELECT id FROM kept)".into() }))
            .await;
        w.tell(&format!("INSERT INTO {table} SELECT * FROM kept")).await;
        w.tell("DROP TABLE kept").await;
        assert_eq!(proof(&w).await, Proof::Proven, "put back after {sql}");
    }
    // A statement whose text was changed: it names another change.
    let mut statement = blob(&w, &format!("SELECT statement FROM statements WHERE {newest}")).await;
    // The last byte of the last hash: behind it stand the dictionary's two numbers, a byte each.
    let at = statement.len() - 3;
    statement[at] ^= 1;
    put(&w, &format!("UPDATE statements SET statement = $1 WHERE {newest}"), statement).await;
    assert_eq!(proof(&w).await, Proof::NoStatement);
    // The content itself: another value makes another change, which nobody signed.
    let last = format!("doc = '{}' AND number = (SELECT max(number) FROM changes WHERE doc = '{}')", w.households[0], w.households[0]);
    let mut body = blob(&w, &format!("SELECT body FROM changes WHERE {last}")).await;
    let at = body.windows(11).position(|bytes| bytes == b"13922222222").unwrap();
    body[at..at + 11].copy_from_slice(b"13999999999");
    put(&w, &format!("UPDATE changes SET body = $1 WHERE {last}"), body).await;
    let audited = facts(&w, w.households[0], Some(&field)).await;
    assert_eq!(audited.iter().find(|f| f.value == "13999999999").unwrap().proof, Proof::NoStatement);
    // A snapshot cannot be changed at all without being found unreadable.
    assert!(fold(&w.hub.hub, &w.hub.tenant, w.hub.hub.now() + 1).await.unwrap() > 0);
    let only = format!("doc = '{}'", w.households[0]);
    let mut body = blob(&w, &format!("SELECT body FROM changes WHERE {only}")).await;
    let at = body.windows(11).position(|bytes| bytes == b"13999999999").unwrap();
    body[at..at + 11].copy_from_slice(b"13988888888");
    put(&w, &format!("UPDATE changes SET body = $1 WHERE {only}"), body).await;
    let error = audit(&w.hub.hub, &w.hub.tenant, w.households[0], None).await.unwrap_err();
    assert!(error.to_string().contains("cannot be read"), "{error}");
}

async fn blob(w: &World, sql: &str) -> Vec<u8> {
    let mut read = w.hub.hub.store.read().await.unwrap();
    one(&mut read, sql, vec![]).await.unwrap().get(0).unwrap()
}

async fn put(w: &World, sql: &str, bytes: Vec<u8>) {
    let mut tx = w.hub.hub.store.write_any().await.unwrap();
    assert_eq!(exec(&mut tx, sql, vec![Arg::Blob(bytes)]).await.unwrap(), 1);
    tx.commit().await.unwrap();
}
