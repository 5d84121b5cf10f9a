//! Lists of screens: reports, households, persons, categories, and oneself.

use gridwalk_core::Id;
use gridwalk_core::cases::AddStep;
use gridwalk_core::documents::Audience;
use gridwalk_core::reports::{RaiseReport, ReportFilter, Stage};
use gridwalk_core::rules::Role;
use gridwalk_tests::harness::report;
use gridwalk_tests::roster::EditHousehold;
use gridwalk_tests::typed::{AddMicroGrid, AddPerson, Category, EditPerson, SetCategories};

use super::lab::{Lab, enrol, resident};

fn categories(lab: &Lab) {
    let category = |code: &str, levels: [&str; 3]| Category { code: code.into(), levels: levels.map(str::to_owned) };
    let all = vec![
        category("0101", ["市容环境", "环境卫生", "垃圾清运"]),
        category("0102", ["市容环境", "环境卫生", "污水外溢"]),
        category("0201", ["公用设施", "照明", "路灯不亮"]),
    ];
    lab.phone.run(SetCategories { list: None, categories: all }).unwrap();
}

#[test]
fn categories_are_found_by_name_pinyin_initials_and_code() {
    let lab = Lab::new(&[]);
    categories(&lab);
    let codes = |typed: &str| -> Vec<String> { lab.phone.categories(typed, 10).unwrap().into_iter().map(|c| c.code).collect() };
    assert_eq!(codes(""), ["0101", "0102", "0201"]);
    for (typed, wanted) in [
        ("垃圾", &["0101"][..]),
        ("ljqy", &["0101"]),
        ("laji", &["0101"]),
        ("hjws", &["0101", "0102"]),
        ("卫生 污水", &["0102"]),
        ("02", &["0102", "0201"]),
        ("井盖", &[]),
    ] {
        assert_eq!(codes(typed), wanted, "{typed}");
    }
    assert_eq!(lab.phone.categories("", 2).unwrap().len(), 2);
    assert_eq!(lab.phone.categories("0201", 1).unwrap()[0].levels, ["公用设施", "照明", "路灯不亮"]);

    // What one used last comes first, once.
    assert!(lab.phone.recent_categories(5).unwrap().is_empty());
    for category in ["0101", "0201", "0101", "none"] {
        lab.clock.advance(60);
        lab.phone.run(RaiseReport { category: category.into(), ..report(lab.place, "某事") }).unwrap();
    }
    let recent: Vec<String> = lab.phone.recent_categories(5).unwrap().into_iter().map(|c| c.code).collect();
    assert_eq!(recent, ["0101", "0201"]);
}

#[test]
fn reports_are_listed_by_what_one_asks_in_pages() {
    let lab = Lab::new(&[]);
    categories(&lab);
    let mut made: Vec<Id> = Vec::new();
    for n in 0..7 {
        // Pairs of the same second: the pages go by the id then.
        lab.clock.advance(i64::from(n % 2 == 0) * 60);
        let category = if n < 3 { "0201" } else { "" };
        made.push(lab.phone.run(RaiseReport { category: category.into(), ..report(lab.place, &format!("第{n}件")) }).unwrap().value);
    }
    for id in &made[..2] {
        lab.phone.run(AddStep::new(*id, "decline").note("不属本社区")).unwrap();
    }
    let ask = |filter: &ReportFilter, after: Option<&str>, limit: u32| lab.phone.reports(filter, after, limit).unwrap();
    let of = |stage: Stage| ReportFilter { stage, ..ReportFilter::default() };
    for (stage, count) in [(Stage::Open, 5), (Stage::Closed, 2), (Stage::All, 7)] {
        let whole: Vec<Id> = ask(&of(stage), None, 100).into_iter().map(|r| r.id).collect();
        assert_eq!(whole.len(), count);
        for limit in 1..4 {
            let (mut paged, mut after) = (Vec::new(), None::<String>);
            loop {
                let page = ask(&of(stage), after.as_deref(), limit);
                after = page.last().map(|r| r.key.clone());
                paged.extend(page.iter().map(|r| r.id));
                if page.len() < limit as usize {
                    break;
                }
            }
            assert_eq!(paged, whole, "{stage:?} in pages of {limit}");
        }
    }
    let open = ask(&of(Stage::Open), None, 100);
    assert!(open.windows(2).all(|w| w[0].at <= w[1].at) && ask(&of(Stage::All), None, 100).windows(2).all(|w| w[0].at >= w[1].at));
    let titles = |filter: &ReportFilter| -> Vec<String> { ask(filter, None, 100).into_iter().map(|r| r.title).collect() };
    assert_eq!(titles(&ReportFilter { category: "0201".into(), ..of(Stage::Open) }), ["第2件"]);
    assert_eq!(titles(&ReportFilter { status: "declined".into(), ..of(Stage::All) }).len(), 2);
    assert_eq!(titles(&ReportFilter { text: "第3件".into(), ..of(Stage::All) }), ["第3件"]);
    assert_eq!(titles(&ReportFilter { month: "2026-03".into(), ..of(Stage::All) }).len(), 7);
    assert!(titles(&ReportFilter { month: "2026-02".into(), ..of(Stage::All) }).is_empty());
    assert_eq!(titles(&ReportFilter { by: Some(lab.person), place: Some(lab.place), ..of(Stage::All) }).len(), 7);
    assert!(titles(&ReportFilter { by: Some(lab.place), ..of(Stage::All) }).is_empty());
    for month in ["2026", "2026-13", "2026-3", "x"] {
        assert!(lab.phone.reports(&ReportFilter { month: month.into(), ..of(Stage::All) }, None, 1).is_err(), "{month}");
    }
    assert!(lab.phone.reports(&of(Stage::All), Some("nonsense"), 1).is_err());
    let row = ask(&ReportFilter { category: "0201".into(), ..of(Stage::Open) }, None, 1).remove(0);
    assert_eq!((row.place_name.as_str(), row.category_name.as_str(), row.holder.as_str()), ("一网格", "公用设施/照明/路灯不亮", "community"));
    assert!(row.unsent && !row.conflict && row.photos == 0);
}

