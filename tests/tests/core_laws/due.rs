//! Which doors are due, and since when.

use gridwalk_core::Id;
use gridwalk_core::records::JsonMap;
use gridwalk_core::reports::ReportFilter;
use gridwalk_core::visits::{DueView, Urgency, VisitResult, WINDOW_PERCENT};
use gridwalk_tests::harness::MORNING;
use gridwalk_tests::roster::{AddHousehold, AddResident, EditHousehold, EditResident, ResidentField};
use gridwalk_tests::typed::{RecordVisit, SetVisitRule};

use super::lab::{Lab, count, resident};

const DAY: i64 = 86_400;

fn visit(lab: &Lab, household: Id, result: VisitResult) -> Id {
    lab.phone
        .run(RecordVisit {
            household,
            result,
            purpose: String::new(),
            note: String::new(),
            minutes: None,
            lat: None,
            lon: None,
            visited_at: None,
            fields: JsonMap::new(),
        })
        .unwrap()
        .value
}

fn door(lab: &Lab, household: Id) -> Option<DueView> {
    lab.phone.today(None, 100).unwrap().into_iter().find(|d| d.household == household)
}

fn change(lab: &Lab, household: Id, f: impl FnOnce(&mut EditHousehold)) {
    let mut edit = EditHousehold { household, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: None };
    f(&mut edit);
    lab.phone.run(edit).unwrap();
}

#[test]
fn the_shortest_rhythm_counts_and_its_window_opens_before_it_ends() {
    let lab = Lab::new(&[("低保", 90), ("独居老人", 30), ("作废", 0)]);
    let none = lab.add("无标签", vec![resident("甲", &[])]);
    let void = lab.add("作废标签", vec![resident("甲", &["作废"])]);
    let tag = lab.add("标签", vec![resident("乙", &["低保"]), resident("丙", &["独居老人", "别的"])]);
    let own = lab.phone.run(AddHousehold { visit_every_days: Some(10), ..lab.household("自定", vec![resident("丁", &["独居老人"])]) }).unwrap().value;
    assert!(door(&lab, none).is_none() && door(&lab, void).is_none());
    assert_eq!(door(&lab, tag).unwrap().every_days, 30);
    assert_eq!(
        (door(&lab, tag).unwrap().due_at, door(&lab, tag).unwrap().urgency),
        (MORNING + 30 * DAY, Urgency::Due),
        "a door nobody has come to is due within its rhythm from the day it was registered"
    );
    assert_eq!(door(&lab, own).unwrap().every_days, 10);
    visit(&lab, tag, VisitResult::Met);
    visit(&lab, own, VisitResult::Phone);
    assert!(door(&lab, tag).is_none() && door(&lab, own).is_none());
    let window = 30 * DAY * WINDOW_PERCENT / 100;
    lab.clock.advance_to(MORNING + 30 * DAY - window - 1);
    assert!(door(&lab, tag).is_none());
    lab.clock.advance(1);
    assert_eq!(door(&lab, tag).unwrap().urgency, Urgency::Due);
    lab.clock.advance_to(MORNING + 30 * DAY - 1);
    assert_eq!(door(&lab, tag).unwrap().urgency, Urgency::Due);
    lab.clock.advance(1);
    let overdue = door(&lab, tag).unwrap();
    assert_eq!((overdue.urgency, overdue.due_at, overdue.name.as_str()), (Urgency::Overdue, MORNING + 30 * DAY, "乙"));
}

#[test]
fn only_who_was_met_or_reached_was_visited() {
    let lab = Lab::new(&[("低保", 10)]);
    let home = lab.add("甲路1号", vec![resident("甲", &["低保"])]);
    for result in [VisitResult::NobodyHome, VisitResult::Refused, VisitResult::Later] {
        lab.clock.advance(60);
        visit(&lab, home, result);
        let door = door(&lab, home).unwrap();
        assert_eq!((door.last_visit_at, door.last_attempt_at, door.due_at), (None, Some(lab.phone.now().unwrap()), MORNING + 10 * DAY), "{result:?}");
    }
    visit(&lab, home, VisitResult::Met);
    assert!(door(&lab, home).is_none());
}

#[test]
fn who_is_gone_drops_out() {
    let lab = Lab::new(&[("低保", 10)]);
    let home = lab.add("甲路1号", vec![resident("甲", &["低保"])]);
    let state = |state: &str| change(&lab, home, |e| e.state = Some(state.into()));
    for gone in ["moved", "vacant"] {
        state(gone);
        assert!(door(&lab, home).is_none(), "{gone}");
        state("lived_in");
        assert!(door(&lab, home).is_some());
    }
    let person = lab.phone.household(home).unwrap().residents[0].id;
    let edit = |set: Vec<(ResidentField, String)>, add: &[&str], remove: &[&str]| {
        let tags = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect();
        lab.phone.run(EditResident { household: home, resident: person, set, add_tags: tags(add), remove_tags: tags(remove) }).unwrap();
    };
    for gone in ["deceased", "moved"] {
        edit(vec![(ResidentField::State, gone.into())], &[], &[]);
        assert!(door(&lab, home).is_none(), "{gone}");
        edit(vec![(ResidentField::State, "living".into())], &[], &[]);
        assert!(door(&lab, home).is_some());
    }
    edit(vec![], &[], &["低保"]);
    assert!(door(&lab, home).is_none());
    edit(vec![], &["低保"], &[]);
    assert!(door(&lab, home).is_some());
    // A second one keeps the door on the list.
    lab.phone.run(AddResident { household: home, resident: resident("乙", &["低保"]) }).unwrap();
    edit(vec![(ResidentField::State, "deceased".into())], &[], &[]);
    assert!(door(&lab, home).is_some());
}

