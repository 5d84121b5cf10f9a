use std::process::Command;

use super::*;

const FILES: [&str; 4] = ["households.jsonl", "reports.jsonl", "activities.jsonl", "day.jsonl"];

/// 40 households, 2 grids: what `make.py OUT --households 40 --grids 2` makes.
fn small() -> Spec {
    Spec { households: 40, grids: Some(2), ..Spec::default() }
}

fn written(spec: &Spec) -> [Vec<u8>; 4] {
    let dir = tempfile::tempdir().unwrap();
    make(spec).write(dir.path()).unwrap();
    FILES.map(|name| fs::read(dir.path().join(name)).unwrap())
}

/// FNV-1a: enough to see that bytes changed.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[test]
fn the_bytes_stay_the_same() {
    let files = written(&small());
    let first = [
        r#"{"id":"h00000","grid":"g00","micro_grid":"g00-b001","address":"人民路1号院1栋1单元101室","lat":32.620041,"lon":110.780001,"tenure":"租赁","visit_every_days":90,"residents":[{"id":"h00000-0","name":"汪红琴","sex":"男","birth":"1954-02-11","relation":"户主","phone":"19900080636","tags":["养犬","独居老人"]}]}"#,
        r#"{"id":"r0000","grid":"g00","category":"0701","title":"消防隐患","detail":"家中无人，已在门上张贴联系卡。位于单元门口，影响老人通行，建议尽快处理。","lat":32.621931,"lon":110.783894,"at":1771725600,"urgency":"一般"}"#,
        r#"{"id":"a000","day":0,"grid":"g01","title":"维护和谐稳定·理发","task":"参加志愿服务","start":1772413200,"end":1772416800,"places":30,"members":["m0004","m0039","m0041","m0083","m0166","m0178","m0183","m0193","m0227","m0237","m0263","m0327","m0404","m0432","m0448","m0465","m0531","m0539","m0551","m0634","m0689","m0834","m0835","m0857","m0858"]}"#,
        r#"{"op":"visit","by":"w00","grid":"g00","at":1772411477,"household":"h00017","purpose":"应急排查","result":"拒访","note":"反映楼道灯损坏，晚间出行不便，已登记上报。","lat":32.620042,"lon":110.780002,"minutes":8}"#,
    ];
    for (file, first) in files.iter().zip(first) {
        let text = str::from_utf8(file).unwrap();
        assert_eq!(text.lines().next(), Some(first));
    }
    // the hashes of what make.py wrote
    assert_eq!(files.map(|file| hash(&file)), [0x3b14_9205_d14a_042b, 0xcecf_823c_7978_64cf, 0x141f_f35d_2f05_e9d0, 0xcf00_2a42_8c10_979a]);
}

#[test]
fn what_is_written_can_be_read() {
    let Community { households, reports, activities, day } = make(&small());
    let files = written(&small());
    assert_eq!(rows::<Household>(&files[0]), households);
    assert_eq!(rows::<Report>(&files[1]), reports);
    assert_eq!(rows::<Activity>(&files[2]), activities);
    assert_eq!(rows::<Operation>(&files[3]), day);
    for op in &day {
        assert_eq!(serde_json::to_value(op).unwrap()["op"], op.op());
    }
}

fn rows<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Vec<T> {
    serde_json::Deserializer::from_slice(bytes).into_iter().collect::<Result<_, _>>().unwrap()
}

#[test]
fn scenes_have_names() {
    for (scene, name) in [(Scene::Standard, "standard"), (Scene::Today, "today"), (Scene::Team, "team")] {
        assert_eq!(scene.to_string(), name);
        assert_eq!(name.parse(), Ok(scene));
    }
    assert!("Team".parse::<Scene>().is_err());
}

#[test]
fn make_py_makes_the_same_bytes() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/workload/make.py");
    let python = Command::new("python3").arg("--version").output();
    if !script.exists() || !python.is_ok_and(|output| output.status.success()) {
        // not `eprintln!`, which the test runner hides when a test passes
        writeln!(io::stderr(), "notice: make.py or python3 is absent, so the workload was not compared").unwrap();
        return;
    }
    let specs = [
        Spec::default(),
        Spec { scene: Scene::Today, households: 400, ..Spec::default() },
        // grids both below and above the size at which CPython samples in another way, and a seed of two words
        Spec { scene: Scene::Team, households: 400, grids: Some(5), days: 2, seed: 1 << 40 },
        Spec { scene: Scene::Team, households: 4000, seed: 0, ..Spec::default() },
    ];
    for spec in specs {
        let dir = tempfile::tempdir().unwrap();
        let mut make_py = Command::new("python3");
        make_py.arg(&script).arg(dir.path());
        make_py.args(["--scene", &spec.scene.to_string(), "--households", &spec.households.to_string()]);
        make_py.args(["--days", &spec.days.to_string(), "--seed", &spec.seed.to_string()]);
        if let Some(grids) = spec.grids {
            make_py.args(["--grids", &grids.to_string()]);
        }
        let output = make_py.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for (name, ours) in FILES.iter().zip(written(&spec)) {
            // not `assert_eq!`, which would print megabytes
            assert!(fs::read(dir.path().join(name)).unwrap() == ours, "{name} differs for {spec:?}");
        }
    }
}
