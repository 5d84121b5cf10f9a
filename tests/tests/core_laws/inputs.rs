//! What people type: refused in words they understand, or kept exactly.

use gridwalk_core::cases::AddStep;
use gridwalk_core::error::ErrorKind;
use gridwalk_core::records::JsonMap;
use gridwalk_core::reports::RaiseReport;
use gridwalk_core::visits::VisitResult;
use gridwalk_core::{Id, Input};
use gridwalk_tests::harness::{MORNING, report};
use gridwalk_tests::roster::{AddHousehold, AddResident, EditHousehold, EditResident, NewResident, ResidentField};
use gridwalk_tests::typed::{AddActivity, AddMicroGrid, AddPerson, AddPlace, Category, RecordVisit, SetCategories, SetVisitRule};

use super::lab::{Lab, dump, id_of, resident};

pub fn visit(household: Id) -> RecordVisit {
    RecordVisit {
        household,
        result: VisitResult::Met,
        purpose: String::new(),
        note: String::new(),
        minutes: None,
        lat: None,
        lon: None,
        visited_at: None,
        fields: JsonMap::new(),
    }
}

#[test]
fn what_cannot_be_is_refused_in_both_languages_and_leaves_nothing() {
    let lab = Lab::new(&[("低保", 90)]);
    let home = lab.add("五堰路1号", vec![resident("王小明", &[])]);
    let person = lab.phone.household(home).unwrap().residents[0].id;
    let case = lab.phone.run(report(lab.place, "路灯不亮")).unwrap().value;
    let gone = id_of(5, 5);
    let long = "长".repeat(34_000);
    let new = |f: &dyn Fn(&mut NewResident)| {
        let mut r = resident("甲", &[]);
        f(&mut r);
        Input::from(AddResident { household: home, resident: r })
    };
    let house = |f: &dyn Fn(&mut AddHousehold)| {
        let mut h = lab.household("某处", vec![]);
        f(&mut h);
        Input::from(h)
    };
    let seen = |f: &dyn Fn(&mut RecordVisit)| {
        let mut v = visit(home);
        f(&mut v);
        Input::from(v)
    };
    let edit = |field: ResidentField, text: &str| {
        Input::from(EditResident { household: home, resident: person, set: vec![(field, text.into())], add_tags: vec![], remove_tags: vec![] })
    };
    let moved = |position: (f64, f64)| {
        Input::from(EditHousehold { household: home, address: None, tenure: None, state: None, visit_every_days: None, position: Some(position), place: None })
    };
    let step = |kind: &str, note: &str| Input::from(AddStep::new(case, kind).note(note));
    let activity =
        |starts_at, ends_at| Input::from(AddActivity { title: "清扫".into(), task: "志愿".into(), place: None, starts_at, ends_at, places: Some(1) });
    let invalid = vec![
        new(&|r| r.name = String::new()),
        new(&|r| r.name = " \u{3000}\t".into()),
        new(&|r| r.name = "王\u{7}".into()),
        new(&|r| r.name = "长".repeat(101)),
        new(&|r| r.birth = "1950-02-30".into()),
        new(&|r| r.birth = "1950-13-01".into()),
        new(&|r| r.birth = "8/3/1950".into()),
        new(&|r| r.birth = "0000-00-00".into()),
        new(&|r| r.birth = "1849-12-31".into()),
        new(&|r| r.birth = "昨天".into()),
        new(&|r| r.phone = "13".into()),
        new(&|r| r.phone = "138001380o0".into()),
        new(&|r| r.phone = "1".repeat(21)),
        new(&|r| r.sex = "\u{0}".into()),
        new(&|r| r.tags = vec![String::new()]),
        new(&|r| r.tags = vec!["低保 户".into()]),
        house(&|h| h.address = String::new()),
        house(&|h| h.tenure = long.clone()),
        house(&|h| h.lat = Some(30.0)),
        house(&|h| (h.lat, h.lon) = (Some(f64::NAN), Some(120.0))),
        house(&|h| (h.lat, h.lon) = (Some(30.0), Some(f64::INFINITY))),
        house(&|h| (h.lat, h.lon) = (Some(f64::NEG_INFINITY), Some(0.0))),
        house(&|h| (h.lat, h.lon) = (Some(90.000_001), Some(0.0))),
        house(&|h| (h.lat, h.lon) = (Some(0.0), Some(-180.1))),
        house(&|h| h.visit_every_days = Some(0)),
        house(&|h| h.visit_every_days = Some(u32::MAX)),
        moved((f64::NAN, f64::NAN)),
        moved((0.0, 1e300)),
        seen(&|v| v.note = long.clone()),
        seen(&|v| v.note = "响铃\u{7}".into()),
        seen(&|v| v.purpose = "长".repeat(5_001)),
        seen(&|v| v.minutes = Some(1_441)),
        seen(&|v| v.lon = Some(f64::NAN)),
        edit(ResidentField::Name, ""),
        edit(ResidentField::State, "别的"),
        edit(ResidentField::Birth, "2023-02-29"),
        step("settled", "x"),
        step("nonsense", "x"),
        step("close", "x"),
        step("decline", ""),
        step("note", " "),
        report(lab.place, "").into(),
        RaiseReport { detail: long.clone(), ..report(lab.place, "x") }.into(),
        RaiseReport { category: long.clone(), ..report(lab.place, "x") }.into(),
        activity(MORNING, MORNING),
        activity(MORNING, i64::MAX),
        activity(i64::MIN, MORNING),
        AddPlace { level: "grid".into(), name: String::new() }.into(),
        AddPlace { level: "micro_grid".into(), name: "二号楼".into() }.into(),
        AddMicroGrid { grid: lab.place, name: " ".into() }.into(),
        AddPerson { kind: "king".into(), name: "甲".into(), place: None }.into(),
        SetVisitRule { settings: Some(lab.settings), rules: vec![("低保".into(), -1)] }.into(),
        SetVisitRule { settings: Some(lab.settings), rules: vec![("低 保".into(), 1)] }.into(),
        SetVisitRule { settings: Some(lab.settings), rules: vec![("低保".into(), 3651)] }.into(),
        SetCategories { list: None, categories: vec![Category { code: String::new(), levels: ["a".into(), "b".into(), "c".into()] }] }.into(),
    ];
    let missing = vec![
        visit(gone).into(),
        visit(lab.place).into(),
        AddResident { household: gone, resident: resident("甲", &[]) }.into(),
        EditResident { household: home, resident: gone, set: vec![], add_tags: vec![], remove_tags: vec![] }.into(),
        house(&|h| h.place = gone),
        house(&|h| h.place = home),
        report(gone, "路灯").into(),
        AddStep::new(gone, "accept").into(),
        AddPerson { kind: "cadre".into(), name: "甲".into(), place: Some(gone) }.into(),
        SetVisitRule { settings: Some(gone), rules: vec![] }.into(),
    ];
    let before = (lab.commands(), dump(&lab.phone));
    for (inputs, kind) in [(invalid, ErrorKind::Invalid), (missing, ErrorKind::NotFound)] {
        for input in inputs {
            let error = lab.phone.run(input.clone()).map(|_| ()).unwrap_err();
            let shown = format!("{:.200}", format!("{input:?}"));
            assert_eq!(error.kind(), kind, "{shown}: {error}");
            assert!(error.message_zh().chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c)), "{shown}");
            assert!(error.message_en().is_ascii() && !error.message_en().is_empty(), "{shown}");
            assert!(!error.message_zh().contains("王小明") && !error.message_en().contains("nonsense"), "no contents in messages");
        }
    }
    assert_eq!((lab.commands(), dump(&lab.phone)), before);
}

