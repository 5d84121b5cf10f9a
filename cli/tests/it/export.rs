//! Taking data out.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use gridwalk_core::records::AddRecord;
use serde_json::{Value, json};

use crate::terminal::Terminal;

fn with_places(count: usize) -> (Terminal, String) {
    let t = Terminal::new();
    let phone = t.phone();
    t.enrol(&phone, &[("cadre", "community")]);
    let mut last = String::new();
    for i in 0..count {
        last = phone.run(AddRecord::new("place", json!({"name": format!("第{i}网格")}))).unwrap().value.to_string();
    }
    (t, last)
}

#[test]
fn documents_are_exported_as_json_and_automerge() {
    let (t, id) = with_places(3);
    let one = t.json(&["export", &id]);
    assert_eq!((one["kind"].as_str(), one["state"]["name"].as_str()), (Some("place"), Some("第2网格")));
    let all: Vec<Value> = t.text(&["export"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(all.len() == 3 && all.contains(&one));

    let bytes = t.command(&["export", &id, "--automerge"]).output().unwrap().stdout;
    assert_eq!(bytes[..4], [0x85, 0x6f, 0x4a, 0x83], "the magic bytes of every Automerge file");
    let file = t.folder.path().join("one.automerge");
    let said = t.json(&["export", &id, "--automerge", "--out", file.to_str().unwrap()]);
    assert_eq!((std::fs::read(&file).unwrap(), &said["documents"]), (bytes, &1.into()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    let file = t.folder.path().join("all.jsonl");
    assert_eq!(t.json(&["export", "--out", file.to_str().unwrap()])["documents"], 3);
    assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 3);

    assert_eq!(t.error(1, &["export", "AAAAAAAAAAAAAAAA.9"])["code"], "not_found");
    assert_eq!(t.error(1, &["export", "--out", "/nonexistent/x"])["code"], "cannot_write");
    assert_eq!(t.json(&["rebuild"])["documents"], 3);
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let (t, _) = with_places(400);
    let mut child = t.command(&["export"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    drop(out);
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
}
