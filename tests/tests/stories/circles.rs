//! Confidential circles: health, minors and mediation reach their circle's members and nobody else, and who reads them is logged.

use gridwalk_core::Id;
use gridwalk_core::circles::{ApproveMember, SetMember};
use gridwalk_core::rules::Role;
use gridwalk_core::sync::Network;
use gridwalk_core::sync::protocol::{PhotoWord, WireFile};
use gridwalk_hub::admin::{self, Reason};
use gridwalk_hub::registry::act_log::{Entry, entries};
use gridwalk_tests::harness::{Device, report};
use gridwalk_tests::pictures::jpeg;
use gridwalk_tests::typed::{AddCircle, AddHealth, AddMediation, AddMinor, AddSession, AgreeMediation, EditHealth, Fact};

use crate::photos::{ask, files, get, kept, sync};
use crate::world::{World, device_id, first_resident, person, text};

fn fact(field: &str, text: &str) -> Fact {
    Fact { field: field.into(), text: text.into() }
}

fn facts_of(device: &Device, household: Id) -> Vec<(String, Vec<Fact>)> {
    device.phone.care(household).unwrap().into_iter().map(|c| (c.kind, c.facts.into_iter().map(|f| Fact { field: f.key, text: f.text }).collect())).collect()
}

async fn logged(w: &World, verb: &str) -> Vec<Entry> {
    let mut read = w.hub.hub.store.read().await.unwrap();
    entries(&mut read, &w.hub.tenant.id, i64::MIN).await.unwrap().into_iter().filter(|e| e.verb == verb).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_reaches_its_circle_alone_and_reads_are_logged() {
    let w = World::start(150, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    let invite = w.hub.invite(Role::SocialWorker, None, "李医生").await.unwrap();
    let doctor = Device::enrolled(w.dir.path(), 3, &invite).await.unwrap();
    let home = w.households[0];
    w.settle(&[&a, &b, &doctor]).await;
    // Nobody enters themselves; a grid worker makes no circle.
    let new = |members: Vec<Id>| AddCircle { purpose: "health".into(), name: "一号关爱圈".into(), members };
    assert!(w.desk.phone.run(new(vec![person(&w.desk)])).unwrap_err().to_string().contains("自己"));
    assert!(a.phone.run(new(vec![person(&a)])).is_err());
    let circle = w.desk.phone.run(new(vec![person(&a), person(&doctor)])).unwrap().value;
    let of_health = |text: &str| AddHealth {
        circle,
        household: home,
        resident: first_resident(&a.phone, home),
        facts: vec![fact("conditions", text), fact("medication", "氨氯地平")],
    };
    assert!(a.phone.run(of_health("高血压")).is_err(), "a reader only once the hub has taken the circle");
    w.settle(&[&a, &b, &doctor]).await;
    let health = a.phone.run(of_health("高血压")).unwrap().value;
    assert!(b.phone.run(of_health("混入")).is_err());
    w.settle(&[&a, &b, &doctor]).await;
    let expected = vec![("health".to_owned(), vec![fact("conditions", "高血压"), fact("medication", "氨氯地平")])];
    assert_eq!(facts_of(&a, home), expected);
    assert_eq!(facts_of(&doctor, home), expected);
    // Not the grid, not the desk; the desk sees who is in it.
    for device in [&b, &w.desk] {
        assert!(facts_of(device, home).is_empty());
        assert!(device.phone.heads().unwrap().iter().all(|(id, _)| *id != health));
    }
    let seen = w.desk.phone.circles().unwrap();
    assert_eq!((seen.len(), seen[0].members.len(), seen[0].members.iter().all(|m| m.reads)), (1, 2, true));
    assert!(b.phone.circles().unwrap().is_empty());
    // The doctor's reading is logged, the author's own is none; who carries nothing confidential costs no entry.
    let reads: Vec<(String, String)> = logged(&w, "read").await.into_iter().map(|e| (e.by, e.subject)).collect();
    assert_eq!(reads, [(device_id(&doctor).to_string(), health.to_string())]);
    doctor.phone.run(EditHealth { health, facts: vec![fact("contact", "女儿")] }).unwrap();
    w.settle(&[&doctor, &a]).await;
    assert_eq!(facts_of(&a, home)[0].1.len(), 3);
    assert_eq!(logged(&w, "read").await.len(), 2, "the change is news to one device");
    // Removed: from the next sync on nothing is there, and nothing goes in.
    w.desk.phone.run(SetMember { circle, person: person(&doctor), member: false }).unwrap();
    w.desk.sync().await.unwrap();
    doctor.sync().await.unwrap();
    assert!(facts_of(&doctor, home).is_empty());
    assert!(doctor.phone.heads().unwrap().iter().all(|(id, _)| *id != health));
    assert!(doctor.phone.run(EditHealth { health, facts: vec![fact("contact", "儿子")] }).is_err());
    a.phone.run(EditHealth { health, facts: vec![fact("note", "圈内")] }).unwrap();
    w.settle(&[&a, &doctor]).await;
    assert!(text(&doctor.phone, "SELECT coalesce(note, '') FROM health").is_empty());
    // Without any other role a member reads nothing either.
    admin::end_role(&w.hub.hub, &w.hub.tenant, person(&a), Role::GridWorker, Some("g00"), None, None).await.unwrap();
    w.settle(&[&a]).await;
    assert!(facts_of(&a, home).is_empty());
    let moves: Vec<String> = ["enter_circle", "leave_circle"].into_iter().map(str::to_owned).collect();
    assert_eq!((logged(&w, &moves[0]).await.len(), logged(&w, &moves[1]).await.len()), (2, 1));
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_minor_is_read_after_approval_alone_on_phones_and_at_the_hub() {
    let w = World::start(151, 2).await;
    let a = w.worker(1, "g00").await;
    let second = Device::enrolled(w.dir.path(), 4, &w.hub.invite(Role::Cadre, None, "赵主任").await.unwrap()).await.unwrap();
    let third = Device::enrolled(w.dir.path(), 5, &w.hub.invite(Role::Cadre, None, "孙委员").await.unwrap()).await.unwrap();
    // The secretary has a second phone, and serves a grid besides: one person all the same.
    let again = w.hub.invite_again(Role::GridWorker, Some("g01"), person(&w.desk)).await.unwrap();
    let pocket = Device::enrolled(w.dir.path(), 6, &again).await.unwrap();
    w.settle(&[&a, &second, &third, &pocket]).await;
    let (me, boss, other) = (person(&a), person(&w.desk), person(&second));
    let circle = w.desk.phone.run(AddCircle { purpose: "minors".into(), name: "二号圈".into(), members: vec![me, other] }).unwrap().value;
    w.settle(&[&a, &second]).await;
    let home = w.households[0];
    let minor =
        |note: &str| AddMinor {
            circle, household: home, resident: first_resident(&a.phone, home), facts: vec![fact("fetch", note), fact("risk", "父母在外")]
        };
    assert!(a.phone.run(minor("外婆")).is_err(), "entered, not approved");
    let approve = |person, approved| ApproveMember { circle, person, approved };
    assert!(second.phone.run(approve(other, true)).is_err(), "nobody approves themselves");
    assert!(a.phone.run(approve(me, true)).is_err());
    for device in [&w.desk, &pocket] {
        w.settle(&[device]).await;
        assert!(device.phone.run(approve(me, true)).unwrap_err().to_string().contains("另一位干部"), "who entered them does not approve them");
    }
    second.phone.run(approve(me, true)).unwrap();
    w.settle(&[&second, &a]).await;
    let document = a.phone.run(minor("外婆")).unwrap().value;
    w.settle(&[&a, &second]).await;
    assert_eq!(facts_of(&a, home).len(), 1);
    assert!(facts_of(&second, home).is_empty() && facts_of(&w.desk, home).is_empty());
    third.sync().await.unwrap();
    third.phone.run(approve(other, true)).unwrap();
    w.settle(&[&third, &second]).await;
    assert_eq!(facts_of(&second, home).len(), 1, "filled from the beginning once approved");
    w.desk.phone.run(approve(other, false)).unwrap();
    w.settle(&[&second, &third]).await;
    assert!(facts_of(&second, home).is_empty());
    third.phone.run(approve(other, true)).unwrap();
    w.settle(&[&third, &second]).await;
    assert_eq!(facts_of(&second, home).len(), 1);
    // Removed and entered again by who approved them: that yes counts no more, until another cadre says it.
    second.phone.run(SetMember { circle, person: other, member: false }).unwrap();
    w.settle(&[&second, &third]).await;
    third.phone.run(SetMember { circle, person: other, member: true }).unwrap();
    w.settle(&[&third, &second]).await;
    assert!(facts_of(&second, home).is_empty());
    assert!(third.phone.run(approve(other, true)).is_err());
    w.desk.phone.run(approve(other, true)).unwrap();
    w.settle(&[&second]).await;
    assert_eq!(facts_of(&second, home).len(), 1);

    // At the hub: by a cadre, with a reason, after another cadre's approval for just this.
    let (hub, tenant) = (&w.hub.hub, &w.hub.tenant);
    let show = |by, approval| admin::show(hub, tenant, document, by, Reason::Safety, approval);
    assert!(show(me, None).await.is_err(), "no cadre");
    assert!(show(boss, None).await.is_err() && show(boss, Some(1)).await.is_err());
    assert!(admin::approve(hub, tenant, document, boss, boss, Reason::Safety).await.is_err());
    assert!(admin::approve(hub, tenant, document, me, boss, Reason::Safety).await.is_err());
    let number = admin::approve(hub, tenant, document, other, boss, Reason::Safety).await.unwrap();
    let shown = show(boss, Some(number)).await.unwrap();
    assert_eq!((shown.kind, &shown.state["fetch"]), ("minor", &serde_json::json!("外婆")));
    assert!(show(other, Some(number)).await.is_err(), "approved for someone else");
    let elsewhere = admin::show(hub, tenant, home, boss, Reason::Request, None).await.unwrap();
    assert_eq!(elsewhere.kind, "household");
    w.pass(admin::APPROVAL_SECONDS, &[]);
    assert!(show(boss, Some(number)).await.is_err(), "a day later");
    let said: Vec<(String, String)> = logged(&w, "show").await.into_iter().map(|e| (e.subject, e.detail)).collect();
    assert_eq!(said, [(document.to_string(), format!("minor safety approval {number}")), (home.to_string(), "household request".to_owned())]);
    assert_eq!(logged(&w, "approve_read").await.len(), 1);
    // Who wrote a confidential fact is proven without showing it.
    let audit = admin::audit(hub, tenant, document, None).await.unwrap();
    assert!(audit.facts.iter().all(|f| f.value.is_null() && f.proof.holds()));
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quarrel_reported_becomes_a_mediation_without_being_typed_again() {
    let w = World::start(152, 1).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    w.settle(&[&a, &b]).await;
    let case = a.phone.run(report(w.grids[0], "楼上漏水争执")).unwrap().value;
    let circle = w.desk.phone.run(AddCircle { purpose: "mediation".into(), name: "三号圈".into(), members: vec![person(&a)] }).unwrap().value;
    w.settle(&[&a, &b]).await;
    w.settle(&[&a, &b]).await;
    let new = AddMediation { circle, report: Some(case), parties: "甲、乙".into(), matter: String::new(), place: String::new(), note: String::new() };
    let id = a.phone.run(new).unwrap().value;
    let session = |kept, note: &str| AddSession { mediation: id, kept, held_at: None, note: note.into() };
    let state = |device: &Device| device.phone.mediation(id).unwrap().0.state;
    assert_eq!((a.phone.mediation(id).unwrap().0.matter.as_str(), state(&a).as_str()), ("楼上漏水争执", "open"));
    assert!(a.phone.run(session(Some(true), "太早")).is_err());
    a.phone.run(session(None, "各说各话")).unwrap();
    assert_eq!(state(&a), "talking");
    a.phone.run(AgreeMediation { mediation: id, agreement: "乙修缮，甲付一半".into(), agreed_at: None, due_at: None }).unwrap();
    assert_eq!(state(&a), "agreed");
    a.clock.advance(86_400);
    a.phone.run(session(Some(false), "尚未动工")).unwrap();
    a.clock.advance(86_400);
    a.phone.run(session(Some(true), "已修好")).unwrap();
    assert_eq!((state(&a).as_str(), a.phone.mediation(id).unwrap().1.len()), ("kept", 3));
    w.pass(2 * 86_400, &[&b]);
    w.settle(&[&a, &b]).await;
    assert!(b.phone.mediation(id).is_err() && w.desk.phone.mediation(id).is_err());
    assert_eq!(w.ask("SELECT state FROM mediations").await, ["kept"]);
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_of_a_minors_document_is_seen_after_approval_alone_and_each_look_is_logged() {
    let w = World::start(153, 2).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let second = Device::enrolled(w.dir.path(), 4, &w.hub.invite(Role::Cadre, None, "赵主任").await.unwrap()).await.unwrap();
    let third = Device::enrolled(w.dir.path(), 5, &w.hub.invite(Role::Cadre, None, "孙委员").await.unwrap()).await.unwrap();
    w.settle(&[&a, &b, &second]).await;
    let (me, boss, other) = (person(&a), person(&w.desk), person(&second));
    let circle = w.desk.phone.run(AddCircle { purpose: "minors".into(), name: "二号圈".into(), members: vec![me, other] }).unwrap().value;
    w.settle(&[&third]).await;
    third.phone.run(ApproveMember { circle, person: me, approved: true }).unwrap();
    w.settle(&[&third, &a, &second]).await;
    let home = w.households[0];
    let new = AddMinor { circle, household: home, resident: first_resident(&a.phone, home), facts: vec![fact("fetch", "外婆")] };
    let document = a.phone.run(new).unwrap().value;
    let photo = a.phone.take_photo(document, &jpeg(1200, 900, 50)).unwrap().value;
    let open = a.phone.take_photo(home, &jpeg(1200, 900, 51)).unwrap().value;
    assert!(b.phone.take_photo(document, &jpeg(900, 700, 52)).is_err(), "the grid does not know of it");
    sync(&a).await;
    // Not the grid, not the desk, not who is entered and not approved; nobody's asking is a reading.
    for device in [&b, &w.desk, &second] {
        sync(device).await;
        assert!(device.phone.photo_thumbnail(photo).is_err() && device.phone.photo_thumbnail(open).unwrap().is_some());
        for file in [WireFile::Thumbnail, WireFile::Original] {
            assert_eq!(ask(&w, device, get(photo, file)).await.unwrap().word, PhotoWord::Unknown);
        }
    }
    assert!(logged(&w, "read").await.is_empty());

    third.phone.run(ApproveMember { circle, person: other, approved: true }).unwrap();
    w.settle(&[&third, &second]).await;
    sync(&second).await;
    assert!(second.phone.photo_thumbnail(photo).unwrap().is_some());
    second.phone.fetch_photo(photo, Network::Unmetered, |_| {}).await.unwrap();
    let looks: Vec<_> = logged(&w, "read").await.into_iter().filter(|e| e.subject == photo.to_string()).collect();
    let details = ["thumbnail", "original"].map(|which| format!("photo of minor person {other} {which} from 0"));
    assert!(looks.iter().all(|e| e.by == device_id(&second).to_string()));
    assert_eq!(looks.iter().map(|e| e.detail.clone()).filter(|d| d.ends_with(" 0")).collect::<Vec<_>>(), details);
    // At the hub by a cadre, after another's approval for this photo.
    let (hub, tenant) = (&w.hub.hub, &w.hub.tenant);
    assert!(admin::show(hub, tenant, photo, boss, Reason::Safety, None).await.is_err());
    let number = admin::approve(hub, tenant, photo, other, boss, Reason::Safety).await.unwrap();
    assert_eq!(admin::show(hub, tenant, photo, boss, Reason::Safety, Some(number)).await.unwrap().kind, "photo");
    assert!(admin::show(hub, tenant, open, boss, Reason::Safety, None).await.is_ok());
    // Approval taken back, nothing is left there.
    w.desk.phone.run(ApproveMember { circle, person: other, approved: false }).unwrap();
    w.settle(&[&second]).await;
    sync(&second).await;
    assert_eq!(files(&second).len(), 1);
    assert_eq!(ask(&w, &second, get(photo, WireFile::Original)).await.unwrap().word, PhotoWord::Unknown);
    // With the child everything of this goes.
    let target = admin::Target::Resident { household: home, resident: first_resident(&w.desk.phone, home), keep_photos: true };
    assert_eq!(admin::erase(hub, tenant, &target).await.unwrap(), 3);
    assert_eq!(kept(&w).await.len(), 2);
    w.hub.stop().await;
}
