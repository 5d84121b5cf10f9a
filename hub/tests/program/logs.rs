//! Through every command, honest and hostile requests, and files with faults, logs and errors of the hub name nobody.

use std::collections::BTreeSet;
use std::fs;

use gridwalk_core::circles::ApproveMember;
use gridwalk_core::identity::{DeviceKey, Invite, SignedHead, SystemRandom};
use gridwalk_core::records::JsonMap;
use gridwalk_core::sync::Network;
use gridwalk_core::sync::protocol::{ENROL_PATH, SYNC_PATH, pack};
use gridwalk_core::visits::VisitResult;
use gridwalk_core::{Config, Id, Phone};
use gridwalk_tests::pictures::jpeg;
use gridwalk_tests::roster::{AddHousehold, EditResident, NewResident, ResidentField};
use gridwalk_tests::typed::{AddCircle, AddMinor, Fact, RecordVisit};
use gridwalk_tests::workload::{Scene, Spec, make};

use crate::program::{Program, Serving, phone};

fn all_names(value: &serde_json::Value, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                match value.as_str().filter(|_| ["name", "phone", "address"].contains(&key.as_str())) {
                    Some(text) if text.chars().count() > 1 => drop(found.insert(text.to_owned())),
                    _ => all_names(value, found),
                }
            }
        }
        serde_json::Value::Array(all) => all.iter().for_each(|v| all_names(v, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_and_no_error_names_anybody() {
    let dir = tempfile::tempdir().unwrap();
    let files = dir.path().join("files");
    make(&Spec { scene: Scene::Standard, households: 60, grids: Some(2), days: 1, seed: 9 }).write(&files).unwrap();
    let mut people: BTreeSet<String> = ["欧阳静", "司马光远", "13987654321", "诸葛小明", "滨河路八号院三栋"].map(str::to_owned).into();
    for file in ["households", "activities", "reports"] {
        for line in fs::read_to_string(files.join(format!("{file}.jsonl"))).unwrap().lines() {
            all_names(&serde_json::from_str(line).unwrap(), &mut people);
        }
    }
    assert!(people.len() > 150, "{}", people.len());
    let hub = Program { folder: dir.path().to_owned(), people };
    let file = |name: &str| files.join(name).to_str().unwrap().to_owned();

    // A community and its files, with faults in them.
    hub.run(&["init", "--tenant", "wuyan", "--name", "五堰社区"], true);
    hub.run(&["import", &file("households.jsonl"), &file("reports.jsonl"), &file("activities.jsonl")], true);
    let faulty = r#"{"id": "x1", "grid": "g00", "address": "滨河路八号院三栋", "residents": [{"id": "r1", "name": "欧阳静", "phone": "13987654321", "birth": "司马光远"}]}
{"id": "x2", "grid": "g00", "address": "滨河路八号院三栋", "residents": "欧阳静"}
{"id": "x3", "欧阳静": "13987654321", "grid
"#;
    fs::write(files.join("faulty.jsonl"), faulty).unwrap();
    let csv = "信件编号,标题,留言时间,内容,写信人\n1,路灯不亮,欧阳静,13987654321,司马光远\n2,,2026-13-45,滨河路八号院三栋,诸葛小明\n";
    fs::write(files.join("letters.csv"), csv).unwrap();
    for name in ["faulty.jsonl", "letters.csv"] {
        hub.check(name, &hub.run(&["import", &file(name)], false));
        hub.check_file(&files.join(format!("{name}.rejects.csv")));
    }
    hub.run(&["import", &file("no-such-file.jsonl")], false);

    let serving = Serving::start(&hub);
    let invite = |role: &str, name: &str, more: &[&str]| serving.invite(&hub, role, name, more);
    // Work, conflicts, refused inputs, wrong codes.
    let a = phone(dir.path(), 1, &invite("grid_worker", "司马光远", &["--grid", "g00", "--qr"])).await;
    let b = phone(dir.path(), 2, &invite("grid_worker", "诸葛小明", &["--grid", "g00"])).await;
    let desk = phone(dir.path(), 3, &invite("cadre", "欧阳静", &[])).await;
    let second = phone(dir.path(), 4, &invite("cadre", "诸葛小明", &[])).await;
    let door = a.today(None, 1).unwrap()[0].household;
    let visit = RecordVisit {
        household: door,
        result: VisitResult::Met,
        purpose: String::new(),
        note: "与欧阳静谈话，电话13987654321".into(),
        minutes: None,
        lat: None,
        lon: None,
        visited_at: None,
        fields: JsonMap::new(),
    };
    a.run(visit).unwrap();
    let resident: Id = a.household(door).unwrap().residents[0].id;
    for (phone, number) in [(&a, "13987654321"), (&b, "13911112222")] {
        let set = vec![(ResidentField::Phone, number.to_owned()), (ResidentField::Name, format!("欧阳静{number}"))];
        phone.run(EditResident { household: door, resident, set, add_tags: vec![], remove_tags: vec![] }).unwrap();
    }
    let mut errors = Vec::new();
    let place: Id = a.household(door).unwrap().place.parse().unwrap();
    let new = |name: &str, phone: &str| AddHousehold {
        place,
        address: "滨河路八号院三栋".into(),
        tenure: "诸葛小明".into(),
        lat: Some(f64::MAX),
        lon: None,
        visit_every_days: Some(u32::MAX),
        residents: vec![NewResident { name: name.into(), phone: phone.into(), birth: "欧阳静".into(), ..NewResident::default() }],
    };
    errors.push(a.run(new("司马光远", "13987654321")).unwrap_err().to_string());
    for phone in [&a, &b, &desk, &a] {
        phone.sync(|_| {}).await.unwrap();
    }
    assert!(!desk.conflicts().unwrap().is_empty());
    let stranger = Phone::open(Config::new(dir.path().join("stranger"), [9; 32])).unwrap();
    let good: Invite = invite("member", "诸葛小明", &[]).parse().unwrap();
    for code in ["欧阳静", "13987654321", "abcdef-欧阳静"] {
        errors.push(stranger.enrol(&Invite { code: code.into(), ..good.clone() }, None).await.unwrap_err().to_string());
    }
    for _ in 0..6 {
        let code = format!("{}-13987654321", good.code.split('-').next().unwrap());
        errors.push(stranger.enrol(&Invite { code, ..good.clone() }, None).await.unwrap_err().to_string());
    }
    errors.push("gridwalk://enrol?hub=https://欧阳静&tenant=13987654321".parse::<Invite>().unwrap_err().to_string());
    errors.iter().for_each(|e| hub.check("an error", e));
    // Hostile requests: names in paths, headers, bodies; signed nonsense.
    for path in [SYNC_PATH, ENROL_PATH, "/欧阳静/13987654321", "/?name=欧阳静&phone=13987654321"] {
        for method in ["POST", "GET", "欧阳静"] {
            let head = format!(
                "{method} {path} HTTP/1.1\r\nhost: 欧阳静\r\nsignature: 欧阳静\r\nsignature-input: 13987654321\r\ncontent-length: 9\r\nconnection: close\r\n\r\n欧阳静"
            );
            hub.check("an answer", &serving.raw(head.as_bytes()));
        }
    }
    let key = DeviceKey::make(&SystemRandom);
    for path in [SYNC_PATH, ENROL_PATH] {
        for body in [b"13987654321".to_vec(), "欧阳静".as_bytes().to_vec(), pack(&"欧阳静13987654321".to_owned()).unwrap()] {
            let now = gridwalk_core::clock::HostClock::read(&gridwalk_core::clock::SystemClock).wall;
            let head = SignedHead::sign(&key, path, &body, now, [7; 9]);
            let fields: String = head.fields().iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let request = format!("POST {path} HTTP/1.1\r\nhost: x\r\n{fields}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
            hub.check("an answer", &serving.raw(&[request.as_bytes(), &body].concat()));
        }
    }

    // Every other command. Lists show people to whoever asks for them; logs never.
    let device = desk.status().unwrap().device;
    let person = a.status().unwrap().tenants[0].person.clone();
    hub.run(&["devices"], true);
    hub.run(&["audit", "--document", &door.to_string()], true);
    hub.run(&["audit", "--document", &person, "--path", "欧阳静"], false);
    let id = |phone: &Phone| phone.status().unwrap().tenants[0].person.clone();
    look_and_erase(&hub, [&a, &desk, &second], door, resident).await;
    // A list for who asks; what stands there is for nobody's terminal.
    hub.run(&["grid", "list"], true);
    hub.run(&["grid", "split", "--from", "g01", "--new", "g09", "--micro-grid", "无", "--worker", "司马光远", "--yes"], false);
    hub.run(&["grid", "stand-in", "--grid", "g00", "--for", "司马光远", "--by", "诸葛小明", "--until", "2099-01-01", "--yes"], false);
    hub.run(&["grid", "stand-in", "--grid", "g00", "--for", &person, "--by", &id(&second), "--until", "2099-01-01", "--yes"], true);
    hub.run(&["grid", "hand-over", "--grid", "g00", "--from", "司马光远", "--to", "欧阳静", "--yes"], true);
    hub.run(&["grid", "merge", "--from", "g01", "--into", "g00", "--yes"], true);
    hub.check("retention", &hub.run(&["retention", "--preview"], true));
    hub.check("retention", &hub.run(&["retention", "--apply"], true));
    hub.check("photos", &hub.run(&["photos"], true));
    hub.run(&["end-role", "--person", &id(&b), "--role", "grid_worker", "--grid", "g00"], true);
    hub.run(&["end-role", "--person", &person, "--role", "cadre"], false);
    invite("micro_grid_lead", "诸葛小明", &["--grid", "g00", "--micro-grid", "g00-b001"]);
    let lead = ["invite", "--address", serving.address.as_str(), "--role", "micro_grid_lead", "--name", "诸葛小明"];
    for wrong in [&["--grid", "g00"][..], &["--grid", "g00", "--micro-grid", "g00-b999"], &["--grid", "g01", "--micro-grid", "g00-b001"]] {
        hub.run(&[&lead[..], wrong].concat(), false);
    }
    hub.run(&["grid", "list"], true);
    hub.run(&["revoke", &device], true);
    hub.run(&["revoke", &device], false);
    hub.check("the phone's word", &desk.sync(|_| {}).await.unwrap_err().to_string());
    hub.run(&["change-key"], true);
    let wrong = files.join("households.jsonl");
    hub.run(&["use-spare", "--key", wrong.to_str().unwrap()], false);
    b.sync(|_| {}).await.unwrap();
    let backup = dir.path().join("backup.db");
    hub.run(&["backup", "--to", backup.to_str().unwrap()], true);
    hub.check("the log of acts", &hub.run(&["log", "--verify"], true));
    hub.check("the log of acts", &hub.run(&["log"], true));
    let log = serving.stop();
    assert!(log.lines().count() > 50 && log.contains("\"audit\"") && log.contains("\"sync\""), "{log}");
    hub.check("the serving hub", &log);
    hub.run(&["restore", "--from", wrong.to_str().unwrap()], false);
    hub.check("restore", &hub.run(&["restore", "--from", backup.to_str().unwrap()], true));
    hub.check("new-epoch", &hub.run(&["new-epoch"], true));
    hub.check("the log of acts", &hub.run(&["log"], true));
    hub.check_file(&dir.path().join("hub/revocations.jsonl"));
    hub.check_file(&dir.path().join("hub/erasures.jsonl"));
}

#[test]
fn a_command_prints_no_log_lines_unless_asked() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Program { folder: dir.path().to_owned(), people: BTreeSet::new() };
    let file = dir.path().join("households.jsonl");
    fs::write(&file, "{\"id\":\"h1\",\"grid\":\"一网格\",\"address\":\"人民路12号\",\"residents\":[]}\n").unwrap();
    let file = file.to_str().unwrap();
    let invite = ["invite", "--address", "http://127.0.0.1:1", "--role", "cadre", "--name", "王书记"];
    for args in [
        &["init", "--tenant", "t", "--name", "测试社区"][..],
        &["import", file],
        &invite,
        &["grid", "list"],
        &["devices"],
        &["retention", "--preview"],
        &["log"],
    ] {
        let said = hub.command(args).env_remove("RUST_LOG").output().unwrap();
        assert!(said.status.success() && !said.stdout.is_empty(), "{args:?}: {said:?}");
        assert_eq!(String::from_utf8(said.stderr).unwrap(), "", "{args:?}");
    }
    // What went wrong is said in words.
    let said = hub.command(&["import", "no-such-file"]).env_remove("RUST_LOG").output().unwrap();
    let text = String::from_utf8(said.stderr).unwrap();
    assert!(!said.status.success() && !text.is_empty() && !text.contains('{'), "{text}");
    // The acts are in the log of acts all the same, and on standard error for who asks.
    assert!(hub.run(&["log"], true).contains("invite"));
    let said = hub.command(&invite).env("RUST_LOG", "info").output().unwrap();
    assert!(String::from_utf8(said.stderr).unwrap().contains("\"audit\""));
}

/// A minor's document and a photo, shown, approved and erased; lists and errors about it have ids alone.
async fn look_and_erase(hub: &Program, [a, desk, second]: [&Phone; 3], door: Id, resident: Id) {
    let [me, boss, other] = [a, desk, second].map(|phone| phone.status().unwrap().tenants[0].person.clone());
    let circle = desk.run(AddCircle { purpose: "minors".into(), name: "一号圈".into(), members: vec![me.parse().unwrap()] }).unwrap().value;
    for phone in [desk, second] {
        phone.sync(|_| {}).await.unwrap();
    }
    second.run(ApproveMember { circle, person: me.parse().unwrap(), approved: true }).unwrap();
    for phone in [second, a, a] {
        phone.sync(|_| {}).await.unwrap();
    }
    let facts = vec![Fact { field: "guardian".into(), text: "欧阳静，13987654321".into() }];
    let minor = a.run(AddMinor { circle, household: door, resident, facts }).unwrap().value.to_string();
    a.take_photo(door, &jpeg(900, 700, 1)).unwrap();
    a.sync(|_| {}).await.unwrap();
    a.sync_photos(Network::Unmetered, |_| {}).await.unwrap();
    let (home, resident) = (door.to_string(), resident.to_string());
    let shown = hub.run(&["show", "--document", &home, "--by", &boss, "--reason", "complaint"], true);
    assert!(shown.contains("欧阳静"), "shown to who asks: {shown}");
    hub.run(&["show", "--document", &minor, "--by", &boss, "--reason", "safety"], false);
    hub.run(&["approve", "--document", &minor, "--by", &boss, "--for", &boss, "--reason", "safety"], false);
    let said = hub.run(&["approve", "--document", &minor, "--by", &other, "--for", &boss, "--reason", "safety"], true);
    let number = said.rsplit("approval ").next().unwrap().split(',').next().unwrap();
    assert!(hub.run(&["show", "--document", &minor, "--by", &boss, "--reason", "safety", "--approval", number], true).contains("13987654321"));
    hub.run(&["show", "--document", &minor, "--by", &me, "--reason", "safety", "--approval", number], false);

    let found = hub.run(&["erase", "--containing", "欧阳静"], true);
    assert!(found.lines().count() > 2, "{found}");
    hub.check("erase --containing", &found);
    let person = ["erase", "--household", home.as_str(), "--resident", resident.as_str()];
    let preview = hub.run(&[&person[..], &["--preview"]].concat(), true);
    assert!(preview.contains("photo 1") && preview.contains("minor 1") && preview.contains("--keep-photos"), "{preview}");
    hub.check("erase --preview", &preview);
    hub.run(&person, false);
    hub.check("erase", &hub.run(&[&person[..], &["--yes"]].concat(), true));
    hub.run(&[&person[..], &["--yes"]].concat(), false);
    hub.check("erase --history", &hub.run(&["erase", "--history", &home, "--yes"], true));
    hub.run(&["erase", "--document", &minor, "--yes"], false);
    hub.check("photos", &hub.run(&["photos"], true));
}