#[test]
fn a_changed_rule_counts_at_once() {
    let lab = Lab::new(&[("低保", 90)]);
    let home = lab.add("甲路1号", vec![resident("甲", &["低保"])]);
    let part = lab.add("乙路1号", vec![resident("乙", &["低保边缘"])]);
    visit(&lab, home, VisitResult::Met);
    let set = |days: i64| drop(lab.phone.run(SetVisitRule { settings: Some(lab.settings), rules: vec![("低保".into(), days)] }).unwrap());
    lab.clock.advance(20 * DAY);
    assert!(door(&lab, home).is_none() && door(&lab, part).is_none(), "a tag is not a part of another");
    set(20);
    assert_eq!(door(&lab, home).unwrap().due_at, MORNING + 20 * DAY);
    set(0);
    assert!(door(&lab, home).is_none());
    change(&lab, home, |e| e.visit_every_days = Some(5));
    assert_eq!(door(&lab, home).unwrap().every_days, 5);
}

#[test]
fn the_nearest_door_comes_first_and_overdue_ones_before() {
    let lab = Lab::new(&[]);
    let at = |address: &str, lat: f64, days: u32| {
        let household = AddHousehold { lat: Some(lat), lon: Some(120.0), visit_every_days: Some(days), ..lab.household(address, vec![resident("甲", &[])]) };
        lab.phone.run(household).unwrap().value
    };
    let (far, near, soon) = (at("远", 30.02, 10), at("近", 30.01, 10), at("不急", 30.0, 10));
    visit(&lab, soon, VisitResult::Met);
    // Those that nobody came to are overdue by now.
    lab.clock.advance(DAY);
    visit(&lab, soon, VisitResult::Met);
    lab.clock.advance(9 * DAY);
    let list: Vec<(Id, Option<i64>)> = lab.phone.today(Some((30.0, 120.0)), 10).unwrap().iter().map(|d| (d.household, d.metres)).collect();
    assert_eq!(list.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [near, far, soon]);
    assert!((1_090..1_140).contains(&list[0].1.unwrap()), "{list:?}");
    assert_eq!(lab.phone.today(None, 2).unwrap().len(), 2);
}

#[test]
fn absurd_facts_from_elsewhere_do_not_stop_the_list() {
    use gridwalk_core::documents::{Doc, Value};
    use gridwalk_core::store::{StoredDoc, Touched, push_chunk};
    let lab = Lab::new(&[("低保", 10)]);
    let home = lab.add("甲路1号", vec![resident("甲", &["低保"])]);
    let insert = |kind: &str, n: u64, fields: &[(&str, Value)]| {
        let mut doc = Doc::new(gridwalk_core::kinds::by_name(kind).unwrap(), 0).unwrap();
        let made = doc.write(super::lab::actor_of(7), "x", &super::lab::stamp(MORNING), |w| {
            let root = w.at_path(&[])?;
            fields.iter().try_for_each(|(key, value)| w.put(&root, key, value.clone()))
        });
        let (id, mut base) = (super::lab::id_of(7, n), Vec::new());
        push_chunk(&mut base, &made.unwrap().1.unwrap().body);
        let taken = lab.phone.store().write(|tx| {
            let mut stored = StoredDoc { epoch: 1, base: base.clone(), ..StoredDoc::new("t", doc.schema(), 0) };
            stored.insert(tx, id)?;
            let mut touched = Touched::default();
            touched.project(tx, id, stored.n, &doc, true)?;
            touched.finish(tx)
        });
        taken.unwrap();
        id
    };
    let place = || Value::from(lab.place);
    let (days, met) = (|days: i64| ("visit_every_days", Value::from(days)), ("result", Value::from("met")));
    insert("household", 1, &[("address", "无时间".into()), ("place", place()), days(10)]);
    insert("household", 2, &[("address", "极大".into()), ("place", place()), days(i64::MIN), ("at", i64::MAX.into())]);
    insert(
        "household",
        3,
        &[("address", "文字".into()), ("place", place()), days(10), ("at", "昨天".into()), ("lat", i64::MAX.into()), ("lon", i64::MIN.into())],
    );
    insert("visit", 4, &[("household", home.into()), ("by", "x".into()), met.clone()]);
    insert("visit", 5, &[("household", home.into()), ("at", i64::MAX.into()), met.clone()]);
    insert("visit", 6, &[("household", home.into()), ("at", i64::MIN.into())]);
    insert("visit", 7, &[("household", home.into()), ("at", "昨天".into()), met]);
    insert("attendance", 8, &[("person", lab.person.into())]);
    insert("attendance", 9, &[("person", lab.person.into()), ("at", i64::MIN.into()), ("signed_out_at", i64::MAX.into())]);
    insert("activity", 10, &[("title", "无时间".into()), ("ends_at", i64::MAX.into())]);
    insert("report", 11, &[("title", "无时间".into())]);
    assert_eq!(lab.phone.today(None, 100).unwrap().len(), 2);
    assert_eq!(lab.phone.today(Some((30.0, 120.0)), 100).unwrap().len(), 2);
    assert_eq!(lab.phone.visits_of(home, 10).unwrap().len(), 4);
    assert_eq!(lab.phone.service_record().unwrap().served.len(), 2);
    assert_eq!(lab.phone.activities(10).unwrap().len(), 1);
    assert_eq!(lab.phone.reports(&ReportFilter::default(), None, 10).unwrap().len(), 1);
    lab.phone.near(30.0, 120.0, 1_000, 10).unwrap();
    for n in 1..12 {
        lab.phone.export_json(super::lab::id_of(7, n)).unwrap();
    }
    lab.phone.rebuild().unwrap();
    assert!(count(&lab.phone, "due") >= 2);
}
