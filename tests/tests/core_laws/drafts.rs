//! Drafts: kept for whoever filled the form in, until it is recorded or what it is about is gone.

use gridwalk_core::Id;
use gridwalk_core::documents::Audience;
use gridwalk_core::error::ErrorKind;
use gridwalk_core::phone::MAX_DRAFT_BYTES;
use gridwalk_core::rules::Role;
use gridwalk_tests::harness::report;
use serde_json::json;

use super::lab::{Lab, enrol, id_of, open};

#[test]
fn a_draft_survives_until_its_form_is_recorded() {
    let lab = Lab::new(&[]);
    let home = lab.add("1幢1室", vec![]);
    let (form, other) = (lab.phone.new_command_id().unwrap(), lab.phone.new_command_id().unwrap());
    lab.phone.save_draft("visit", Some(home), form, &json!({"note": "一"})).unwrap();
    lab.clock.advance(5);
    lab.phone.save_draft("report", None, other, &json!({"title": "路灯"})).unwrap();
    lab.phone.save_draft("visit", Some(home), form, &json!({"note": "一切都好 \u{2a6a5}"})).unwrap();
    let Lab { dir, phone, clock, place, .. } = lab;
    drop(phone);
    let phone = open(dir.path(), 1, &clock).unwrap();
    let draft = phone.draft("visit", Some(home)).unwrap().unwrap();
    assert_eq!((draft.command, draft.about, draft.body), (form, Some(home), json!({"note": "一切都好 \u{2a6a5}"})));
    let forms = |phone: &gridwalk_core::Phone| phone.drafts().unwrap().into_iter().map(|d| d.form).collect::<Vec<_>>();
    assert_eq!(forms(&phone), ["visit", "report"]);
    // A command that fails leaves it, one that is recorded takes it along; saved again it does not come back.
    assert!(phone.run_as(other, report(place, "")).is_err());
    assert_eq!(forms(&phone).len(), 2);
    phone.run_as(other, report(place, "路灯")).unwrap();
    assert_eq!(forms(&phone), ["visit"]);
    assert_eq!(phone.save_draft("report", None, other, &json!({})).unwrap_err().kind(), ErrorKind::Invalid);
    phone.drop_draft("visit", Some(home)).unwrap();
    phone.drop_draft("visit", Some(home)).unwrap();
    assert!(phone.draft("visit", Some(home)).unwrap().is_none() && forms(&phone).is_empty());
    let large = json!("好".repeat(MAX_DRAFT_BYTES / 3));
    assert_eq!(phone.save_draft("report", None, form, &large).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_draft_is_its_persons_alone() {
    let lab = Lab::new(&[]);
    let home = lab.add("1幢1室", vec![]);
    let ids: Vec<Id> = (0..2).map(|_| lab.phone.new_command_id().unwrap()).collect();
    lab.phone.save_draft("visit", Some(home), ids[0], &json!({"note": "甲"})).unwrap();
    enrol(&lab.phone, id_of(8, 1), Role::Cadre, &Audience::Community);
    assert!(lab.phone.drafts().unwrap().is_empty() && lab.phone.draft("visit", Some(home)).unwrap().is_none());
    lab.phone.save_draft("visit", Some(home), ids[1], &json!({"note": "乙"})).unwrap();
    lab.phone.drop_draft("visit", Some(home)).unwrap();
    enrol(&lab.phone, lab.person, Role::Cadre, &Audience::Community);
    assert_eq!(lab.phone.drafts().unwrap()[0].body, json!({"note": "甲"}));
}

#[test]
fn a_draft_goes_with_a_household_that_was_taken_back_and_stays_where_it_runs_again() {
    let lab = Lab::new(&[]);
    let first = lab.phone.run(lab.household("1幢1室", vec![])).unwrap();
    let second = lab.phone.run(lab.household("1幢2室", vec![])).unwrap();
    let ids: Vec<Id> = (0..3).map(|_| lab.phone.new_command_id().unwrap()).collect();
    lab.phone.save_draft("visit", Some(first.value), ids[0], &json!({})).unwrap();
    lab.phone.save_draft("visit", Some(second.value), ids[1], &json!({})).unwrap();
    lab.phone.save_draft("note", None, ids[2], &json!({"of": [{"household": second.value.to_string()}]})).unwrap();
    lab.phone.take_back(first.command, &[]).unwrap();
    assert_eq!(lab.phone.drafts().unwrap().len(), 2);
    lab.phone.take_back(second.command, &[]).unwrap();
    assert!(lab.phone.drafts().unwrap().is_empty());
    assert_eq!(lab.phone.save_draft("visit", Some(first.value), ids[0], &json!({})).unwrap_err().kind(), ErrorKind::NotFound);
}
