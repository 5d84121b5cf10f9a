//! What the hub refused: shown with its reason, and run again.

use gridwalk_core::records::AddRecord;
use gridwalk_core::sync::protocol::VerdictCode;
use serde_json::json;

use crate::terminal::Terminal;

/// A phone whose visit the hub refused, and the refused record's id.
fn with_refused_visit() -> (Terminal, String) {
    let t = Terminal::new();
    let phone = t.phone();
    t.enrol(&phone, &[("cadre", "community")]);
    let place = phone.run(AddRecord::new("place", json!({"name": "第一网格"}))).unwrap().value.to_string();
    t.json(&["add", "住户", "住址=明月小区1幢101", &format!("网格={place}")]);
    assert_eq!(t.sync(&phone, VerdictCode::Taken, None).sent, 2);
    t.json(&["visit", "明月", "--result", "met", "--note", "一切都好"]);
    assert_eq!(t.sync(&phone, VerdictCode::Refused, Some("outside_scope")).refused, 1);
    drop(phone);
    let id = t.json(&["status"])["quarantine"][0]["id"].as_str().unwrap().to_owned();
    (t, id)
}

#[test]
fn a_refused_visit_is_shown_with_its_reason_and_can_be_resubmitted() {
    let (t, id) = with_refused_visit();
    let status = t.json(&["status"]);
    let refused = &status["quarantine"][0];
    assert_eq!((refused["command"].as_str(), refused["reason"].as_str()), (Some("visits.record"), Some("outside_scope")));
    assert_eq!(refused["input"]["note"], "一切都好");
    assert!(status["tenants"][0]["synced_at"].is_i64());
    let text = t.text(&["status"]);
    assert!(["走访", "不在您负责的范围内", "outside_scope"].iter().all(|word| text.contains(word)), "{text}");
    assert_eq!(t.json(&["show", "明月"])["visits"], json!([]));

    t.json(&["resubmit", &id]);
    let status = t.json(&["status"]);
    assert_eq!((&status["quarantine"], &status["unsent"]), (&json!([]), &json!(1)));
    assert_eq!(t.json(&["show", "明月"])["visits"][0]["note"], "一切都好");
    assert_eq!(t.error(1, &["resubmit", &id])["code"], "not_found");
}

#[test]
fn a_refused_visit_is_given_up_only_when_the_person_says_so() {
    let (t, id) = with_refused_visit();
    assert_eq!(t.error(2, &["give-up", &id])["code"], "usage");
    assert_eq!(t.json(&["status"])["quarantine"][0]["id"], id.as_str());
    t.json(&["give-up", &id, "--yes"]);
    assert_eq!(t.json(&["status"])["quarantine"], json!([]));
    assert_eq!(t.error(1, &["give-up", &id, "--yes"])["code"], "not_found");
}
