//! Two people work offline on one household and one report: nothing is hidden, and every replica shows the same.

use gridwalk_core::ErrorKind;
use gridwalk_core::cases::{AddStep, Story};
use gridwalk_core::conflicts::SettleConflict;
use gridwalk_tests::harness::report;
use gridwalk_tests::roster::{EditHousehold, EditResident, ResidentField};

use crate::world::{World, first_resident, notes, person, text, visit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_merge_and_what_two_set_differently_shows_both_until_someone_chooses() {
    let w = World::start(10, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    let home = w.households[0];
    let head = first_resident(&a.phone, home);
    let set = |set: &[(ResidentField, &str)]| EditResident {
        household: home,
        resident: head,
        set: set.iter().map(|(f, t)| (*f, (*t).to_owned())).collect(),
        add_tags: vec![],
        remove_tags: vec![],
    };
    a.phone.run(set(&[(ResidentField::Phone, "13900000001"), (ResidentField::Relation, "户主"), (ResidentField::Sex, "女")])).unwrap();
    b.phone.run(set(&[(ResidentField::Phone, "13900000002"), (ResidentField::Birth, "1950-03-08"), (ResidentField::Sex, "女")])).unwrap();
    a.phone.run(visit(home, "甲")).unwrap();
    b.phone.run(visit(home, "乙")).unwrap();
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    let path = format!("residents/{head}/phone");
    let mut expected = vec![("\"13900000001\"".to_owned(), person(&a).to_string()), ("\"13900000002\"".to_owned(), person(&b).to_string())];
    expected.sort();
    for device in [&a, &b, &w.desk] {
        assert_eq!(notes(&device.phone), ["乙", "甲"]);
        let resident = &device.phone.household(home).unwrap().residents[0];
        assert_eq!((resident.relation.as_str(), resident.birth.as_str(), resident.sex.as_str()), ("户主", "1950-03-08", "女"));
        // One conflict: what both set equally is none.
        let conflicts = device.phone.conflicts().unwrap();
        assert_eq!(conflicts.len(), 1);
        assert_eq!((conflicts[0].document, &conflicts[0].path), (home, &path));
        let mut values: Vec<_> = conflicts[0].values.iter().map(|v| (v.value.clone(), v.by.clone())).collect();
        values.sort();
        assert_eq!(values, expected);
        assert!(conflicts[0].values.iter().all(|v| !v.by_name.is_empty()));
    }
    // An ordinary edit of it is refused; other fields of the resident are free.
    assert_eq!(a.phone.run(set(&[(ResidentField::Phone, "13900000003")])).unwrap_err().kind(), ErrorKind::InConflict);
    a.phone.run(set(&[(ResidentField::Relation, "配偶")])).unwrap();
    let shown = b.phone.conflicts().unwrap().remove(0);
    let seen: Vec<String> = shown.values.iter().map(|v| v.value.clone()).collect();
    b.phone.run(SettleConflict { document: home, path, choose: 1, seen: seen.clone() }).unwrap();
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    for device in [&a, &b, &w.desk] {
        assert!(device.phone.conflicts().unwrap().is_empty());
        assert_eq!(format!("\"{}\"", device.phone.household(home).unwrap().residents[0].phone), seen[1]);
    }
    a.phone.run(set(&[(ResidentField::Phone, "13900000003")])).unwrap();
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_settling_at_once_and_editing_the_household_itself_converge() {
    let w = World::start(11, 1).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    let home = w.households[0];
    let tenure = |text: &str| EditHousehold {
        household: home,
        address: None,
        tenure: Some(text.into()),
        state: None,
        visit_every_days: None,
        position: None,
        place: None,
    };
    a.phone.run(tenure("自有")).unwrap();
    b.phone.run(tenure("租住")).unwrap();
    w.settle(&[&a, &b]).await;
    for (device, choose) in [(&a, 0), (&b, 1)] {
        let shown = device.phone.conflicts().unwrap().remove(0);
        let seen = shown.values.iter().map(|v| v.value.clone()).collect();
        device.phone.run(SettleConflict { document: home, path: shown.path, choose, seen }).unwrap();
    }
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    // They chose differently: again both are shown, and the desk decides.
    let shown = w.desk.phone.conflicts().unwrap().remove(0);
    let seen = shown.values.iter().map(|v| v.value.clone()).collect();
    w.desk.phone.run(SettleConflict { document: home, path: shown.path, choose: 0, seen }).unwrap();
    w.settle(&[&a, &b]).await;
    w.settle(&[&a, &b]).await;
    assert!(a.phone.conflicts().unwrap().is_empty() && b.phone.conflicts().unwrap().is_empty());
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_of_two_phones_give_one_status_everywhere() {
    let w = World::start(12, 1).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    let report = a.phone.run(report(w.grids[0], "路灯不亮")).unwrap().value;
    w.settle(&[&a, &b]).await;
    let step = |kind: &str, note: &str| AddStep::new(report, kind).note(note);
    w.pass(60, &[&a, &b]);
    a.phone.run(step("accept", "")).unwrap();
    b.phone.run(step("decline", "不属于本社区")).unwrap();
    w.pass(60, &[&a, &b]);
    a.phone.run(step("handle", "")).unwrap();
    a.phone.run(step("feed_back", "已修好")).unwrap();
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    let status = w.ask("SELECT status FROM reports").await;
    for device in [&a, &b, &w.desk] {
        let (view, Story { steps, .. }) = device.phone.report(report).unwrap();
        assert_eq!((vec![view.status], steps.len()), (status.clone(), 4));
    }
    // Closed and settled by the hub: a step that was made before and comes later does not flip what was published.
    b.phone.run(step("note", "离线时的补充")).unwrap();
    if status == ["answered"] {
        a.phone.run(step("close", "")).unwrap();
    } else {
        w.desk.phone.run(step("note", "按不予受理归档")).unwrap();
    }
    a.sync().await.unwrap();
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    let after = w.ask("SELECT status FROM reports").await;
    assert_eq!(after, [if status == ["answered"] { "closed" } else { status[0].as_str() }]);
    assert_eq!(text(&b.phone, "SELECT status FROM reports"), after);
    w.hub.stop().await;
}
