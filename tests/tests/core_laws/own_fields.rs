//! What the rules say of a community's own fields: the shape of their keys, the size of their values and their number, and nothing that
//! a setting says.

use automerge::ReadDoc;
use gridwalk_core::dictionary::own::{MOST, OwnField, is_key};
use gridwalk_core::documents::{Audience, Doc, Value, Writer, change_from_body};
use gridwalk_core::kinds;
use gridwalk_core::rules::{Author, Grant, Refusal, Role, judge};
use gridwalk_core::{Id, Result};
use gridwalk_tests::harness::MORNING;

use super::lab::{actor_of, id_of, stamp};

fn worker(device: u8) -> Author {
    let scope = Audience::Place(id_of(50, 1));
    Author {
        device: actor_of(device).device(),
        devices: vec![actor_of(device).device()],
        person: id_of(60, 1),
        grants: vec![Grant { role: Role::GridWorker, scope }],
    }
}

fn wrote(doc: &mut Doc, device: u8, f: impl FnOnce(&mut Writer<'_>) -> Result<()>) -> automerge::Change {
    let made = doc.write(actor_of(device), &id_of(60, 1).to_string(), &stamp(MORNING), f).unwrap();
    change_from_body(&made.1.unwrap().body).unwrap()
}

fn home() -> Doc {
    let mut doc = Doc::new(kinds::by_name("household").unwrap(), 0).unwrap();
    wrote(&mut doc, 1, |w| {
        let root = w.at_path(&[])?;
        w.put(&root, "address", Value::from("路1号"))?;
        w.put(&root, "place", Value::from(id_of(50, 1)))?;
        let residents = w.at_path(&["residents"])?;
        let resident = w.new_map(&residents, &resident().to_string())?;
        w.put(&resident, "name", Value::from("王秀英"))
    });
    doc
}

fn resident() -> Id {
    id_of(1, 9)
}

/// What the rules say of a change by `device` that sets these fields of the household, or of its resident.
fn set(before: &Doc, device: u8, of_resident: bool, fields: &[(String, Value)]) -> (Doc, std::result::Result<(), Refusal>) {
    let mut after = before.clone();
    let id = resident().to_string();
    let change = wrote(&mut after, device, |w| {
        let path = ["residents", &id];
        let at = w.at_path(if of_resident { &path } else { &[] })?;
        fields.iter().try_for_each(|(key, value)| w.settle(&at, key, value))
    });
    let said = judge(id_of(1, 1), Some(before), &after, &change, &[Audience::Place(id_of(50, 1)), Audience::Desk], &worker(device));
    (after, said)
}

#[test]
fn the_rules_judge_key_size_and_number_alone() {
    let home = home();
    for of_resident in [false, true] {
        let said = |key: &str, value: Value| set(&home, 1, of_resident, &[(key.to_owned(), value)]).1;
        // No setting defines any of these: a verdict does not hang on one.
        for value in [Value::from("文字"), Value::from(7), Value::from(true), Value::Null] {
            assert_eq!(said("x:dogs_2", value), Ok(()));
        }
        let long = format!("x:{}", "a".repeat(40));
        assert_eq!(said(&long, Value::from(1)), Ok(()));
        for key in ["x:Dogs", "x:2dogs", "x:_dogs", "x:养犬", "x:do gs", "x:dogs/cats", "x:x:dogs", &format!("{long}a")] {
            assert_eq!(said(key, Value::from(1)), Err(Refusal::Check), "{key}");
            assert!(!is_key(key));
        }
        assert_eq!(said("x:", Value::from(1)), Err(Refusal::Path));
        assert_eq!(said("x:note", "长".repeat(5_000).as_str().into()), Ok(()), "a note of the longest");
        assert_eq!(said("x:note", "长".repeat(7_000).as_str().into()), Err(Refusal::Check));
        let many: Vec<(String, Value)> = (0..MOST).map(|n| (format!("x:k{n}"), Value::from(1))).collect();
        let (full, all) = set(&home, 1, of_resident, &many);
        assert_eq!(all, Ok(()));
        let one_more = [("x:more".to_owned(), Value::from(1))];
        assert_eq!(set(&full, 1, of_resident, &one_more).1, Err(Refusal::Check));
        // Two phones that each added the last one leave a record that goes on: only a further one is refused.
        let (nearly, _) = set(&home, 1, of_resident, &many[1..]);
        let (mut both, _) = set(&nearly, 1, of_resident, &many[..1]);
        let (other, _) = set(&nearly, 2, of_resident, &one_more);
        both.take_change(other.automerge().get_change_by_hash(&other.heads()[0]).unwrap()).unwrap();
        assert_eq!(set(&both, 1, of_resident, &[("x:k3".to_owned(), Value::from(2))]).1, Ok(()));
        assert_eq!(set(&both, 1, of_resident, &[("x:again".to_owned(), Value::from(2))]).1, Err(Refusal::Check));
    }
}

#[test]
fn a_definition_of_a_newer_gridwalk_is_no_field_here() {
    let read = |text: &str| OwnField::read("household:x:dogs", text);
    assert!(read(r#"{"zh":"养犬","en":"dogs","type":"colour"}"#).is_none() && read("3").is_none() && read("").is_none());
    // What does not say whether it is personal is.
    let own = read(r#"{"zh":"养犬","en":"dogs","type":"number","later":1}"#).unwrap();
    assert!(own.definition.personal && !own.definition.closed && own.of == "household" && own.field.key == "x:dogs");
    assert!(std::ptr::eq(own, read(r#"{"zh":"养犬","en":"dogs","type":"number","later":1}"#).unwrap()), "read once");
}