#[test]
fn what_people_write_is_kept_exactly() {
    let lab = Lab::new(&[]);
    let names = ["𠮷田花", "𬎆", "王🐶", "👨‍👩‍👧", "阿卜杜拉·买买提", "محمد", "a\u{202e}b", "José", "辻\u{e0100}", "长".repeat(100).as_str()].map(str::to_owned);
    for name in &names {
        let home = lab.add(name, vec![resident(name, &[])]);
        let view = lab.phone.household(home).unwrap();
        // A name has one form, in which nothing is that does not show.
        let name = &*gridwalk_core::text::one_form(name);
        assert_eq!((view.address.as_str(), view.residents[0].name.as_str()), (name, name));
        if name.chars().count() <= 30 {
            assert!(lab.phone.find(name, 50).unwrap().iter().any(|f| f.household == home), "{name}");
        }
    }
    let home = lab.add("五堰路1号", vec![]);
    let note = "第一行\n第二行\t🐶𠮷\u{202e}\u{200f}'\"\\%_;--";
    let recorded = lab.phone.run(RecordVisit { note: format!("  {note}\r\n末行 "), ..visit(home) }).unwrap().value;
    assert_eq!(lab.phone.visits_of(home, 1).unwrap()[0].note, format!("{note}\n末行"));
    assert_eq!(lab.phone.export_json(recorded).unwrap()["state"]["note"], format!("{note}\n末行"));
    let longest = "𠮷".repeat(5_000);
    lab.clock.advance(60);
    lab.phone.run(RecordVisit { note: longest.clone(), ..visit(home) }).unwrap();
    assert_eq!(lab.phone.visits_of(home, 1).unwrap()[0].note, longest);
    for (lat, lon) in [(90.0, 180.0), (-90.0, -180.0), (0.0, -0.0)] {
        let edge = lab.phone.run(AddHousehold { lat: Some(lat), lon: Some(lon), ..lab.household("极", vec![]) }).unwrap().value;
        assert_eq!(lab.phone.household(edge).unwrap().position, Some((lat, lon)));
    }
}

#[test]
fn the_same_command_id_twice_is_one_record() {
    let lab = Lab::new(&[]);
    let home = lab.add("五堰路1号", vec![]);
    let id = lab.phone.new_command_id().unwrap();
    let first = lab.phone.run_as(id, visit(home)).unwrap();
    let before = (lab.commands(), dump(&lab.phone));
    for again in [visit(home), RecordVisit { note: "又一次".into(), ..visit(home) }] {
        let again = lab.phone.run_as(id, again).unwrap();
        assert_eq!((again.value, again.command, again.changed.len()), (first.value, first.command, 0));
    }
    assert_eq!((lab.commands(), dump(&lab.phone)), before);
    // A refused one was no record: corrected, the same id goes in.
    let id = lab.phone.new_command_id().unwrap();
    assert!(lab.phone.run_as(id, RecordVisit { minutes: Some(9_999), ..visit(home) }).is_err());
    assert_eq!(lab.phone.run_as(id, visit(home)).unwrap().command, id);
}
