//! Finding people and doors by what a person types, as a phone does it.

use gridwalk_core::Id;
use gridwalk_tests::roster::{AddHousehold, EditHousehold, EditResident, NewResident, ResidentField};

use super::lab::{Lab, resident};

fn found(lab: &Lab, typed: &str) -> Vec<Id> {
    let mut found: Vec<Id> = lab.phone.find(typed, 50).unwrap().into_iter().map(|f| f.household).collect();
    found.sort();
    found
}

#[test]
fn by_everything_people_type() {
    let lab = Lab::new(&[]);
    let with_phone = |name: &str, phone: &str, tags: &[&str]| NewResident { phone: phone.into(), ..resident(name, tags) };
    let a = lab.add("五堰路13号3单元502室", vec![with_phone("王小明", "13800138007", &["低保"]), resident("欧阳娜娜", &[])]);
    let b = lab.add("人民路3号", vec![with_phone("李建国", "0719-8654321", &["独居老人", "60岁以上"]), resident("Mike Brown", &[])]);
    let c = lab.add("车城南路", vec![resident("𠮷田花", &["🐶"]), resident("𬎆", &[])]);
    let table: [(&str, &[Id]); 26] = [
        ("王", &[a]),
        ("小明", &[a]),
        ("王小", &[a]),
        ("明王", &[]),
        ("欧阳", &[a]),
        ("国", &[b]),
        ("𠮷", &[c]),
        ("𠮷田", &[c]),
        ("𬎆", &[c]),
        ("五堰", &[a]),
        ("3号", &[b]),
        ("13号", &[a]),
        ("502", &[a]),
        ("人民路 建国", &[b]),
        ("人民路 小明", &[]),
        ("wxm", &[a]),
        ("wangxiaoming", &[a]),
        ("wangxiao", &[a]),
        ("OYNN", &[a]),
        ("mike", &[b]),
        ("138", &[a]),
        ("13800138007", &[a]),
        ("8007", &[a]),
        ("低保", &[a]),
        ("🐶", &[c]),
        ("60岁以上", &[b]),
    ];
    for (typed, expected) in table {
        assert_eq!(found(&lab, typed), expected, "{typed}");
    }
    for nothing in ["", "  ", "*", "\"", "' OR 1=1 --", "没有这个人", "\u{202e}", "NEAR(", "\0"] {
        assert_eq!(found(&lab, nothing), [], "{nothing:?}");
    }
    // The one who was meant is shown, all when the address was.
    let names = |typed: &str| lab.phone.find(typed, 5).unwrap()[0].residents.iter().map(|r| r.name.clone()).collect::<Vec<_>>();
    assert_eq!(names("小明"), ["王小明"]);
    assert_eq!(names("五堰"), ["王小明", "欧阳娜娜"]);
    assert_eq!(lab.phone.find("路", 2).unwrap().len(), 2);
}

#[test]
fn after_an_edit_the_old_name_finds_nothing() {
    let lab = Lab::new(&[]);
    let home = lab.add("五堰路1号", vec![NewResident { phone: "13800138007".into(), ..resident("王小明", &["低保"]) }]);
    let person = lab.phone.household(home).unwrap().residents[0].id;
    let edit = EditResident {
        household: home,
        resident: person,
        set: vec![(ResidentField::Name, "张大山".into()), (ResidentField::Phone, "13900139001".into())],
        add_tags: vec!["党员".into()],
        remove_tags: vec!["低保".into()],
    };
    lab.phone.run(edit).unwrap();
    let address =
        EditHousehold {
            household: home, address: Some("人民路2号".into()), tenure: None, state: None, visit_every_days: None, position: None, place: None
        };
    lab.phone.run(address).unwrap();
    for gone in ["王小明", "王", "wxm", "1380013", "8007", "低保", "五堰"] {
        assert_eq!(found(&lab, gone), [], "{gone}");
    }
    for now in ["张大山", "zds", "1390013", "9001", "党员", "人民路"] {
        assert_eq!(found(&lab, now), [home], "{now}");
    }
}

#[test]
fn residents_stand_in_the_order_they_were_recorded() {
    let lab = Lab::new(&[]);
    let names: Vec<String> = (0..15).map(|n| format!("第{n}人")).collect();
    let home = lab.add("五堰路1号", names.iter().map(|n| resident(n, &[])).collect());
    let shown: Vec<String> = lab.phone.household(home).unwrap().residents.into_iter().map(|r| r.name).collect();
    assert_eq!(shown, names);
}

#[test]
fn near_me() {
    let lab = Lab::new(&[]);
    let at =
        |address: &str, lat: f64, lon: f64| lab.phone.run(AddHousehold { lat: Some(lat), lon: Some(lon), ..lab.household(address, vec![]) }).unwrap().value;
    let (here, close, far) = (at("此处", 30.25, 120.1), at("隔壁", 30.2503, 120.1002), at("远处", 30.3, 120.1));
    lab.add("没有位置", vec![]);
    let near = |metres: u32| lab.phone.near(30.25, 120.1, metres, 10).unwrap().iter().map(|n| n.household).collect::<Vec<_>>();
    assert_eq!(near(100), [here, close]);
    assert_eq!(near(10), [here]);
    assert_eq!(near(u32::MAX), [here, close, far]);
    let found = lab.phone.near(30.25, 120.1, 100, 10).unwrap();
    assert_eq!(found[0].metres, 0);
    assert!((36..42).contains(&found[1].metres), "{found:?}");
    assert_eq!(lab.phone.near(30.25, 120.1, 100, 1).unwrap().len(), 1);
    // It moves.
    let moved = EditHousehold { household: here, address: None, tenure: None, state: None, visit_every_days: None, position: Some((30.3, 120.1)), place: None };
    lab.phone.run(moved).unwrap();
    assert_eq!(near(100), [close]);
    assert!(lab.phone.near(f64::NAN, 0.0, 1, 1).is_err() && lab.phone.near(91.0, 0.0, 1, 1).is_err());
    assert!(lab.phone.near(90.0, 180.0, u32::MAX, 10).is_ok());
}
