//! Destroying the store and its key.

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
