//! Destroying the store and its key; logging out, which sends and names first what would be lost.

use std::fs;

use crate::terminal::Terminal;

#[test]
fn shred_asks_first_and_then_leaves_nothing() {
    let t = Terminal::new();
    t.enrol(&t.phone(), &[("grid_worker", "community")]);
    let before = fs::read(t.store().join("gridwalk.db")).unwrap();
    assert_eq!(t.error(2, &["shred"])["code"], "usage");
    assert_eq!(fs::read(t.store().join("gridwalk.db")).unwrap(), before);
    assert!(t.key_file().exists());

    t.json(&["shred", "--yes"]);
    assert!(!t.key_file().exists());
    assert_eq!(fs::read_dir(t.store()).unwrap().count(), 0);
    assert_eq!(t.error(1, &["shred", "--yes"])["code"], "not_found");
    // A new store with a new key begins from nothing.
    assert_eq!(t.json(&["status"])["tenants"], serde_json::json!([]));
}

#[test]
fn a_store_whose_key_is_missing_is_shredded_too() {
    let t = Terminal::new();
    t.text(&["status"]);
    fs::remove_file(t.key_file()).unwrap();
    assert_eq!(t.error(1, &["status"])["code"], "wrong_key");
    t.json(&["shred", "--yes"]);
    assert_eq!(fs::read_dir(t.store()).unwrap().count(), 0);
}

#[test]
fn logging_out_asks_names_what_would_be_lost_and_then_leaves_nothing() {
    let t = Terminal::new();
    t.enrol(&t.phone(), &[("cadre", "community")]);
    t.json(&["add", "网格", "名称=第一网格"]);
    assert_eq!(t.error(2, &["log-out"])["code"], "usage");
    let error = t.error(1, &["log-out", "--yes"]);
    assert_eq!(error["code"], "unsent");
    assert!(error["zh"].as_str().unwrap().contains("1条未发送的记录"), "{error}");
    assert!(t.key_file().exists() && t.json(&["status"])["unsent"] == 1);
    let out = t.json(&["log-out", "--yes", "--force"]);
    assert_eq!(out["left"]["unsent"], 1, "it says what was lost");
    assert!(!t.key_file().exists());
    assert_eq!(fs::read_dir(t.store()).unwrap().count(), 0);
}
