//! A day's work on an enrolled phone without a network: everything is recorded and kept.

use gridwalk_core::records::AddRecord;
use serde_json::{Value, json};

use crate::terminal::Terminal;

/// A cadre's phone who also serves a grid, with one household in it.
fn at_work() -> (Terminal, String) {
    let t = Terminal::new();
    let phone = t.phone();
    t.enrol(&phone, &[("cadre", "community")]);
    let grid = phone.run(AddRecord::new("place", json!({"name": "第一网格"}))).unwrap().value;
    t.enrol(&phone, &[("cadre", "community"), ("grid_worker", &format!("place:{grid}"))]);
    drop(phone);
    let added = t.json(&["add", "住户", "住址=明月小区1幢101", "走访周期=30", "position=30.2741,120.1551"]);
    let household = added["value"].as_str().unwrap().to_owned();
    t.json(&["add", "居民", &household, "姓名=王秀英", "性别=女", "birth=1940-03-08", "电话=13800001234", "标签=低保"]);
    (t, household)
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_door_is_found_visited_and_off_the_list() {
    let (t, household) = at_work();
    let due = t.json(&["today", "--near", "30.2741,120.1550"]);
    assert_eq!((due[0]["household"].as_str(), due[0]["name"].as_str()), (Some(household.as_str()), Some("王秀英")));
    assert_eq!(due[0]["urgency"], "due", "a household recorded today is not overdue");
    assert!(due[0]["due_at"].is_i64() && due[0]["metres"].as_i64().unwrap() < 20);
    let table = t.text(&["today"]);
    assert!(table.contains("到期") && !table.contains("已超期") && table.contains("明月小区1幢101") && !table.contains('\u{1b}'), "{table}");

    for words in ["王秀英", "wxy", "1234", "低保", "明月 秀"] {
        let found = t.json(&["find", words]);
        assert_eq!(found[0]["household"], household.as_str(), "{words}");
        assert_eq!(keys(&found[0]), ["address", "conflict", "household", "residents", "unsent"]);
    }
    assert_eq!(t.json(&["find", "查无此人"]), json!([]));
    assert_eq!(t.json(&["near", "30.2741,120.1551"])[0]["metres"], 0);

    let visit = t.json(&["visit", "王秀英", "--result", "已见面", "--purpose", "日常走访", "--note", "一切都好", "--minutes", "15"]);
    assert_eq!(keys(&visit), ["changed", "command", "value"]);
    assert!(visit["changed"].as_array().unwrap().contains(&json!("visits")));
    assert_eq!(t.json(&["today"]), json!([]));

    let shown = t.json(&["show", &household]);
    assert_eq!(shown["household"]["residents"][0]["tags"], json!(["低保"]));
    assert_eq!((shown["visits"][0]["result"].as_str(), shown["visits"][0]["id"].as_str()), (Some("met"), visit["value"].as_str()));
    let text = t.text(&["show", "wangxiuying"]);
    assert!(["第一网格", "王秀英", "已见面", "一切都好", "在住"].iter().all(|word| text.contains(word)), "{text}");
}

#[test]
fn words_that_find_several_households_name_them() {
    let (t, household) = at_work();
    let other = t.json(&["add", "household", "address=明月小区1幢102"])["value"].clone();
    t.json(&["add", "resident", other.as_str().unwrap(), "name=王小明"]);
    let error = t.error(1, &["visit", "王", "--result", "met"]);
    assert_eq!(error["code"], "ambiguous");
    let ids: Vec<&Value> = error["candidates"].as_array().unwrap().iter().map(|c| &c["household"]).collect();
    assert!(ids.len() == 2 && ids.contains(&&json!(household)) && ids.contains(&&other));
    let said = t.run(&["show", "王"]);
    assert!(said.status == Some(1) && said.err.contains("明月小区1幢102"), "{}", said.err);
    assert_eq!(t.error(1, &["show", "查无此人"])["code"], "not_found");
    assert_eq!(t.json(&["show", "王", "102"])["household"]["id"], other);
}

#[test]
fn an_id_may_begin_with_a_hyphen() {
    let (t, _) = at_work();
    for args in [&["show", "-hAAAAAAAAAAAAAA.1"][..], &["report", "show", "-VAAAAAAAAAAAAAA.1"], &["sign-in", "-jAAAAAAAAAAAAAA.1"]] {
        assert_eq!(t.error(1, args)["code"], "not_found", "{args:?}");
    }
}

#[test]
fn the_roster_is_edited_field_by_field() {
    let (t, household) = at_work();
    let resident = t.json(&["show", &household])["household"]["residents"][0]["id"].as_str().unwrap().to_owned();
    let edit = ["edit", &household, &resident, "电话=13900005678", "relation=户主", "标签=+独居老人,-低保"];
    assert_eq!(t.json(&edit)["value"], resident.as_str());
    assert!(t.text(&edit).contains("内容没有变化"), "the same once more changes nothing");
    t.json(&["edit", &household, "状态=空置", "tenure=出租"]);

    let shown = t.json(&["show", &household])["household"].clone();
    assert_eq!((shown["state"].as_str(), shown["tenure"].as_str()), (Some("vacant"), Some("出租")));
    assert_eq!((shown["residents"][0]["phone"].as_str(), &shown["residents"][0]["tags"]), (Some("13900005678"), &json!(["独居老人"])));

    assert_eq!(t.error(2, &["edit", &household])["code"], "usage");
    assert_eq!(t.error(1, &["edit", &household, "state=asleep"])["code"], "invalid");
    assert_eq!(t.error(1, &["edit", &household, &household, "name=甲"])["code"], "not_found");
    assert_eq!(t.error(1, &["edit", &household, &resident, "birth=1950-02-30"])["code"], "invalid");
}

#[test]
fn a_report_is_raised_in_ones_grid_and_handled_in_steps() {
    let (t, _) = at_work();
    let raised = t.json(&["report", "raise", "路灯不亮", "--detail", "1幢门口", "--urgency", "较急"]);
    let report = raised["value"].as_str().unwrap();
    assert_eq!(t.json(&["report", "list"])[0]["status"], "raised");
    t.json(&["step", report, "受理"]);
    t.json(&["step", report, "feed_back", "--note", "已换灯泡"]);
    assert_eq!(t.error(1, &["step", report, "accept"])["code"], "invalid");
    let shown = t.json(&["report", "show", report]);
    assert_eq!(shown["report"]["status"], "answered");
    assert_eq!(shown["steps"].as_array().unwrap().iter().map(|s| s["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["accept", "feed_back"]);
    let text = t.text(&["report", "show", report]);
    assert!(["路灯不亮", "已反馈", "受理", "已换灯泡"].iter().all(|word| text.contains(word)), "{text}");
    t.json(&["step", report, "close"]);
    assert!(t.text(&["report", "list"]).contains("没有未办结"));
}

#[test]
fn a_closed_report_is_found_and_taken_up_again() {
    let (t, _) = at_work();
    let report = t.json(&["report", "raise", "路灯不亮"])["value"].as_str().unwrap().to_owned();
    let other = t.json(&["report", "raise", "井盖缺失"])["value"].as_str().unwrap().to_owned();
    let ids = |args: &[&str]| -> Vec<String> {
        let list = t.json(&[&["report", "list"][..], args].concat());
        list.as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect()
    };
    t.json(&["step", &report, "反馈", "--note", "已换灯泡"]);
    t.json(&["step", &report, "办结"]);
    assert_eq!(t.error(1, &["step", &report, "办结"])["code"], "invalid", "done is done");
    assert_eq!(ids(&[]), std::slice::from_ref(&other));
    assert_eq!(ids(&["--closed"]), std::slice::from_ref(&report));
    assert_eq!(ids(&["--status", "已办结"]), std::slice::from_ref(&report));
    assert_eq!(ids(&["--all", "--find", "ludeng"]), std::slice::from_ref(&report));
    assert_eq!(ids(&["--all", "--month", "1999-01"]), Vec::<String>::new());
    assert_eq!(t.error(1, &["report", "list", "--month", "1999"])["code"], "invalid");
    assert_eq!(ids(&["--all"]).len(), 2);
    let first = t.json(&["report", "list", "--all", "--limit", "1"])[0].clone();
    let rest = ids(&["--all", "--after", first["key"].as_str().unwrap()]);
    assert!(rest.len() == 1 && rest[0] != first["id"].as_str().unwrap(), "the next page goes on behind the last row: {rest:?}");
    assert!(t.text(&["find", "路灯"]).contains("已办结"));
    assert_eq!(t.json(&["find", "路灯"])[0]["id"], report.as_str());

    // It breaks again: what is said is seen, and it is taken up under its own number, for a reason.
    let error = t.error(1, &["step", &report, "处理", "--note", "又坏了"]);
    assert!(error["zh"].as_str().unwrap().contains("重新办理"), "{error}");
    t.json(&["step", &report, "补充情况", "--note", "又坏了"]);
    assert!(t.text(&["report", "list"]).contains("有新情况"));
    assert_eq!(t.error(1, &["step", &report, "重新办理"])["code"], "invalid");
    t.json(&["step", &report, "重新办理", "--note", "又坏了"]);
    let shown = t.json(&["report", "show", &report])["report"].clone();
    assert_eq!((shown["status"].as_str(), shown["notes_since"].as_i64(), shown["holder"].as_str()), (Some("accepted"), Some(0), Some("community")));
    assert_eq!(ids(&["--closed"]), Vec::<String>::new());
}

#[test]
fn service_is_signed_in_and_out() {
    let (t, _) = at_work();
    let phone = t.phone();
    let (from, until) = (phone.now().unwrap() - 600, phone.now().unwrap() + 3600);
    let activity = json!({"title": "清洁家园", "task": "参加志愿服务", "starts_at": from, "ends_at": until, "places": 1});
    let activity = AddRecord::new("activity", activity);
    let activity = phone.run(activity).unwrap().value.to_string();
    drop(phone);

    t.json(&["claim", &activity]);
    assert_eq!(t.json(&["activities"])[0]["mine"]["outcome"], "provisional");
    assert!(t.text(&["activities"]).contains("待确认") && t.text(&["claims", &activity]).contains("待确认"));
    t.json(&["claim", &activity, "--give-back"]);
    assert_eq!(t.json(&["activities"])[0]["mine"], json!(null));
    assert_eq!(t.json(&["claims", &activity])[0]["outcome"], "released");
    assert_eq!(t.error(1, &["claim", &activity, "--give-back"])["code"], "not_found");

    assert_eq!(t.error(1, &["sign-out"])["code"], "not_found");
    let attendance = t.json(&["sign-in", &activity])["value"].clone();
    assert_eq!(t.json(&["hours"])["served"][0]["flags"], json!(["no_sign_out"]));
    assert!(t.text(&["hours"]).contains("未签退"));
    assert_eq!(t.json(&["sign-out"])["value"], attendance);

    let first = t.json(&["sign-in", &activity])["value"].clone();
    // A double tap is one attendance.
    assert_eq!(t.json(&["sign-in", &activity])["value"], first);
    assert!(t.text(&["sign-in", &activity]).contains("已经签到"));
    let other = AddRecord::new("activity", json!({"title": "义诊", "task": "参加志愿服务", "starts_at": from, "ends_at": until}));
    let other = t.phone().run(other).unwrap().value.to_string();
    t.json(&["sign-in", &other]);
    let error = t.error(1, &["sign-out"]);
    assert_eq!((error["code"].as_str(), error["candidates"].as_array().unwrap().len()), (Some("ambiguous"), 2));
    assert_eq!(t.json(&["sign-out", first.as_str().unwrap()])["value"], first);
    t.json(&["sign-out"]);
    assert_eq!(t.json(&["hours"])["served"].as_array().unwrap().len(), 3);
    // Whoever comes is welcome: no number says how many.
    let all = t.json(&["activities"]);
    let welcome = all.as_array().unwrap().iter().find(|a| a["id"] == other.as_str()).unwrap();
    assert_eq!(welcome["places"], Value::Null);
    assert!(t.text(&["activities"]).contains("0 · 不限"));
}

#[test]
fn without_a_network_everything_is_kept() {
    let (t, _) = at_work();
    let before = t.json(&["status"]);
    assert!(before["unsent"].as_u64().unwrap() >= 3);
    assert_eq!((before["tenants"][0]["tenant"].as_str(), &before["tenants"][0]["synced_at"]), (Some("明月社区"), &Value::Null));
    assert_eq!(t.error(1, &["sync"])["code"], "offline");
    assert_eq!(t.json(&["status"])["unsent"], before["unsent"]);
    let text = t.text(&["status"]);
    assert!(["明月社区", "网格员", "尚未同步"].iter().all(|word| text.contains(word)), "{text}");
    assert_eq!(t.json(&["conflicts"]), json!([]));
    let id = before["tenants"][0]["person"].as_str().unwrap();
    assert_eq!(t.error(1, &["conflicts", "settle", id, "residents/x/phone", "1"])["code"], "not_found");
}

/// A photo of 300×200 pixels.
fn picture() -> Vec<u8> {
    let mut jpeg = Vec::new();
    let pixels: Vec<u8> = (0..200 * 300 * 3u32).map(|n| u8::try_from(n / 900 % 256).unwrap()).collect();
    jpeg_encoder::Encoder::new(&mut jpeg, 90).encode(&pixels, 300, 200, jpeg_encoder::ColorType::Rgb).unwrap();
    jpeg
}

#[test]
fn a_photo_is_added_listed_saved_and_taken_back() {
    let (t, household) = at_work();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    // What a file is called does not matter.
    std::fs::write(file("door.png"), picture()).unwrap();
    let added = t.json(&["photo", "add", &file("door.png"), "--household", &household]);
    let photo = added["value"].as_str().unwrap().to_owned();
    let listed = t.json(&["photo", "list", "--household", &household]);
    assert_eq!(keys(&listed), ["photos", "troubles"]);
    assert_eq!((&listed["photos"][0]["id"], &listed["photos"][0]["width"], &listed["photos"][0]["unsent"]), (&json!(photo), &json!(300), &json!(true)));
    for (to, extra) in [("whole.jpg", None), ("small.jpg", Some("--thumbnail"))] {
        let to = file(to);
        let mut words = vec!["photo", "get", &photo, "--to", &to];
        words.extend(extra);
        t.json(&words);
        assert!(std::fs::read(&to).unwrap().starts_with(&[0xff, 0xd8, 0xff]));
    }
    assert_eq!(t.json(&["photo", "networks"])["networks"], "unmetered");
    t.json(&["photo", "remove", &photo]);
    assert_eq!(t.json(&["photo", "list", "--household", &household])["photos"], json!([]));
    std::fs::write(file("note.jpg"), "no picture").unwrap();
    assert_eq!(t.error(1, &["photo", "add", &file("note.jpg"), "--household", &household])["code"], "invalid");
    assert_eq!(t.run(&["photo", "add", &file("door.png")]).status, Some(2));
}

#[test]
fn grids_units_and_circles_are_added_edited_and_listed() {
    let (t, household) = at_work();
    let added = |words: &[&str]| t.json(words)["value"].as_str().unwrap().to_owned();
    // A micro-grid of the grid, with the household in it; both under a new name.
    let grid = t.json(&["place", "list"])[0]["id"].as_str().unwrap().to_owned();
    let micro = added(&["add", "微网格", "名称=二号楼", &format!("所属网格={grid}")]);
    t.json(&["edit", &household, &format!("网格={micro}")]);
    t.json(&["edit", &micro, "名称=二号楼（南）"]);
    t.json(&["edit", &grid, "名称=南街网格"]);
    let other = added(&["add", "网格", "名称=北街网格"]);
    let list = t.json(&["place", "list"]);
    let seen: Vec<_> =
        list.as_array().unwrap().iter().map(|p| (p["name"].as_str().unwrap(), p["level"].as_str().unwrap(), p["households"].as_i64().unwrap())).collect();
    assert_eq!(seen, [("北街网格", "grid", 0), ("南街网格", "grid", 1), ("二号楼(南)", "micro_grid", 1)]);
    assert_eq!(keys(&list[2]), ["conflict", "grid", "households", "id", "level", "name", "successor", "unsent"]);
    assert_eq!((list[2]["grid"].as_str(), list[0]["id"].as_str()), (Some(grid.as_str()), Some(other.as_str())));
    assert!(t.text(&["show", &household]).contains("南街网格 · 二号楼(南)"));
    // Back to the grid alone.
    t.json(&["edit", &household, &format!("place={grid}")]);
    assert_eq!(t.json(&["place", "list"])[2]["households"], 0);
    assert_eq!(t.error(1, &["add", "微网格", "名称=楼中楼", &format!("所属网格={micro}")])["code"], "invalid");
    assert_eq!(t.error(1, &["add", "网格", "名称=楼中楼", "层级=微网格"])["code"], "invalid");

    let unit = added(&["add", "单位", "类型=部门", "名称=城管中队", "电话=0719-8880000"]);
    t.json(&["edit", &unit, "名称=城管执法中队"]);
    let units = || t.json(&["list", "单位"])["rows"][0]["fields"].clone();
    assert_eq!(units().as_array().unwrap().iter().map(|f| f["text"].as_str().unwrap()).collect::<Vec<_>>(), ["部门", "城管执法中队", "0719-8880000"]);
    t.json(&["edit", &unit, "电话="]);
    assert_eq!(units().as_array().unwrap().len(), 2);
    assert_eq!(t.error(1, &["edit", &unit, "名称= "])["code"], "invalid");
    // What it is to the community stays as it was recorded.
    assert_eq!(t.error(1, &["edit", &unit, "类型=物业、业委会"])["code"], "invalid");
    assert_eq!(t.run(&["edit", &unit]).status, Some(2));

    let circle = added(&["add", "保密圈", "用途=健康", "名称=一号圈"]);
    t.json(&["edit", &circle, "名称=二号圈"]);
    assert_eq!(t.json(&["circle", "list"])[0]["name"], "二号圈");
}

#[test]
fn of_two_communities_one_is_chosen_and_stays_so() {
    let t = Terminal::new();
    let phone = t.phone();
    for tenant in ["明月社区", "清风社区"] {
        t.enrol_in(tenant, &phone, &[("cadre", "community")]);
    }
    drop(phone);
    let asked = t.error(1, &["add", "网格", "名称=一网格"]);
    assert_eq!(asked["code"], "invalid");
    assert!(["明月社区", "清风社区"].iter().all(|name| asked["zh"].as_str().unwrap().contains(name)), "{asked}");
    t.json(&["add", "网格", "名称=一网格", "--tenant", "清风社区"]);
    t.json(&["add", "网格", "名称=二网格"]);
    let status = t.json(&["status"]);
    let chosen: Vec<_> = status["tenants"].as_array().unwrap().iter().map(|t| (t["tenant"].as_str().unwrap(), t["chosen"].as_bool().unwrap())).collect();
    assert_eq!(chosen, [("明月社区", false), ("清风社区", true)]);
    assert!(t.text(&["status"]).contains("当前"));
    assert_eq!(t.error(1, &["place", "list", "--tenant", "别的社区"])["code"], "enrolment");
    assert_eq!(t.json(&["place", "list"]).as_array().unwrap().len(), 2);
}

/// A visit at another time than now.
fn visit_at(at: &str) -> [&str; 6] {
    ["visit", "王秀英", "--result", "已见面", "--at", at]
}

#[test]
fn a_visit_of_yesterday_is_entered_today_and_marked() {
    let (t, household) = at_work();
    let china = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(8));
    let ago = |hours: i64| (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours)).to_zoned(china.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    for (refused, why) in [(ago(-2), "不能晚于现在"), (ago(8 * 24), "7天")] {
        let error = t.error(1, &visit_at(&refused));
        assert!(error["zh"].as_str().unwrap().contains(why), "{error}");
    }
    let yesterday = ago(24);
    t.json(&visit_at(&yesterday));
    let seen = &t.json(&["show", &household])["visits"][0];
    assert_eq!(seen["entered_later"], true);
    assert!(seen["recorded_at"].as_i64().unwrap() - seen["at"].as_i64().unwrap() >= 86_400);
    let text = t.text(&["show", &household]);
    assert!(text.contains(&yesterday) && text.contains("补录于"), "{text}");
}

#[test]
fn what_is_unsent_is_said_in_words_and_taken_back() {
    let (t, household) = at_work();
    let visit = t.json(&["visit", "王秀英", "--result", "已见面"]);
    let page = t.json(&["unsent", "--limit", "2"]);
    let rows = page["rows"].as_array().unwrap();
    assert_eq!((rows[0]["zh"].as_str(), rows[0]["en"].as_str(), rows[0]["title"].as_str()), (Some("走访"), Some("visit"), Some("明月小区1幢101")));
    assert_eq!((&rows[0]["id"], &rows[0]["can_take_back"], &rows[0]["held"]), (&visit["command"], &json!(true), &json!(false)));
    assert_eq!(rows[1]["zh"], "新增居民");
    let more = t.json(&["unsent", "--after", page["next"].as_str().unwrap()]);
    let added = more["rows"][0].clone();
    assert_eq!((added["zh"].as_str(), added["document"].as_str()), (Some("新增住户"), Some(household.as_str())));
    assert!(t.text(&["unsent"]).contains("可收回"));

    // What rests on it is named first.
    let refused = t.error(2, &["take-back", added["id"].as_str().unwrap()]);
    assert!(refused["zh"].as_str().unwrap().contains("走访 明月小区1幢101"), "{refused}");
    assert_eq!(t.json(&["take-back", visit["command"].as_str().unwrap()])["along"], json!([]));
    let taken = t.json(&["take-back", added["id"].as_str().unwrap(), "--yes"]);
    assert_eq!((taken["along"].as_array().unwrap().len(), taken["input"]["fields"]["address"].as_str()), (1, Some("明月小区1幢101")));
    assert_eq!(t.json(&["find", "王秀英"]), json!([]));
    assert_eq!(t.error(1, &["take-back", added["id"].as_str().unwrap()])["code"], "not_found");
}

#[test]
fn a_draft_is_kept_shown_and_dropped() {
    let (t, household) = at_work();
    let about = ["--about", household.as_str()];
    let saved = t.json(&[&["draft", "save", "visit", r#"{"note": "一"}"#][..], &about].concat());
    assert_eq!(t.json(&[&["draft", "save", "visit", r#"{"note": "二"}"#][..], &about].concat())["command"], saved["command"], "the same form");
    let shown = t.json(&[&["draft", "show", "visit"][..], &about].concat());
    assert_eq!((&shown["command"], &shown["body"], shown["about"].as_str()), (&saved["command"], &json!({"note": "二"}), Some(household.as_str())));
    assert_eq!(t.json(&["draft", "list"]).as_array().unwrap().len(), 1);
    assert!(t.text(&["draft", "list"]).contains("visit"));
    assert_eq!(t.error(1, &["draft", "save", "visit", "note"])["code"], "invalid");
    // A photo that was taken before there is a visit.
    let file = t.store().join("../stairs.jpg").display().to_string();
    std::fs::write(&file, picture()).unwrap();
    let first = t.json(&[&["draft", "photo", "visit", &file][..], &about].concat())["photo"].clone();
    let second = t.json(&[&["draft", "photo", "visit", &file][..], &about].concat())["photo"].clone();
    t.json(&["draft", "remove-photo", second.as_str().unwrap()]);
    let shown = t.json(&[&["draft", "show", "visit"][..], &about].concat());
    assert_eq!((shown["photos"].as_array().unwrap().len(), &shown["photos"][0]["id"]), (1, &first));
    assert!(t.text(&[&["draft", "show", "visit"][..], &about].concat()).contains("300×200"));
    let visit = ["visit", &household, "--result", "已见面", "--draft", saved["command"].as_str().unwrap()];
    let recorded = t.json(&visit);
    assert_eq!(t.json(&visit)["value"], recorded["value"], "the same form is one visit");
    let photos = t.json(&["photo", "list", "--visit", recorded["value"].as_str().unwrap()]);
    assert_eq!(photos["photos"].as_array().unwrap().len(), 1);
    assert_eq!(t.json(&["draft", "list"]), json!([]));
    t.json(&[&["draft", "save", "visit", "{}"][..], &about].concat());
    t.json(&[&["draft", "drop", "visit"][..], &about].concat());
    assert_eq!(t.error(1, &[&["draft", "show", "visit"][..], &about].concat())["code"], "not_found");
    assert_eq!(t.json(&["draft", "list"]), json!([]));
}

#[test]
fn what_is_still_so_is_confirmed() {
    let (t, household) = at_work();
    let resident = t.json(&["show", &household])["household"]["residents"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(t.json(&["confirm", &household, "住址"])["value"], household.as_str());
    t.json(&["confirm", &household, &resident, "电话", "tags"]);
    t.json(&["confirm", "王秀英"]);
    assert_eq!(t.json(&["confirm", &household, &resident])["value"], household.as_str());
    assert!(t.text(&["confirm", &household]).contains("已核对"));
    assert!(t.text(&["unsent"]).contains("核对 / confirm"));
    let facts = t.json(&["show", &household, "--facts"]);
    let names: Vec<&str> = facts.as_array().unwrap().iter().map(|fact| fact["path"].as_str().unwrap()).collect();
    assert!(names.contains(&"address") && names.iter().all(|path| !path.contains("confirmed")), "{names:?}");
    assert_eq!(t.error(1, &["confirm", &household, "产权"])["code"], "invalid", "nothing stands there");
    assert_eq!(t.error(1, &["confirm", &household, &household])["code"], "not_found");
}

#[test]
fn goods_move_and_papers_are_issued() {
    let (t, household) = at_work();
    let goods = t.json(&["add", "物资", "物资名称=大米", "计量单位=袋"])["value"].as_str().unwrap().to_owned();
    t.json(&["goods", "move", &goods, "入库", "10", "--donor", "爱心粮油店"]);
    let carried = t.json(&["goods", "move", &goods, "送货上门", "3", "--household", &household])["value"].as_str().unwrap().to_owned();
    assert_eq!(t.error(1, &["goods", "move", &goods, "送货上门", "3"])["code"], "invalid");
    t.json(&["goods", "arrive", &carried, "--signed-by", "王秀英"]);
    t.json(&["goods", "move", &goods, "发放", "9"]);
    let stock = &t.json(&["goods", "list"])[0];
    assert_eq!((stock["balance"].as_i64(), stock["difference"].as_i64()), (Some(0), Some(2)));
    assert!(t.text(&["goods", "list"]).contains("2袋"));
    t.json(&["goods", "settle", &goods, "1", "--reason", "三袋入库未登记"]);
    assert_eq!(t.json(&["goods", "list"])[0]["balance"], 1);
    let moved = t.text(&["goods", "show", &goods]);
    assert!(["爱心粮油店", "王秀英", "盘点"].iter().all(|word| moved.contains(word)), "{moved}");

    let resident = t.json(&["show", &household])["household"]["residents"][0]["id"].as_str().unwrap().to_owned();
    let paper = t.json(&["paper", "issue", "居住证明", &household, &resident, "--purpose", "办理入学"])["value"].as_str().unwrap().to_owned();
    assert!(t.text(&["paper", "list"]).contains("居住证明 待编号"));
    t.json(&["paper", "void", &paper, "--reason", "姓名有误"]);
    assert_eq!(t.json(&["paper", "list"])[0]["void"], true);
}
