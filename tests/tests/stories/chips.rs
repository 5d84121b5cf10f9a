//! What every row says beside its content: 未上传, 冲突. Of an entry it is said by itself.

use gridwalk_core::cases::AddStep;
use gridwalk_core::records::{AddEntry, EditRecord};
use gridwalk_core::rules::Role;
use gridwalk_tests::harness::{Device, report};
use gridwalk_tests::typed::{AddCircle, AddHealth, AddMediation, AddSession, AddUnit, AgreeMediation, EditHealth, EditUnit, Fact};
use serde_json::json;

use crate::world::{World, first_resident, person, visit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_says_what_is_unsent_and_in_conflict() {
    let w = World::start(650, 2).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let home = w.households[0];
    let first = first_resident(&a.phone, home);
    let residents = || {
        let mut rows: Vec<_> = a.phone.household(home).unwrap().residents.into_iter().map(|r| (r.name, r.unsent, r.conflict)).collect();
        rows.sort();
        rows
    };
    let row = |name: &str, unsent, conflict| (name.to_owned(), unsent, conflict);
    assert_eq!(residents(), [row("居民00", false, false)]);
    a.phone.run(AddEntry::to(home, "residents", json!({"name": "新来"}))).unwrap();
    assert_eq!(residents(), [row("居民00", false, false), row("新来", true, false)], "of the others nothing waits");
    let card = a.phone.household(home).unwrap();
    assert_eq!((card.unsent, card.conflict), (true, false));
    let found = a.phone.find("新来", 9).unwrap();
    assert!(found[0].unsent && found[0].residents[0].unsent);
    a.phone.run(visit(home, "未上传")).unwrap();
    let case = a.phone.run(report(w.grids[0], "路灯不亮")).unwrap().value;
    a.phone.run(AddStep::new(case, "accept")).unwrap();
    assert!(a.phone.visits_of(home, 9).unwrap()[0].unsent && a.phone.report(case).unwrap().1.steps[0].unsent);
    w.settle(&[&a, &b]).await;
    assert_eq!(residents(), [row("居民00", false, false), row("新来", false, false)]);
    assert!(!a.phone.household(home).unwrap().unsent && !a.phone.visits_of(home, 9).unwrap()[0].unsent);
    // A second step waits, the first does not.
    a.phone.run(AddStep::new(case, "note").note("还是不亮")).unwrap();
    assert_eq!(a.phone.report(case).unwrap().1.steps.iter().map(|s| s.unsent).collect::<Vec<_>>(), [false, true]);

    for (device, phone) in [(&a, "13800000001"), (&b, "13800000002")] {
        device.phone.run(EditRecord::of_entry(home, first, json!({"phone": phone}))).unwrap();
    }
    assert_eq!(residents()[0], row("居民00", true, false));
    w.settle(&[&a, &b]).await;
    assert_eq!(residents(), [row("居民00", false, true), row("新来", false, false)]);
    let card = a.phone.household(home).unwrap();
    assert_eq!((card.unsent, card.conflict), (false, true));
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_view_of_a_record_says_it_too() {
    let w = World::start(651, 2).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let street = |name: &'static str| w.hub.invite(Role::StreetDispatcher, None, name);
    let first = Device::enrolled(w.dir.path(), 3, &street("钱调度").await.unwrap()).await.unwrap();
    let second = Device::enrolled(w.dir.path(), 4, &street("孙调度").await.unwrap()).await.unwrap();
    let all = [&a, &b, &first, &second];
    w.settle(&all).await;

    // Places, persons, units.
    let (grid, me) = (w.grids[0], person(&a));
    let unit = first.phone.run(AddUnit { sort: "department".into(), name: "城管中队".into(), phone: String::new() }).unwrap().value;
    w.desk.phone.run(EditRecord::of(grid, json!({"name": "一号网格"}))).unwrap();
    a.phone.run(EditRecord::of(me, json!({"skills": "电工"}))).unwrap();
    let place = || w.desk.phone.places().unwrap().into_iter().find(|p| p.id == grid).map(|p| (p.unsent, p.conflict)).unwrap();
    let myself = || a.phone.person(me).map(|p| (p.unsent, p.conflict)).unwrap();
    let department = || first.phone.units().unwrap().into_iter().find(|u| u.id == unit).map(|u| (u.unsent, u.conflict)).unwrap();
    assert_eq!([place(), myself(), department()], [(true, false); 3]);
    assert!(a.phone.me().unwrap().person.unsent && a.phone.persons().unwrap().iter().all(|p| p.unsent == (p.id == me)));
    w.settle(&all).await;
    assert_eq!([place(), myself(), department()], [(false, false); 3]);
    for (street, phone) in [(&first, "13800000001"), (&second, "13800000002")] {
        street.phone.run(EditUnit { unit, name: None, phone: Some(phone.into()) }).unwrap();
    }
    for (device, unit_of) in [(&a, "甲公司"), (&w.desk, "乙公司")] {
        device.phone.run(EditRecord::of(me, json!({"unit": unit_of}))).unwrap();
    }
    w.settle(&all).await;
    assert_eq!([myself(), department()], [(false, true); 2]);

    // Circles and what they hold.
    let circle = |purpose: &str| {
        let members = vec![me, person(&b)];
        w.desk.phone.run(AddCircle { purpose: purpose.into(), name: format!("{purpose}圈"), members }).unwrap().value
    };
    let (health, mediation) = (circle("health"), circle("mediation"));
    assert_eq!(w.desk.phone.circles().unwrap().iter().map(|c| (c.unsent, c.conflict)).collect::<Vec<_>>(), [(true, false); 2]);
    w.settle(&all).await;
    assert_eq!(w.desk.phone.circles().unwrap().iter().map(|c| (c.unsent, c.conflict)).collect::<Vec<_>>(), [(false, false); 2]);
    let home = w.households[0];
    let fact = |text: &str| vec![Fact { field: "conditions".into(), text: text.into() }];
    let health = AddHealth { circle: health, household: home, resident: first_resident(&a.phone, home), facts: fact("高血压") };
    let health = a.phone.run(health).unwrap().value;
    let new = AddMediation { circle: mediation, report: None, parties: "甲、乙".into(), matter: "噪声".into(), place: String::new(), note: String::new() };
    let mediation = a.phone.run(new).unwrap().value;
    let session = |kept, note: &str| AddSession { mediation, kept, held_at: None, note: note.into() };
    a.phone.run(session(None, "谈过")).unwrap();
    let care = || a.phone.care(home).unwrap().iter().map(|c| (c.unsent, c.conflict)).collect::<Vec<_>>();
    let held = || {
        let (view, sessions) = a.phone.mediation(mediation).unwrap();
        let listed = &a.phone.mediations(9).unwrap()[0];
        assert_eq!((view.unsent, view.conflict), (listed.unsent, listed.conflict));
        ((view.unsent, view.conflict), sessions.into_iter().map(|s| (s.unsent, s.conflict)).collect::<Vec<_>>())
    };
    assert_eq!((care(), held()), (vec![(true, false)], ((true, false), vec![(true, false)])));
    w.settle(&all).await;
    assert_eq!((care(), held()), (vec![(false, false)], ((false, false), vec![(false, false)])));
    // A return visit waits, the session before it does not.
    a.phone.run(AgreeMediation { mediation, agreement: "夜间不装修".into(), agreed_at: None, due_at: None }).unwrap();
    a.clock.advance(60);
    a.phone.run(session(Some(true), "回访")).unwrap();
    assert_eq!(held(), ((true, false), vec![(false, false), (true, false)]));
    w.settle(&all).await;
    for (device, text) in [(&a, "糖尿病"), (&b, "哮喘")] {
        device.phone.run(EditHealth { health, facts: fact(text) }).unwrap();
        device.phone.run(EditRecord::of(mediation, json!({"note": text}))).unwrap();
    }
    w.settle(&all).await;
    assert_eq!((care(), held()), (vec![(false, true)], ((false, true), vec![(false, false); 2])));
    w.hub.stop().await;
}
