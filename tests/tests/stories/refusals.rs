//! What the hub refuses is quarantined alone: what came before and after it on the same document is taken.

use gridwalk_core::rules::Role;
use gridwalk_tests::roster::{AddResident, EditHousehold, EditResident, ResidentField};

use crate::world::{World, first_resident, household, notes, person, resident, tell, text, visit};

fn edit(household: gridwalk_core::Id) -> EditHousehold {
    EditHousehold { household, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_change_amid_a_days_work_is_quarantined_alone_and_can_be_resubmitted() {
    let w = World::start(20, 3).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    // The phone thinks its person is a cadre; the hub does not.
    w.hub.invite_again(Role::GridWorker, Some("g01"), person(&a)).await.unwrap();
    a.sync().await.unwrap();
    tell(&a.phone, "UPDATE tenants SET grants = replace(grants, ']]', '],[\"cadre\",\"community\"]]')");
    let home = w.households[0];
    let head = first_resident(&a.phone, home);
    a.phone.run(AddResident { household: home, resident: resident("甲") }).unwrap();
    let moved = a.phone.run(EditHousehold { place: Some(w.grids[1]), ..edit(home) }).unwrap();
    a.phone.run(EditHousehold { tenure: Some("租住".into()), ..edit(home) }).unwrap();
    a.phone.run(visit(home, "一")).unwrap();
    let second = a.phone.run(AddResident { household: home, resident: resident("乙") }).unwrap().value;
    let phone_of = |resident, number: &str| EditResident {
        household: home,
        resident,
        set: vec![(ResidentField::Phone, number.into())],
        add_tags: vec!["低保".into()],
        remove_tags: vec![],
    };
    a.phone.run(phone_of(second, "13900000001")).unwrap();
    a.phone.run(phone_of(head, "13900000002")).unwrap();
    let other = a.phone.run(visit(w.households[1], "二")).unwrap();
    let report = a.sync().await.unwrap();
    assert_eq!(report.refused, 1);
    // Known on this phone as before, whether or not it ran again.
    assert_eq!(a.phone.run_as(other.command, visit(w.households[1], "二")).unwrap().value, other.value);
    let status = a.phone.status().unwrap();
    assert_eq!((status.unsent, status.quarantine.len()), (0, 1));
    assert_eq!((status.quarantine[0].id, status.quarantine[0].reason.as_str()), (moved.command, "path"));
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    let seen = b.phone.household(home).unwrap();
    assert_eq!(seen.residents.len(), 3);
    let numbers = text(&b.phone, &format!("SELECT phone FROM residents WHERE doc = '{home}' AND phone IS NOT NULL ORDER BY phone"));
    assert_eq!(numbers, ["13900000001", "13900000002"]);
    assert_eq!(text(&b.phone, &format!("SELECT tenure FROM households WHERE doc = '{home}'")), ["租住"]);
    assert_eq!(notes(&b.phone), ["一", "二"]);
    assert_eq!(w.ask("SELECT count(*) || '' FROM visits").await, ["2"]);

    // The role is granted, the record resubmitted.
    w.hub.invite_again(Role::Cadre, None, person(&a)).await.unwrap();
    a.sync().await.unwrap();
    a.phone.resubmit(moved.command).unwrap();
    w.settle(&[&a, &b]).await;
    assert!(a.phone.status().unwrap().quarantine.is_empty());
    assert_eq!(text(&w.desk.phone, &format!("SELECT place FROM households WHERE doc = '{home}'")), [w.grids[1].to_string()]);
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_names_a_refused_household_goes_with_it_and_nothing_else() {
    let w = World::start(21, 2).await;
    let a = w.worker(1, "g00").await;
    w.hub.invite_again(Role::GridWorker, Some("g01"), person(&a)).await.unwrap();
    a.sync().await.unwrap();
    // The grid was taken away at the desk and the phone does not know; what it did before it could know counts no more,
    // because the role ended long ago.
    let sql = format!("UPDATE grants SET until_number = 0, until_at = 0 WHERE scope = 'place:{}' AND person = '{}'", w.grids[1], person(&a));
    w.tell(&sql).await;
    let new = a.phone.run(household(w.grids[1], "新楼", "新居民")).unwrap().value;
    let refused = a.phone.run(visit(new, "新户")).unwrap();
    a.phone.run(visit(w.households[0], "老户")).unwrap();
    a.phone.run(visit(w.households[2], "别处")).unwrap();
    a.sync().await.unwrap();
    a.sync().await.unwrap();
    let status = a.phone.status().unwrap();
    assert_eq!(status.unsent, 0);
    let reasons: Vec<&str> = status.quarantine.iter().map(|q| q.reason.as_str()).collect();
    assert_eq!(reasons, ["outside_scope", "gone", "outside_scope"]);
    assert_eq!(status.quarantine[1].id, refused.command);
    w.settle(&[&a]).await;
    w.assert_agreement(&[&a]).await;
    assert_eq!(w.ask("SELECT note FROM visits").await, ["老户"]);

    // Granted again: everything can be resubmitted, the visit to the household under its new id by hand.
    w.hub.invite_again(Role::GridWorker, Some("g01"), person(&a)).await.unwrap();
    a.sync().await.unwrap();
    a.phone.resubmit(status.quarantine[0].id).unwrap();
    a.phone.resubmit(status.quarantine[2].id).unwrap();
    w.settle(&[&a]).await;
    assert_eq!(w.ask("SELECT note FROM visits ORDER BY note").await, ["别处", "老户"]);
    assert_eq!(w.ask("SELECT address FROM households WHERE address = '新楼'").await, ["新楼"]);
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_refused_goes_out_as_a_file_and_in_on_the_same_persons_next_phone() {
    let w = World::start(22, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    w.hub.invite_again(Role::GridWorker, Some("g01"), person(&a)).await.unwrap();
    a.sync().await.unwrap();
    let sql = format!("UPDATE grants SET until_number = 0, until_at = 0 WHERE scope = 'place:{}' AND person = '{}'", w.grids[1], person(&a));
    w.tell(&sql).await;
    let refused = a.phone.run(visit(w.households[2], "别处")).unwrap();
    a.phone.run(visit(w.households[3], "也在别处")).unwrap();
    a.sync().await.unwrap();
    let status = a.phone.status().unwrap();
    assert_eq!(status.quarantine.len(), 2);
    assert!(status.quarantine.iter().all(|q| q.reason == "outside_scope" && q.reason_zh.contains("不在您负责的范围内") && q.reason_en.contains("outside")));
    let file = a.phone.export_quarantine().unwrap();
    assert_eq!((file["records"][0]["reason"].as_str(), file["records"][0]["command"]["input"]["note"].as_str()), (Some("outside_scope"), Some("别处")));
    // Taken in where it is known, it changes nothing; nobody else takes it in; what is no such file is refused.
    let known = a.phone.import_quarantine(&file).unwrap();
    assert_eq!((known.added, known.known), (0, 2));
    assert!(b.phone.import_quarantine(&file).unwrap_err().to_string().contains("本人"));
    assert!(b.phone.import_quarantine(&serde_json::json!({"records": []})).is_err());
    assert!(b.phone.status().unwrap().quarantine.is_empty());
    // The phone is lost; its person's next one takes the file in, and the grid is granted again, later in the sequence.
    w.tell("UPDATE tenants SET number = number + 1").await;
    let invite = w.hub.invite_again(Role::GridWorker, Some("g01"), person(&a)).await.unwrap();
    let next = gridwalk_tests::harness::Device::enrolled(w.dir.path(), 3, &invite).await.unwrap();
    let taken = next.phone.import_quarantine(&file).unwrap();
    assert_eq!((taken.added, taken.known, taken.erased), (2, 0, 0));
    assert_eq!(next.phone.import_quarantine(&file).unwrap().known, 2);
    assert_eq!(next.phone.status().unwrap().quarantine.len(), 2);
    next.phone.give_up(status.quarantine[1].id).unwrap();
    next.phone.resubmit(refused.command).unwrap();
    w.settle(&[&next]).await;
    assert!(next.phone.status().unwrap().quarantine.is_empty());
    assert_eq!(w.ask("SELECT note FROM visits").await, ["别处"]);
    w.assert_agreement(&[&next]).await;
    w.hub.stop().await;
}
