//! One person signs in on two phones that cannot hear of each other: one attendance for them to act on, and its hours count once.

use gridwalk_core::attendance::{Flag, SignIn, SignOut};
use gridwalk_core::rules::Role;
use gridwalk_tests::harness::{Device, MORNING};
use gridwalk_tests::typed::AddActivity;

use crate::world::{World, person};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_phones_of_one_person_make_one_attendance() {
    let w = World::start(73, 1).await;
    let starts_at = MORNING;
    let fair = AddActivity { title: "清扫".into(), task: "志愿".into(), place: None, starts_at, ends_at: starts_at + 7200, places: None };
    let activity = w.desk.phone.run(fair).unwrap().value;
    w.desk.sync().await.unwrap();
    let one = Device::enrolled(w.dir.path(), 1, &w.hub.invite(Role::Member, None, "党员").await.unwrap()).await.unwrap();
    let two = Device::enrolled(w.dir.path(), 2, &w.hub.invite_again(Role::Member, None, person(&one)).await.unwrap()).await.unwrap();

    // A double tap on one phone.
    let first = one.phone.run(SignIn { activity }).unwrap();
    let again = one.phone.run(SignIn { activity }).unwrap();
    assert_eq!(again.value, first.value);
    assert_ne!(again.command, first.command);
    assert_eq!(one.phone.run_as(again.command, SignIn { activity }).unwrap().value, first.value, "the same command answers as before");
    // The other phone has not heard of it.
    w.pass(300, &[&one, &two]);
    let second = two.phone.run(SignIn { activity }).unwrap();
    assert_ne!(second.value, first.value);
    w.settle(&[&one, &two]).await;
    for device in [&one, &two] {
        let open = device.phone.open_attendances().unwrap();
        assert_eq!(open.iter().map(|o| (o.attendance, o.forgotten)).collect::<Vec<_>>(), [(first.value, false)]);
        assert_eq!(device.phone.run(SignIn { activity }).unwrap().value, first.value);
    }

    // Signing out of either is signing out of both.
    w.pass(6600, &[&one, &two]);
    two.phone.run(SignOut::of(second.value)).unwrap();
    w.pass(60, &[&one, &two]);
    assert_eq!(two.phone.run(SignOut::of(first.value)).unwrap_err().message_zh(), "已经签退");
    w.settle(&[&one, &two]).await;
    for device in [&one, &two] {
        assert!(device.phone.open_attendances().unwrap().is_empty());
        let record = device.phone.service_record().unwrap();
        assert_eq!(record.minutes, 115, "from the first sign-in to the sign-out, once");
        let rows: Vec<_> = record.served.iter().map(|s| (s.attendance, s.twin_of, s.minutes, s.flags.contains(&Flag::NoSignOut))).collect();
        assert_eq!(rows, [(first.value, None, 115, false), (second.value, Some(first.value), 0, false)]);
    }
    assert_eq!(w.ask("SELECT count(*) || '' FROM attendances WHERE signed_out_at IS NULL").await, ["0"]);
    w.assert_agreement(&[&one, &two]).await;

    // Coming back later is another attendance; one that was never signed out of is not gone on with the next day.
    let third = one.phone.run(SignIn { activity }).unwrap().value;
    assert!(third != first.value && third != second.value);
    w.pass(86_400, &[&one, &two]);
    assert!(one.phone.open_attendances().unwrap()[0].forgotten);
    assert_ne!(one.phone.run(SignIn { activity }).unwrap().value, third);
    w.hub.stop().await;
}
