//! A community's own fields: the desk defines them, phones write them offline, the desk closes them meanwhile; nothing that was written is
//! lost, and what is personal goes with its person.

use gridwalk_core::Input;
use gridwalk_core::cases::AddStep;
use gridwalk_core::conflicts::SettleConflict;
use gridwalk_core::dictionary::FieldValue;
use gridwalk_core::dictionary::own::Definition;
use gridwalk_core::error::ErrorKind;
use gridwalk_core::records::{AddEntry, EditRecord, Filter, ListQuery};
use gridwalk_core::settings::{SetOwnField, SetRetention};
use gridwalk_hub::admin::{self, Target};
use gridwalk_tests::harness::{Device, report};
use serde_json::json;

use crate::raw::{holds, hub_bytes, phone_bytes};
use crate::world::{World, first_resident};

const DAY: i64 = 86_400;

fn definition(zh: &str, ty: &str) -> Definition {
    Definition { zh: zh.into(), en: String::new(), ty: ty.into(), choices: Vec::new(), personal: false, closed: false }
}

fn set(w: &World, of: &str, key: &str, definition: Definition) -> Input {
    SetOwnField { settings: w.desk.phone.settings().unwrap().id, of: of.into(), key: key.into(), definition }.into()
}

fn define(w: &World, of: &str, key: &str, definition: Definition) {
    w.desk.phone.run(set(w, of, key, definition)).unwrap();
}

/// The field of this key, in words.
fn words(fields: &[FieldValue], key: &str) -> Option<String> {
    fields.iter().find(|f| f.key == key).map(|f| format!("{}：{}", f.zh, f.text))
}

