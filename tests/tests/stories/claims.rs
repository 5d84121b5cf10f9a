//! Places that run out: the hub says who has them, in the order in which it takes claims, and everyone is told of their own.

use gridwalk_core::Id;
use gridwalk_core::claims::{ClaimPlace, ClaimView, GiveBack};
use gridwalk_core::records::EditRecord;
use gridwalk_core::rules::Role;
use gridwalk_hub::admin::{self, Target};
use gridwalk_tests::harness::Device;
use gridwalk_tests::typed::{AddActivity, AddPerson};
use serde_json::json;

use crate::world::{World, person, text};

async fn member(w: &World, number: u64, name: &str) -> Device {
    let invite = w.hub.invite(Role::Member, None, name).await.unwrap();
    Device::enrolled(w.dir.path(), number, &invite).await.unwrap()
}

/// A lecture with this many places, announced at the desk and known to `phones`.
async fn lecture(w: &World, places: u32, phones: &[&Device]) -> Id {
    let starts_at = w.hub.hub.now() + 86_400;
    let lecture = AddActivity { title: "讲座".into(), task: "科普".into(), place: None, starts_at, ends_at: starts_at + 7200, places: Some(places) };
    let lecture = w.desk.phone.run(lecture).unwrap().value;
    w.settle(phones).await;
    lecture
}

/// What came of a phone's own claim: outcome and place in the line.
fn mine(device: &Device) -> (String, Option<i64>) {
    let claim = device.phone.activities(9).unwrap()[0].mine.clone();
    claim.map_or_else(|| (String::new(), None), |claim| (claim.outcome, claim.place_in_line))
}

fn claim(device: &Device, thing: Id) -> Id {
    device.phone.run(ClaimPlace::of(thing)).unwrap().value
}

fn is(outcome: &str, place: Option<i64>) -> (String, Option<i64>) {
    (outcome.to_owned(), place)
}

/// How many places are granted, and how many wait, as a phone shows it.
fn tally(device: &Device) -> (i64, i64) {
    let lecture = &device.phone.activities(9).unwrap()[0];
    (lecture.granted, lecture.waiting)
}

/// From `stories.md`, S9, the lecture: 39 of 40 places are taken. Two phones without network take the last one; the hub's order decides,
/// whatever the clocks say. Communities of their own, points, the hall and its hours come with a later issue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_phones_offline_take_the_last_place_and_one_has_it() {
    let w = World::start(800, 1).await;
    let (third, fifth) = (member(&w, 1, "三社区居民").await, member(&w, 2, "五社区居民").await);
    let lecture = lecture(&w, 40, &[&third, &fifth]).await;
    let mut first = None;
    for n in 0..39 {
        let resident = w.desk.phone.run(AddPerson { kind: "resident".into(), name: format!("报名{n}"), place: None }).unwrap().value;
        let claim = w.desk.phone.run(ClaimPlace { thing: lecture, person: Some(resident) }).unwrap().value;
        first.get_or_insert(claim);
    }
    w.settle(&[&third, &fifth]).await;
    assert_eq!((tally(&third), tally(&fifth)), ((39, 0), (39, 0)));

    // The third community's claimed ten minutes earlier; the fifth's syncs first.
    claim(&third, lecture);
    w.pass(600, &[&third, &fifth]);
    claim(&fifth, lecture);
    assert_eq!((mine(&third), mine(&fifth)), (is("provisional", None), is("provisional", None)));
    // Claiming again is the same claim.
    assert_eq!(claim(&third, lecture).to_string(), text(&third.phone, "SELECT doc FROM claims")[0]);
    fifth.sync().await.unwrap();
    assert_eq!(mine(&fifth), is("granted", None));
    third.sync().await.unwrap();
    assert_eq!((mine(&third), tally(&third)), (is("waiting", Some(1)), (40, 1)));
    w.settle(&[&third, &fifth]).await;

    // Only their own is on their phones; the desk reads all, and the same of each.
    assert_eq!(text(&third.phone, "SELECT count(*) || '' FROM claims"), ["1"]);
    let all = w.desk.phone.claims_on(lecture).unwrap();
    assert_eq!((all.len(), all.iter().filter(|c| c.outcome == "granted").count()), (41, 40));
    let of = |device: &Device| all.iter().find(|c| c.person == person(device).to_string()).map(|c| (c.outcome.clone(), c.place_in_line)).unwrap();
    assert_eq!((of(&third), of(&fifth)), (mine(&third), mine(&fifth)));

    // Who had the first place gives it back at the desk, which says why: who waits moves up, and is told.
    let taken_back = w.desk.phone.run(GiveBack::of(first.unwrap())).unwrap_err();
    assert_eq!(taken_back.field(), Some("reason"));
    w.desk.phone.run(GiveBack { claim: first.unwrap(), reason: "本人来电，不能参加".into() }).unwrap();
    w.settle(&[&third, &fifth]).await;
    assert_eq!((mine(&third), tally(&fifth)), (is("granted", None), (40, 0)));
    w.assert_agreement(&[&third, &fifth]).await;
    w.hub.stop().await;
}

