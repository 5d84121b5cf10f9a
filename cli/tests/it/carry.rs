//! Unsent work by other hands: written to a file, taken in, handed over on the same network.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use gridwalk_core::records::AddRecord;
use serde_json::{Value, json};

use crate::terminal::Terminal;

/// An enrolled phone, with one unsent record if asked for.
fn enrolled(unsent: bool) -> Terminal {
    let t = Terminal::new();
    let phone = t.phone();
    t.enrol(&phone, &[("cadre", "community")]);
    if unsent {
        phone.run(AddRecord::new("place", json!({"name": "第一网格"}))).unwrap();
    }
    t
}

#[test]
fn unsent_work_goes_into_a_file_and_onto_another_phone_once() {
    let (a, b) = (enrolled(true), enrolled(false));
    let file = a.folder.path().join("work.carry");
    let file = file.to_str().unwrap();
    let written = a.json(&["carry", "export", file]);
    assert_eq!((&written["envelopes"], written["bytes"].as_u64().unwrap()), (&json!(1), std::fs::metadata(file).unwrap().len()));
    assert_eq!(a.json(&["status"])["unsent"], 1);
    assert_eq!(b.json(&["carry", "import", file])["kept"], 1);
    assert_eq!(b.json(&["carry", "import", file])["known"], 1);
    assert_eq!(b.json(&["status"])["carried"]["waiting"], 1);
    assert!(b.text(&["status"]).contains("代送"));
    assert_eq!(b.error(1, &["carry", "export", file])["code"], "not_found");
    assert_eq!(b.error(1, &["carry", "receipts", file])["code"], "not_found");
    // Vouching needs a reason, and a reason is for vouching.
    assert_eq!(b.error(2, &["carry", "import", file, "--vouch"])["code"], "usage");
    assert_eq!(b.error(2, &["carry", "import", file, "--reason", "核对过"])["code"], "usage");
    assert_eq!(b.json(&["carry", "import", file, "--vouch", "--reason", "核对过"])["known"], 1);
    std::fs::write(file, "gridwalk carry 1\nnot that").unwrap();
    assert_eq!(b.error(1, &["carry", "import", file])["code"], "malformed");
}

#[test]
fn a_phone_that_listens_shows_where_and_takes_what_is_handed_over() {
    let (a, b) = (enrolled(true), enrolled(false));
    let mut listening = b.command(&["carry", "listen", "--once", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(listening.stdout.take().unwrap()).lines();
    let shown: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    let link = shown["link"].as_str().unwrap();
    assert_eq!(link, format!("gridwalk://carry?to={}&code={}", shown["address"].as_str().unwrap(), shown["code"].as_str().unwrap()));
    assert_eq!(a.error(2, &["carry", "send", shown["address"].as_str().unwrap()])["code"], "usage");
    assert_eq!(a.json(&["carry", "send", link])["handed"], 1);
    let received: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(received["kept"], 1);
    assert!(listening.wait().unwrap().success());
    assert_eq!(b.json(&["status"])["carried"]["waiting"], 1);
    // People see a QR code above it.
    let mut listening = b.command(&["carry", "listen", "--once"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(listening.stdout.take().unwrap()).lines().map(|line| line.unwrap());
    let screen: Vec<String> = lines.by_ref().take_while(|line| !line.contains("配对码")).collect();
    assert!(screen.len() > 10 && screen.iter().all(|line| line.contains(['█', '▀', '▄'])), "{screen:?}");
    let again = lines.next().unwrap();
    assert_eq!(a.json(&["carry", "send", again.trim()])["known"], 1);
    assert!(listening.wait().unwrap().success());
    // Nobody listens any more.
    assert_eq!(a.error(1, &["carry", "send", link])["code"], "offline");
}