fn of_home(device: &Device, home: gridwalk_core::Id, key: &str) -> Option<String> {
    let card = words(&device.phone.household(home).unwrap().fields, key);
    assert_eq!(card, words(&device.phone.record(home).unwrap().fields, key), "card and record say the same");
    card
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_offline_to_a_field_that_was_closed_is_kept() {
    let w = World::start(310, 2).await;
    let a = w.worker(1, "g00").await;
    let away = w.worker(2, "g00").await;
    let home = w.households[0];
    let resident = first_resident(&w.desk.phone, home);
    define(&w, "household", "x:dogs", definition("养犬", "number"));
    define(&w, "residents", "x:school", definition("就读学校", "text"));
    define(&w, "household", "x:fuel", Definition { choices: vec!["管道气".into(), "瓶装气".into()], ..definition("燃气", "choice") });
    w.settle(&[&a, &away]).await;
    let known: Vec<(String, String, bool)> = a.phone.own_fields().unwrap().into_iter().map(|own| (own.of, own.field.key, own.field.personal)).collect();
    let wanted = [("household", "x:dogs", false), ("household", "x:fuel", false), ("residents", "x:school", true)];
    assert_eq!(known, wanted.map(|(of, key, personal)| (of.to_owned(), key.to_owned(), personal)), "what is said of a resident is personal");

    // By key or by label, checked on the phone when it is given.
    a.phone.run(EditRecord::of(home, json!({"养犬": "1", "x:fuel": "瓶装气"}))).unwrap();
    for (fields, field, says) in [
        (json!({"养犬": "两只"}), "养犬", "整数"),
        (json!({"x:fuel": "柴"}), "x:fuel", "管道气、瓶装气"),
        (json!({"x:cats": 1}), "x:cats", "没有"),
        (json!({"x:school": "一小"}), "x:school", "没有"),
    ] {
        let error = a.phone.run(EditRecord::of(home, fields)).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some(field)));
        assert!(error.message_zh().contains(says), "{error}");
    }
    assert!(a.phone.run(set(&w, "household", "x:cats", definition("养猫", "number"))).is_err(), "defined at the desk alone");
    assert_eq!(of_home(&a, home, "x:fuel").as_deref(), Some("燃气：瓶装气"));
    let filter = |value: &str| ListQuery { filters: vec![Filter { field: "x:dogs".into(), value: value.into() }], limit: 9, ..ListQuery::default() };
    assert_eq!(a.phone.list("household", &filter("1")).unwrap().rows.len(), 1);
    assert!(a.phone.list("household", &filter("7")).unwrap().rows.is_empty());

    // Another phone is away: it writes the same field otherwise, and a resident's, while the desk closes both and drops a choice.
    away.phone.run(EditRecord::of(home, json!({"x:dogs": 2}))).unwrap();
    away.phone.run(EditRecord::of_entry(home, resident, json!({"就读学校": "五堰小学"}))).unwrap();
    let new = away.phone.run(AddEntry::to(home, "residents", json!({"name": "周小宝", "就读学校": "东风小学"}))).unwrap().value;
    define(&w, "household", "x:dogs", Definition { closed: true, ..definition("养犬", "number") });
    define(&w, "residents", "x:school", Definition { closed: true, ..definition("就读学校", "text") });
    define(&w, "household", "x:fuel", Definition { choices: vec!["管道气".into()], ..definition("燃气", "choice") });
    w.settle(&[&a]).await;
    assert_eq!(of_home(&a, home, "x:dogs").as_deref(), Some("养犬（已停用）：1"));
    assert_eq!(of_home(&a, home, "x:fuel").as_deref(), Some("燃气：瓶装气（已停用）"));
    w.settle(&[&a, &away]).await;
    for device in [&a, &away, &w.desk] {
        assert!(device.phone.status().unwrap().quarantine.is_empty(), "phone {}", device.number);
        let residents = device.phone.household(home).unwrap().residents;
        let school = |id| words(&residents.iter().find(|r| r.id == id).unwrap().fields, "x:school");
        assert_eq!(school(resident).as_deref(), Some("就读学校（已停用）：五堰小学"));
        assert_eq!(school(new).as_deref(), Some("就读学校（已停用）：东风小学"));
        let error = device.phone.run(EditRecord::of(home, json!({"养犬": 3}))).unwrap_err();
        assert!(error.message_zh().contains("已停用"), "{error}");
    }

    // Two people's values are a conflict, as of any field, called as people call it.
    let conflicts = w.desk.phone.conflicts().unwrap();
    let [conflict] = &conflicts[..] else { panic!("{conflicts:?}") };
    assert_eq!((conflict.path.as_str(), conflict.zh.as_str()), ("x:dogs", "养犬（已停用）"));
    let actions = w.desk.phone.actions(home).unwrap();
    assert!(actions.iter().any(|action| action.command == "conflicts.settle" && action.fields == ["x:dogs"]), "{actions:?}");
    let seen: Vec<String> = conflict.values.iter().map(|value| value.value.clone()).collect();
    let choose = seen.iter().position(|value| value == "2").unwrap();
    w.desk.phone.run(SettleConflict { document: home, path: conflict.path.clone(), choose, seen }).unwrap();
    w.settle(&[&a, &away]).await;
    assert_eq!(of_home(&a, home, "x:dogs").as_deref(), Some("养犬（已停用）：2"));
    w.assert_agreement(&[&a, &away]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_a_field_of_ones_own_is_refused_with_where_it_belongs() {
    let w = World::start(311, 1).await;
    define(&w, "residents", "x:school", definition("就读学校", "text"));
    let refused = |of: &str, key: &str, definition: Definition| w.desk.phone.run(set(&w, of, key, definition)).unwrap_err().message_zh().to_owned();
    let choices = |zh: &str, all: &[&str]| Definition { choices: all.iter().map(|word| (*word).to_owned()).collect(), ..definition(zh, "choice") };
    for (of, key, definition, says) in [
        ("residents", "x:idno", definition("身份证号码", "text"), "不保存身份证"),
        ("household", "x:papers", Definition { en: "ID card".into(), ..definition("证件", "text") }, "不保存身份证"),
        ("residents", "x:pills", definition("长期用药", "text"), "健康圈"),
        ("residents", "x:state", choices("身体", &["好", "残疾"]), "健康圈"),
        ("visit", "x:dogs", definition("养犬", "number"), "household"),
        ("household", "x:Dogs", definition("养犬", "number"), "小写字母"),
        ("household", "dogs", definition("养犬", "number"), "小写字母"),
        ("household", "x:dogs", definition("养犬", "money"), "类型只能是"),
        ("household", "x:dogs", definition("", "number"), "不能为空"),
        ("household", "x:dogs", choices("养犬", &[]), "选项"),
        ("household", "x:home", definition("家庭住址", "text"), "已有叫"),
        ("residents", "x:kindergarten", definition("就读学校", "text"), "已有叫"),
        ("residents", "x:school", definition("就读学校", "note"), "定下后不能改"),
    ] {
        let said = refused(of, key, definition);
        assert!(said.contains(says), "{of} {key}: {said}");
    }
    define(&w, "residents", "x:school", definition("学校", "text"));
    assert_eq!(w.desk.phone.own_fields().unwrap().iter().map(|own| own.field.zh.as_str()).collect::<Vec<_>>(), ["学校"]);
    // Of a household it is nobody's unless the definition says so, and stays so.
    define(&w, "household", "x:keeper", Definition { personal: true, ..definition("钥匙保管人", "text") });
    assert!(refused("household", "x:keeper", definition("钥匙保管人", "text")).contains("定下后不能改"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_fields_go_with_whom_and_what_they_are_of() {
    let w = World::start(312, 2).await;
    let a = w.worker(1, "g00").await;
    define(&w, "residents", "x:school", definition("就读学校", "text"));
    define(&w, "report", "x:pole", Definition { personal: true, ..definition("联系人", "text") });
    w.settle(&[&a]).await;
    let home = w.households[0];
    let resident = first_resident(&a.phone, home);
    a.phone.run(EditRecord::of_entry(home, resident, json!({"x:school": "东风铁路小学"}))).unwrap();
    let case = a.phone.run(report(w.grids[0], "路灯不亮")).unwrap().value;
    a.phone.run(EditRecord::of(case, json!({"联系人": "司马光远"}))).unwrap();
    for kind in ["accept", "handle", "feed_back", "close"] {
        a.phone.run(AddStep::new(case, kind).note("已办")).unwrap();
    }
    w.settle(&[&a]).await;
    for text in ["东风铁路小学", "司马光远"] {
        assert!(holds(&hub_bytes(&w).await, text) && holds(&phone_bytes(&a), text), "what is looked for can be found");
    }
    let target = Target::Resident { household: home, resident, keep_photos: false };
    assert!(admin::plan(&w.hub.hub, &w.hub.tenant, &target).await.is_ok());
    admin::erase(&w.hub.hub, &w.hub.tenant, &target).await.unwrap();
    let settings = w.desk.phone.settings().unwrap().id;
    w.desk.phone.run(SetRetention { settings, months: vec![("report".into(), 12)], daily: None }).unwrap();
    w.settle(&[&a]).await;
    for _ in 0..2 {
        w.pass(200 * DAY, &[&a]);
        w.settle(&[&a]).await;
    }
    assert_eq!(admin::apply_retention(&w.hub.hub, &w.hub.tenant, "admin").await.unwrap().reports, 1);
    w.settle(&[&a]).await;
    for text in ["东风铁路小学", "司马光远"] {
        assert!(!holds(&hub_bytes(&w).await, text) && !holds(&phone_bytes(&a), text), "{text} is still there");
    }
    w.assert_agreement(&[&a]).await;
}
