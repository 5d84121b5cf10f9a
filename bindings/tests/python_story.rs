//! Runs `story.py` and `exits.py`: generated Python drives the built library against a real hub, over HTTP on this machine.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say so at once")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use gridwalk_core::clock::{HostClock, Reading};
use gridwalk_core::identity::SystemRandom;
use gridwalk_core::rules::Role;
use gridwalk_hub::admin::{NewInvite, create_tenant, invite};
use gridwalk_hub::import::import;
use gridwalk_hub::import::mapping::Mapping;
use gridwalk_hub::serve::serve;
use gridwalk_hub::{Hub, Tenant};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// Monday 2 March 2026, 08:30 in China.
const MORNING: i64 = 1_772_411_400;

/// The story's time, kept in a file: the story lets it pass, for the hub and for its phones.
struct StoryClock(PathBuf);

impl HostClock for StoryClock {
    fn read(&self) -> Reading {
        let wall = std::fs::read_to_string(&self.0).unwrap().parse().unwrap();
        Reading { wall, boot: "hub".into(), since_boot: 0 }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_runs_in_generated_python() {
    let people = [("worker", Role::GridWorker, "王芳"), ("cadre", Role::Cadre, "李主任"), ("member", Role::Member, "张志愿")];
    play("story.py", &people).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_every_kind_goes_through_python() {
    let people = [("worker", Role::GridWorker, "王芳"), ("cadre", Role::Cadre, "李主任"), ("second", Role::Cadre, "赵主任")];
    play("exits.py", &people).await;
}

/// Runs a script of Python against a hub with a small community; these people have links there.
async fn play(script: &str, people: &[(&str, Role, &str)]) {
    let stage = tempfile::tempdir().unwrap();
    let clock = stage.path().join("clock");
    std::fs::write(&clock, MORNING.to_string()).unwrap();

    let hub = Hub::open(&stage.path().join("hub"), Arc::new(StoryClock(clock)), Arc::new(SystemRandom)).await.unwrap();
    let tenant = create_tenant(&hub, "wuyan", "五堰社区").await.unwrap();
    for (name, lines) in community() {
        let file = stage.path().join(name);
        std::fs::write(&file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        let imported = import(&hub, &tenant, &file, &Mapping::default(), |_, _| {}).await.unwrap();
        assert_eq!((imported.added, imported.rejected), (lines.len() as u64, 0), "{name}");
    }

    let (listening, address) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let told = |address| listening.send(address).unwrap();
    let serving = tokio::spawn(serve(hub.clone(), SocketAddr::from(([127, 0, 0, 1], 0)), None, told, async { drop(stopped.await) }));
    let address = address.await.unwrap();
    let mut links = serde_json::Map::new();
    for (person, role, name) in people {
        links.insert((*person).to_owned(), link(&hub, &tenant, &address, *role, name).await.into());
    }
    std::fs::write(stage.path().join("links.json"), Value::Object(links).to_string()).unwrap();

    // The hub works on the other threads meanwhile.
    tokio::task::block_in_place(|| {
        let generated = generate(stage.path());
        let mut story = Command::new("python3");
        story.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(script)).arg(generated).arg(stage.path());
        run(story, "python3 is needed to run the story; on Debian: apt install python3");
    });

    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

async fn link(hub: &Hub, tenant: &Tenant, address: &str, role: Role, name: &str) -> String {
    let grid = (role == Role::GridWorker).then(|| "g00".into());
    let new = NewInvite { address: address.into(), role, grid, micro_grid: None, unit: None, name: Some(name.into()), person: None, valid_seconds: 86_400 };
    invite(hub, tenant, &new).await.unwrap().to_string()
}

/// Generates the Python module, beside the library it loads.
fn generate(stage: &Path) -> PathBuf {
    let generated = stage.join("generated");
    let name = format!("{}gridwalk{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    // Cargo built the cdylib for this test, beside its program.
    let library = std::env::current_exe().unwrap().with_file_name(&name);
    let mut bindgen = Command::new(env!("CARGO_BIN_EXE_uniffi-bindgen"));
    // There it finds uniffi.toml, by `cargo metadata`.
    bindgen.current_dir(env!("CARGO_MANIFEST_DIR"));
    bindgen.arg("generate").arg(&library).args(["--language", "python", "--no-format", "--out-dir"]).arg(&generated);
    run(bindgen, "cargo builds uniffi-bindgen for this test");
    std::os::unix::fs::symlink(&library, generated.join(&name)).unwrap();
    generated
}

fn run(mut command: Command, needed: &str) {
    let output = command.output().unwrap_or_else(|e| panic!("{needed} ({e})"));
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{command:?} failed\n{}\n{}", said[0], said[1]);
}

/// A small community, in the form of make.py: three households of one grid, one of another, a report and an activity.
fn community() -> [(&'static str, Vec<Value>); 3] {
    let household = |number: u32, grid: &str, address: &str, lat: f64, name: &str, phone: &str, tags: &[&str]| {
        let id = format!("h{number:05}");
        let resident = json!({"id": format!("{id}-0"), "name": name, "sex": "女", "birth": "1944-05-06", "relation": "户主", "phone": phone, "tags": tags});
        json!({"id": id, "grid": grid, "micro_grid": format!("{grid}-b001"), "address": address, "lat": lat, "lon": 110.78, "tenure": "自有",
               "visit_every_days": 30, "residents": [resident]})
    };
    [
        (
            "households.jsonl",
            vec![
                household(0, "g00", "人民路1号院1栋1单元101室", 32.620, "陈秀兰", "19912345678", &["独居老人", "高龄老人"]),
                household(1, "g00", "人民路1号院1栋1单元102室", 32.621, "刘建国", "19922223333", &[]),
                household(2, "g00", "人民路1号院2栋1单元101室", 32.622, "赵玉珍", "19933334444", &["低保"]),
                household(3, "g01", "公园路2号院1栋1单元101室", 32.630, "孙福", "19944445555", &[]),
            ],
        ),
        (
            "reports.jsonl",
            vec![json!({"id": "r0000", "grid": "g00", "category": "0604", "title": "路灯不亮", "detail": "晚间出行不便。", "lat": 32.62, "lon": 110.78,
                        "at": MORNING - 86_400, "urgency": "一般"})],
        ),
        (
            "activities.jsonl",
            vec![json!({"id": "a000", "day": 0, "grid": "g01", "title": "义诊", "task": "参加志愿服务", "start": MORNING + 1_800, "end": MORNING + 9_000,
                        "places": 30, "members": ["m0001"]})],
        ),
    ]
}