/// A line of claims on one place: each knows its place in it by its own claim and the thing alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_moves_up_and_everyone_knows_their_place_in_it() {
    let w = World::start(801, 1).await;
    let mut devices = Vec::new();
    for n in 1..=5 {
        devices.push(member(&w, n, &format!("党员{n}")).await);
    }
    let all: Vec<&Device> = devices.iter().collect();
    let lecture = lecture(&w, 1, &all).await;
    let mut claims = Vec::new();
    for device in &devices {
        claims.push(claim(device, lecture));
        device.sync().await.unwrap();
    }
    w.settle(&all).await;
    let places = |of: &[&Device]| of.iter().map(|d| mine(d).1).collect::<Vec<_>>();
    assert_eq!(places(&all), [None, Some(1), Some(2), Some(3), Some(4)]);

    // One in the middle leaves, then the holder: the rest close up.
    devices[2].phone.run(GiveBack::of(claims[2])).unwrap();
    assert_eq!(mine(&devices[2]), is("", None), "one's own giving back holds at once");
    devices[0].phone.run(GiveBack::of(claims[0])).unwrap();
    w.settle(&all).await;
    assert_eq!(places(&all), [None, None, None, Some(1), Some(2)]);
    assert_eq!((mine(&devices[1]), tally(&devices[4])), (is("granted", None), (1, 2)));
    // Whoever comes again stands at the end.
    claim(&devices[0], lecture);
    w.settle(&all).await;
    assert_eq!(mine(&devices[0]), is("waiting", Some(3)));
    let desks: Vec<ClaimView> = w.desk.phone.claims_on(lecture).unwrap();
    for device in &devices {
        let own = device.phone.claims_on(lecture).unwrap();
        let theirs: Vec<&ClaimView> = desks.iter().filter(|c| own.iter().any(|o| o.id == c.id)).collect();
        assert_eq!(
            own.iter().map(|c| (c.rank, &c.outcome, c.place_in_line)).collect::<Vec<_>>(),
            theirs.iter().map(|c| (c.rank, &c.outcome, c.place_in_line)).collect::<Vec<_>>()
        );
    }

    // A person who is erased leaves their place; the next has it.
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Document(person(&devices[1]))).await.unwrap();
    w.settle(&[&devices[3], &devices[4], &devices[0]]).await;
    assert_eq!((mine(&devices[3]), mine(&devices[4]), mine(&devices[0])), (is("granted", None), is("waiting", Some(1)), is("waiting", Some(2))));
    w.hub.stop().await;
}