#[test]
fn households_of_a_place_come_in_pages_by_address() {
    let lab = Lab::new(&[]);
    let stairway = lab.phone.run(AddMicroGrid { grid: lab.place, name: "1栋".into() }).unwrap().value;
    let mut household = lab.household("1栋1单元101", vec![resident("甲", &[]), resident("乙", &[])]);
    household.place = stairway;
    let first = lab.phone.run(household).unwrap().value;
    for address in ["1栋1单元102", "1栋1单元102", "2栋 201", "村口"] {
        lab.add(address, vec![]);
    }
    let rows = |place: Option<Id>, after: Option<&str>, limit: u32| lab.phone.households(place, after, limit).unwrap();
    let whole: Vec<Id> = rows(None, None, 100).into_iter().map(|h| h.id).collect();
    assert_eq!(whole.len(), 5);
    let (mut paged, mut after) = (Vec::new(), None::<String>);
    while let Some(last) = rows(Some(lab.place), after.as_deref(), 2).last() {
        paged.extend(rows(Some(lab.place), after.as_deref(), 2).into_iter().map(|h| h.id));
        after = Some(last.key.clone());
    }
    assert_eq!(paged, whole, "none twice, none left out, also where two addresses are the same");
    let [only] = &rows(Some(stairway), None, 10)[..] else { unreachable!() };
    assert_eq!((only.id, only.name.as_str(), only.residents, only.room.as_str(), only.unsent), (first, "甲", 2, "101", true));
    assert!(rows(Some(lab.person), None, 10).is_empty());
}

#[test]
fn each_fact_says_who_wrote_it_and_when() {
    let lab = Lab::new(&[]);
    let home = lab.add("1栋1单元101", vec![resident("甲", &[])]);
    let made = lab.phone.now().unwrap();
    lab.clock.advance(3600);
    let me = lab.phone.run(AddPerson { kind: "cadre".into(), name: "王书记".into(), place: None }).unwrap().value;
    enrol(&lab.phone, me, Role::Cadre, &Audience::Community);
    lab.phone.run(EditHousehold { household: home, tenure: Some("出租".into()), ..nothing(home) }).unwrap();
    let facts = lab.phone.facts(home).unwrap();
    let of =
        |path: &str| facts.iter().filter(|f| f.path == path).map(|f| (f.value.as_str().unwrap(), f.by.clone(), f.by_name.as_str(), f.at)).collect::<Vec<_>>();
    assert_eq!(of("address"), [("1栋1单元101", lab.person.to_string(), "", made)]);
    assert_eq!(of("tenure"), [("出租", me.to_string(), "王书记", made + 3600)]);
    assert!(facts.iter().all(|f| f.shown) && facts.iter().any(|f| f.path.ends_with("/name") && f.value == "甲"));
    assert!(lab.phone.facts(lab.person).is_err());
}

fn nothing(household: Id) -> EditHousehold {
    EditHousehold { household, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: None }
}

#[test]
fn a_person_sees_themselves_and_their_colleagues() {
    let lab = Lab::new(&[]);
    lab.add("1栋1单元101", vec![resident("甲", &[]), resident("乙", &[])]);
    lab.phone.run(report(lab.place, "路灯不亮")).unwrap();
    let me = lab.phone.me().unwrap();
    assert_eq!((me.person.id, me.person.name.as_str()), (lab.person, ""), "not synced yet");
    assert_eq!((me.households, me.residents, me.reports, me.visits), (1, 2, 1, 0));
    assert_eq!(u64::try_from(me.unsent).unwrap(), lab.phone.status().unwrap().unsent);
    assert_eq!(
        me.roles.iter().map(|r| (r.role.as_str(), r.zh.as_str(), r.en.as_str(), r.scope_name.as_str())).collect::<Vec<_>>(),
        [("cadre", "社区干部", "cadre", "")]
    );
    let worker = lab.phone.run(AddPerson { kind: "grid_worker".into(), name: "张网格".into(), place: Some(lab.place) }).unwrap().value;
    lab.phone.run(AddPerson { kind: "member".into(), name: "李党员".into(), place: None }).unwrap();
    lab.phone.run(EditPerson { person: worker, phone: Some("13800000001".into()), unit: None, skills: None }).unwrap();
    assert_eq!(lab.phone.persons().unwrap().iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["张网格", "李党员"]);
    let found = lab.phone.person(worker).unwrap();
    assert_eq!((found.kind.as_str(), found.phone.as_str()), ("grid_worker", "13800000001"));
    assert!(lab.phone.person(lab.place).is_err());
}
