//! The hub as people run it: through every command, honest and hostile requests, and files with faults, its logs and its errors
//! name nobody.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once, also in its helpers")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use gridwalk_core::households::{AddHousehold, EditResident, NewResident, ResidentField};
use gridwalk_core::identity::{DeviceKey, Invite, SignedHead, SystemRandom};
use gridwalk_core::sync::protocol::{ENROL_PATH, SYNC_PATH, pack};
use gridwalk_core::visits::{RecordVisit, VisitResult};
use gridwalk_core::{Config, Id, Phone};
use gridwalk_tests::logs::naming;
use gridwalk_tests::workload::{Scene, Spec, make};

/// Everything of our own, and what libraries say for debugging.
const LEVELS: &str = "debug,gridwalk_core=trace,gridwalk_hub=trace";

struct Program {
    folder: PathBuf,
    people: BTreeSet<String>,
}

impl Program {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gridwalk-hub"));
        command.env("GRIDWALK_HUB_DATA", self.folder.join("hub")).env("RUST_LOG", LEVELS).args(args);
        command
    }

    /// Runs a command to its end; what it logs and what it says of errors names nobody.
    fn run(&self, args: &[&str], succeeds: bool) -> String {
        let Output { status, stdout, stderr } = self.command(args).output().unwrap();
        let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert_eq!(status.success(), succeeds, "{args:?}: {out}{err}");
        self.check(&args.join(" "), &err);
        out
    }

    fn check(&self, what: &str, text: &str) {
        let lines = naming(text, &self.people);
        assert!(lines.is_empty(), "{what} names someone: {lines:?}");
    }

    fn check_file(&self, file: &Path) {
        self.check(&file.display().to_string(), &String::from_utf8_lossy(&fs::read(file).unwrap()));
    }
}

struct Serving {
    child: Child,
    address: String,
    log: std::thread::JoinHandle<String>,
}

impl Serving {
    fn start(program: &Program) -> Self {
        let mut child = program.command(&["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, address: line.trim().to_owned(), log }
    }

    /// Ends the hub; answers with all that it logged.
    fn stop(mut self) -> String {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap();
        self.log.join().unwrap()
    }

    /// Sends raw bytes and hears the answer.
    fn raw(&self, request: &[u8]) -> String {
        let mut line = TcpStream::connect(self.address.trim_start_matches("http://")).unwrap();
        line.write_all(request).unwrap();
        let mut answer = Vec::new();
        // A hub that hangs up on nonsense has answered too.
        drop(line.read_to_end(&mut answer));
        String::from_utf8_lossy(&answer).into_owned()
    }
}

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

async fn phone(folder: &Path, number: u8, link: &str) -> Phone {
    let phone = Phone::open(Config::new(folder.join(format!("phone-{number}")), [number; 32])).unwrap();
    phone.enrol(&link.parse().unwrap(), None).await.unwrap();
    phone.sync(|_| {}).await.unwrap();
    phone
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
    let invite = |role: &str, name: &str, more: &[&str]| {
        let args = [&["invite", "--address", serving.address.as_str(), "--role", role, "--name", name][..], more].concat();
        hub.run(&args, true).lines().next().unwrap().to_owned()
    };
    // Work, conflicts, refused inputs, wrong codes.
    let a = phone(dir.path(), 1, &invite("grid_worker", "司马光远", &["--grid", "g00", "--qr"])).await;
    let b = phone(dir.path(), 2, &invite("grid_worker", "诸葛小明", &["--grid", "g00"])).await;
    let desk = phone(dir.path(), 3, &invite("cadre", "欧阳静", &[])).await;
    let door = a.today(None, 1).unwrap()[0].household;
    let visit = RecordVisit {
        household: door,
        result: VisitResult::Met,
        purpose: String::new(),
        note: "与欧阳静谈话，电话13987654321".into(),
        minutes: None,
        lat: None,
        lon: None,
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
    hub.run(&["end-role", "--person", &person, "--role", "grid_worker", "--grid", "g00"], true);
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
    hub.run(&["restore", "--from", backup.to_str().unwrap()], true);
    hub.check("the log of acts", &hub.run(&["log"], true));
    hub.check_file(&dir.path().join("hub/revocations.jsonl"));
}