/// What is granted stays granted, whatever places there are said to be; of two amounts that people set at the same time the lower counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn granted_stays_granted_when_the_places_become_fewer_or_are_disputed() {
    let w = World::start(802, 1).await;
    let (a, b, c, d) = (member(&w, 1, "甲").await, member(&w, 2, "乙").await, member(&w, 3, "丙").await, member(&w, 4, "丁").await);
    let all = [&a, &b, &c, &d];
    let cadre = Device::enrolled(w.dir.path(), 5, &w.hub.invite(Role::Cadre, None, "李书记").await.unwrap()).await.unwrap();
    let lecture = lecture(&w, 2, &all).await;
    cadre.sync().await.unwrap();
    for device in all {
        claim(device, lecture);
        device.sync().await.unwrap();
    }
    let outcomes = || all.map(|device| mine(device).0);
    w.desk.phone.run(EditRecord::of(lecture, json!({"places": 1}))).unwrap();
    w.settle(&all).await;
    assert_eq!(outcomes(), ["granted", "granted", "waiting", "waiting"]);

    // Two at the desk set it at the same time: the lower counts until one is chosen.
    cadre.sync().await.unwrap();
    w.desk.phone.run(EditRecord::of(lecture, json!({"places": 4}))).unwrap();
    cadre.phone.run(EditRecord::of(lecture, json!({"places": 3}))).unwrap();
    cadre.sync().await.unwrap();
    w.settle(&all).await;
    assert_eq!(w.desk.phone.conflicts().unwrap().len(), 1);
    assert_eq!(outcomes(), ["granted", "granted", "granted", "waiting"]);
    let conflict = w.desk.phone.conflicts().unwrap().remove(0);
    let four = conflict.values.iter().position(|value| value.value == "4").unwrap();
    let seen = conflict.values.iter().map(|value| value.value.clone()).collect();
    let settle = gridwalk_core::conflicts::SettleConflict { document: lecture, path: conflict.path, choose: four, seen };
    w.desk.phone.run(settle).unwrap();
    w.settle(&all).await;
    assert_eq!((outcomes(), tally(&a)), (["granted", "granted", "granted", "granted"].map(str::to_owned), (4, 0)));
    w.hub.stop().await;
}

/// One person claims on two phones, both without network: it is one place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_claims_twice_has_one_place() {
    let w = World::start(803, 1).await;
    let (a, other) = (member(&w, 1, "甲").await, member(&w, 2, "乙").await);
    let again = w.hub.invite_again(Role::Member, None, person(&a)).await.unwrap();
    let second = Device::enrolled(w.dir.path(), 3, &again).await.unwrap();
    let all = [&a, &second, &other];
    let lecture = lecture(&w, 2, &all).await;
    claim(&a, lecture);
    claim(&second, lecture);
    w.settle(&all).await;
    claim(&other, lecture);
    w.settle(&all).await;
    let mut outcomes: Vec<String> = w.desk.phone.claims_on(lecture).unwrap().into_iter().map(|c| c.outcome).collect();
    outcomes.sort();
    assert_eq!(outcomes, ["double", "granted", "granted"]);
    assert_eq!((mine(&a), mine(&second), tally(&a)), (is("granted", None), is("granted", None), (2, 0)));
    w.assert_agreement(&all).await;
    w.hub.stop().await;
}

/// A backup from before the last grant is restored: nobody who was told 已确认 loses it, also to someone who syncs before them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_takes_no_place_from_anyone() {
    let w = World::start(804, 1).await;
    let (a, b, c, d) = (member(&w, 1, "甲").await, member(&w, 2, "乙").await, member(&w, 3, "丙").await, member(&w, 4, "丁").await);
    let all = [&a, &b, &c, &d];
    let lecture = lecture(&w, 2, &all).await;
    let first = claim(&a, lecture);
    a.sync().await.unwrap();
    let backup = w.dir.path().join("backup.db");
    admin::backup(&w.hub.hub, &backup).await.unwrap();

    // After the backup: b has the second place, c waits, a gives back, so that c has it too.
    claim(&b, lecture);
    b.sync().await.unwrap();
    claim(&c, lecture);
    c.sync().await.unwrap();
    a.phone.run(GiveBack::of(first)).unwrap();
    w.settle(&all).await;
    assert_eq!((mine(&b), mine(&c)), (is("granted", None), is("granted", None)));

    let w = w.restart(1804, Some(&backup), &all).await;
    // One who never claimed syncs first, before those come back whose places these are.
    d.sync().await.unwrap();
    claim(&d, lecture);
    d.sync().await.unwrap();
    assert_eq!((mine(&d), tally(&d)), (is("waiting", Some(1)), (2, 1)));
    w.settle(&all).await;
    w.settle(&all).await;
    assert_eq!((mine(&b), mine(&c), mine(&d)), (is("granted", None), is("granted", None), is("waiting", Some(1))));
    assert_eq!((mine(&a).0, tally(&a)), (String::new(), (2, 1)));
    w.assert_agreement(&all).await;
    // And the one who waits moves up as if nothing had been.
    let held = b.phone.claims_on(lecture).unwrap()[0].id;
    b.phone.run(GiveBack::of(held)).unwrap();
    w.settle(&all).await;
    assert_eq!((mine(&d), tally(&a)), (is("granted", None), (2, 0)));
    w.hub.stop().await;
}
