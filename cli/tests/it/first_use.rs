//! Before and at enrolment: the store, its key, and what may be done.

use std::fs;

use crate::terminal::Terminal;

#[test]
fn a_phone_that_is_not_enrolled_says_how_to_enrol() {
    let t = Terminal::new();
    for args in [&["today"][..], &["find", "王"], &["sync"], &["export"], &["hours"], &["visit", "王", "--result", "met"]] {
        let error = t.error(1, args);
        assert_eq!(error["code"], "enrolment", "{args:?}");
        assert!(error["zh"].as_str().unwrap().contains("入网"));
    }
    assert!(!t.store().exists() && !t.key_file().exists(), "only status and enrol make a store");

    let status = t.json(&["status"]);
    assert_eq!(status["tenants"], serde_json::json!([]));
    assert_eq!(status["unsent"], 0);
    assert!(t.text(&["status"]).contains("尚未入网"));
    assert_eq!(t.error(1, &["today"])["code"], "enrolment", "a store without a community is not enrolled either");
}

#[test]
fn a_bad_link_is_refused_before_anything_is_made() {
    let t = Terminal::new();
    let said = t.run(&["enrol", "gridwalk://enrol?code=secret"]);
    assert_eq!(said.status, Some(1));
    assert!(said.err.contains("入网链接") && said.err.contains("enrolment link"), "{}", said.err);
    assert!(!said.err.contains("secret") && said.out.is_empty());
    assert_eq!(t.error(1, &["enrol", "nonsense"])["code"], "invalid");
    assert!(!t.store().exists() && !t.key_file().exists());
}

#[cfg(unix)]
#[test]
fn the_key_file_is_made_once_and_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let t = Terminal::new();
    let said = t.run(&["status"]);
    let key = fs::read(t.key_file()).unwrap();
    assert_eq!(fs::metadata(t.key_file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(key.len(), 32);
    let hex: String = key.iter().map(|b| format!("{b:02x}")).collect();
    assert!(!said.out.contains(&hex) && !said.err.contains(&hex), "a key is never printed");

    t.text(&["status"]);
    assert_eq!(fs::read(t.key_file()).unwrap(), key);

    fs::set_permissions(t.key_file(), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(t.run(&["status"]).err.contains("chmod 600"));
}

#[test]
fn a_key_may_be_hex_and_lie_elsewhere() {
    let t = Terminal::new();
    t.text(&["status"]);
    let hex: String = fs::read(t.key_file()).unwrap().iter().map(|b| format!("{b:02X}")).collect();
    let elsewhere = t.folder.path().join("elsewhere.hex");
    fs::write(&elsewhere, hex + "\n").unwrap();
    fs::remove_file(t.key_file()).unwrap();
    t.text(&["status", "--key-file", elsewhere.to_str().unwrap()]);
    let said = t.command(&["status"]).env("GRIDWALK_KEY_FILE", &elsewhere).output().unwrap();
    assert!(said.status.success());
}

#[test]
fn a_wrong_or_missing_key_opens_nothing_and_harms_nothing() {
    let t = Terminal::new();
    let device = t.json(&["status"])["device"].clone();
    let key = fs::read(t.key_file()).unwrap();

    fs::write(t.key_file(), [1; 32]).unwrap();
    assert_eq!(t.error(1, &["status"])["code"], "wrong_key");
    fs::write(t.key_file(), "not a key").unwrap();
    assert_eq!(t.error(1, &["status"])["code"], "wrong_key");
    fs::remove_file(t.key_file()).unwrap();
    assert_eq!(t.error(1, &["status"])["code"], "wrong_key");
    assert!(!t.key_file().exists(), "a new key would hide that the real one is missing");

    fs::write(t.key_file(), key).unwrap();
    assert_eq!(t.json(&["status"])["device"], device);
}

#[test]
fn a_folder_that_cannot_be_written_is_said_so() {
    let t = Terminal::new();
    fs::write(t.store(), "a file, not a folder").unwrap();
    assert_eq!(t.error(1, &["status"])["code"], "cannot_write");
}
