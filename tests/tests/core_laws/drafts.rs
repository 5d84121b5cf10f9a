//! Drafts: kept for whoever filled the form in, until it is recorded or what it is about is gone; with photos taken before the record
//! exists.

use std::path::Path;

use gridwalk_core::Id;
use gridwalk_core::documents::Audience;
use gridwalk_core::error::ErrorKind;
use gridwalk_core::phone::MAX_DRAFT_BYTES;
use gridwalk_core::rules::Role;
use gridwalk_core::store::PHOTO_FOLDER;
use gridwalk_tests::harness::report;
use gridwalk_tests::pictures::jpeg;
use gridwalk_tests::roster::AddResident;
use gridwalk_tests::typed::AddPerson;
use serde_json::json;

use super::inputs::visit;
use super::lab::{Lab, count, enrol, id_of, open, resident};

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

/// The names of the files in a phone's photo folder.
fn files(dir: &Path) -> usize {
    std::fs::read_dir(dir.join(PHOTO_FOLDER)).map(Iterator::count).unwrap_or_default()
}

#[test]
fn photos_of_a_draft_become_the_records_and_go_with_the_draft() {
    let lab = Lab::new(&[]);
    let home = lab.add("1幢1室", vec![]);
    let ids: Vec<Id> = (0..5).map(|_| lab.phone.new_command_id().unwrap()).collect();
    let (form, first, second) = (ids[0], ids[1], ids[2]);
    let put = |phone: &gridwalk_core::Phone, photo: Id, seed: u64| phone.add_draft_photo("visit", Some(home), photo, &jpeg(600, 400, seed));
    assert_eq!(put(&lab.phone, first, 1).unwrap_err().kind(), ErrorKind::NotFound, "there is no such draft yet");
    lab.phone.save_draft("visit", Some(home), form, &json!({})).unwrap();
    assert_eq!(lab.phone.add_draft_photo("visit", Some(home), first, b"no picture").unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(files(lab.dir.path()), 0);
    put(&lab.phone, first, 1).unwrap();
    put(&lab.phone, first, 1).unwrap();
    let taken = lab.phone.now().unwrap();
    lab.clock.advance(600);
    put(&lab.phone, second, 2).unwrap();
    // Saved again under another id the draft keeps them, and so it does when the app is opened again.
    lab.phone.save_draft("visit", Some(home), ids[3], &json!({"note": "还在"})).unwrap();
    lab.phone.save_draft("visit", Some(home), form, &json!({"note": "还在"})).unwrap();
    let Lab { dir, phone, clock, place, .. } = lab;
    drop(phone);
    let phone = open(dir.path(), 1, &clock).unwrap();
    let draft = phone.draft("visit", Some(home)).unwrap().unwrap();
    assert_eq!(draft.photos.iter().map(|p| (p.id, p.at, p.width)).collect::<Vec<_>>(), [(first, taken, 600), (second, taken + 600, 600)]);
    assert_eq!((phone.drafts().unwrap()[0].photos.len(), files(dir.path())), (2, 4));
    assert!(phone.photo_thumbnail(first).unwrap().is_some_and(|jpeg| jpeg.starts_with(&[0xff, 0xd8])));
    phone.remove_draft_photo(second).unwrap();
    phone.remove_draft_photo(second).unwrap();
    assert_eq!((files(dir.path()), phone.photo_original(second).unwrap_err().kind()), (2, ErrorKind::NotFound));

    // Recorded once, whatever a shell repeats; each photo bears the time when it was taken.
    let visit = phone.run_as(form, visit(home)).unwrap();
    assert_eq!(phone.run_as(form, self::visit(home)).unwrap().value, visit.value);
    let photos = phone.photos_of(visit.value).unwrap();
    assert_eq!(photos.iter().map(|p| (p.at, p.width, p.unsent, p.original_here)).collect::<Vec<_>>(), [(taken, 600, true, true)]);
    assert!(phone.drafts().unwrap().is_empty() && put(&phone, ids[4], 3).is_err());
    assert_eq!((count(&phone, "photos"), count(&phone, "draft_photos"), files(dir.path())), (1, 0, 2));
    // Taken back, the visit takes it along, and the person is told.
    let along: Vec<Id> = phone.rests_on(visit.command).unwrap().iter().map(|row| row.id).collect();
    assert_eq!(along, [first]);
    phone.take_back(visit.command, &along).unwrap();
    assert_eq!((count(&phone, "photos"), files(dir.path())), (0, 0));

    // Dropped with its draft.
    phone.save_draft("report", None, ids[4], &json!({})).unwrap();
    phone.add_draft_photo("report", None, ids[2], &jpeg(600, 400, 4)).unwrap();
    assert_eq!(files(dir.path()), 2);
    phone.drop_draft("report", None).unwrap();
    assert_eq!((count(&phone, "draft_photos"), files(dir.path())), (0, 0));
    phone.run_as(ids[4], report(place, "路灯")).unwrap();
    assert_eq!(count(&phone, "photos"), 0);
}

#[test]
fn a_photo_of_an_entrys_form_is_its_records_and_one_that_fits_nowhere_holds_everything_back() {
    let lab = Lab::new(&[]);
    let home = lab.add("1幢1室", vec![resident("王小明", &[])]);
    let ids: Vec<Id> = (0..4).map(|_| lab.phone.new_command_id().unwrap()).collect();
    lab.phone.save_draft("resident.add", Some(home), ids[0], &json!({})).unwrap();
    lab.phone.add_draft_photo("resident.add", Some(home), ids[1], &jpeg(600, 400, 1)).unwrap();
    lab.phone.run_as(ids[0], AddResident { household: home, resident: resident("王大明", &[]) }).unwrap();
    assert_eq!(lab.phone.photos_of(home).unwrap().len(), 1);
    // A person has no photos: nothing of it is recorded, and the draft waits.
    lab.phone.save_draft("person", None, ids[2], &json!({})).unwrap();
    lab.phone.add_draft_photo("person", None, ids[3], &jpeg(600, 400, 2)).unwrap();
    let before = (lab.commands(), count(&lab.phone, "persons"));
    let add = || AddPerson { kind: "volunteer".into(), name: "甲".into(), place: None };
    assert_eq!(lab.phone.run_as(ids[2], add()).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!((lab.commands(), count(&lab.phone, "persons")), before);
    assert_eq!(lab.phone.drafts().unwrap()[0].photos.len(), 1);
    lab.phone.remove_draft_photo(ids[3]).unwrap();
    lab.phone.run_as(ids[2], add()).unwrap();
    assert_eq!((lab.phone.drafts().unwrap().len(), lab.commands()), (0, before.0 + 1));
}

#[test]
fn a_photo_of_a_draft_is_its_persons_alone() {
    let lab = Lab::new(&[]);
    let home = lab.add("1幢1室", vec![]);
    let ids: Vec<Id> = (0..2).map(|_| lab.phone.new_command_id().unwrap()).collect();
    lab.phone.save_draft("visit", Some(home), ids[0], &json!({})).unwrap();
    lab.phone.add_draft_photo("visit", Some(home), ids[1], &jpeg(600, 400, 1)).unwrap();
    enrol(&lab.phone, id_of(8, 1), Role::Cadre, &Audience::Community);
    assert_eq!(lab.phone.photo_original(ids[1]).unwrap_err().kind(), ErrorKind::NotFound);
    lab.phone.remove_draft_photo(ids[1]).unwrap();
    enrol(&lab.phone, lab.person, Role::Cadre, &Audience::Community);
    assert!(lab.phone.photo_original(ids[1]).unwrap().is_some());
}
