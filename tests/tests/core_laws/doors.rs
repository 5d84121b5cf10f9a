//! The doors of today by stairway, the next door, and which reports concern a household.

use gridwalk_core::Id;
use gridwalk_core::records::JsonMap;
use gridwalk_core::reports::{Imported, RaiseReport};
use gridwalk_core::visits::{DoorOrder, OTHER_DOORS, TodayCounts, VisitResult};
use gridwalk_tests::harness::{MORNING, report};
use gridwalk_tests::roster::AddHousehold;
use gridwalk_tests::typed::RecordVisit;

use super::lab::Lab;

const DAY: i64 = 86_400;

fn door(lab: &Lab, address: &str, position: Option<(f64, f64)>, days: u32) -> Id {
    let household = AddHousehold {
        place: lab.place,
        address: address.into(),
        tenure: String::new(),
        lat: position.map(|p| p.0),
        lon: position.map(|p| p.1),
        visit_every_days: Some(days),
        residents: vec![],
    };
    lab.phone.run(household).unwrap().value
}

fn visit(lab: &Lab, household: Id, result: VisitResult) {
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
        .unwrap();
}

fn names(lab: &Lab, near: Option<(f64, f64)>, order: DoorOrder) -> Vec<(String, i64, i64, Vec<String>)> {
    let groups = lab.phone.today_groups(near, order).unwrap();
    groups.into_iter().map(|g| (g.name, g.due, g.overdue, g.doors.into_iter().map(|d| d.room).collect())).collect()
}

#[test]
fn doors_are_grouped_by_stairway_and_walked_from_the_ground_up() {
    let lab = Lab::new(&[]);
    let here = (32.6, 110.8);
    let north = |metres: f64| Some((here.0 + metres / 111_320.0, here.1));
    let mut made = Vec::new();
    for (address, metres) in
        [("人民路12号10栋1单元201", 900.0), ("人民路12号2栋1单元1001", 300.0), ("人民路12号2栋1单元201", 310.0), ("人民路12号2栋2单元102", 60.0)]
    {
        made.push(door(&lab, address, north(metres), 10));
    }
    let far = door(&lab, "村口小卖部", None, 10);
    // Each was met on the same day; the first comes due two days before the others.
    made.iter().chain([&far]).for_each(|home| visit(&lab, *home, VisitResult::Met));
    lab.clock.advance(9 * DAY);
    let stairway = |name: &str, due, overdue, rooms: &[&str]| (name.to_owned(), due, overdue, rooms.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>());
    let (ten, two_one, two_two) = (
        stairway("人民路12号10栋1单元", 1, 0, &["201"]),
        stairway("人民路12号2栋1单元", 2, 0, &["201", "1001"]),
        stairway("人民路12号2栋2单元", 1, 0, &["102"]),
    );
    let other = stairway(OTHER_DOORS, 1, 0, &[""]);
    assert_eq!(names(&lab, Some(here), DoorOrder::Way), [two_two.clone(), two_one.clone(), ten.clone(), other.clone()]);
    assert_eq!(names(&lab, Some((here.0 + 0.009, here.1)), DoorOrder::Way), [ten.clone(), two_one.clone(), two_two.clone(), other.clone()]);
    assert_eq!(lab.phone.today_counts().unwrap(), TodayCounts { due: 5, overdue: 0 });

    // Without a position: from where the person was last, then as people count.
    visit(&lab, made[3], VisitResult::NobodyHome);
    assert_eq!(names(&lab, None, DoorOrder::Way), [two_two, ten, two_one, other]);
    let tried = lab.phone.today(None, 10).unwrap().into_iter().find(|d| d.household == made[3]).unwrap();
    assert_eq!((tried.last_attempt_result.as_str(), tried.floor, tried.unsent), ("nobody_home", Some(1), true));

    // The next door: up the stairs, then what is left of the stairway, then the nearest stairway; at last nothing.
    let next = |after: Id| lab.phone.next_door(after).unwrap().map(|d| d.household);
    assert_eq!(next(made[2]), Some(made[1]));
    assert_eq!(next(made[1]), Some(made[2]), "what was passed by on the way up");
    visit(&lab, made[2], VisitResult::Met);
    visit(&lab, made[1], VisitResult::Met);
    assert_eq!(next(made[1]), Some(made[3]), "the nearest stairway");
    [made[0], made[3]].iter().for_each(|home| visit(&lab, *home, VisitResult::Met));
    assert_eq!(next(made[3]), Some(far));
    visit(&lab, far, VisitResult::Met);
    assert_eq!(next(far), None);

    lab.clock.advance(11 * DAY);
    assert_eq!(lab.phone.today_counts().unwrap(), TodayCounts { due: 5, overdue: 5 });
    let urgent = names(&lab, None, DoorOrder::Urgency);
    assert_eq!((urgent[0].0.as_str(), urgent[0].2), ("人民路12号2栋1单元", 2));
}

#[test]
fn a_households_reports_are_those_with_its_address_or_at_its_spot() {
    let lab = Lab::new(&[]);
    let spot = (32.6, 110.8);
    let home = door(&lab, "人民路12号3栋1单元3", Some(spot), 10);
    let raise = |title: &str, address: &str, position: Option<(f64, f64)>| {
        let imported = (!address.is_empty()).then(|| Imported {
            number: String::new(),
            reporter: String::new(),
            address: address.into(),
            raised_at: MORNING,
            day_only: false,
            answer: None,
        });
        let input = RaiseReport { lat: position.map(|p| p.0), lon: position.map(|p| p.1), imported, ..report(lab.place, title) };
        lab.phone.run(input).unwrap().value
    };
    let near = raise("门口路灯", "", Some((spot.0 + 0.0002, spot.1)));
    raise("远处路灯", "", Some((spot.0 + 0.0005, spot.1)));
    let named = raise("漏水", "人民路 12号3栋1单元3室", None);
    raise("邻居漏水", "人民路12号3栋1单元31", None);
    raise("没有地点", "", None);
    let found: Vec<Id> = lab.phone.reports_of(home, 10).unwrap().into_iter().map(|r| r.id).collect();
    let mut wanted = vec![near, named];
    let mut sorted = found.clone();
    wanted.sort();
    sorted.sort();
    assert_eq!(sorted, wanted);
    assert_eq!(lab.phone.reports_of(home, 1).unwrap().len(), 1);
}
