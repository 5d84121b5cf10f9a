//! Taking back (收回): a command that never left the phone is as if it had never been run, what rests on it is named, and its id is
//! never used again.

use gridwalk_core::cases::AddStep;
use gridwalk_core::error::ErrorKind;
use gridwalk_core::kinds::COMMANDS;
use gridwalk_core::records::JsonMap;
use gridwalk_core::visits::VisitResult;
use gridwalk_core::{Id, Input, Phone};
use gridwalk_tests::harness::{MORNING, report};
use gridwalk_tests::roster::{AddResident, EditHousehold, EditResident, ResidentField};
use gridwalk_tests::typed::RecordVisit;
use proptest::prelude::*;

use super::lab::{Lab, cases, dump, open, resident};

fn visit(household: Id) -> RecordVisit {
    RecordVisit {
        household,
        result: VisitResult::Met,
        purpose: String::new(),
        note: String::new(),
        minutes: None,
        lat: None,
        lon: None,
        visited_at: None,
        fields: JsonMap::new(),
    }
}

fn tenure(household: Id, text: &str) -> EditHousehold {
    EditHousehold { household, address: None, tenure: Some(text.into()), state: None, visit_every_days: None, position: None, place: None }
}

fn next_counter(phone: &Phone) -> i64 {
    phone.store().read(|c| Ok(c.query_row("SELECT next_counter FROM state", [], |r| r.get(0))?)).unwrap()
}

/// The ids of what waits, newest first, read page by page.
fn unsent(phone: &Phone) -> Vec<Id> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = phone.unsent(after.as_deref(), 3).unwrap();
        ids.extend(page.rows.iter().map(|row| row.id));
        match page.next {
            Some(next) => after = Some(next),
            None => return ids,
        }
    }
}

/// What a step does, given what was made before: kind, on which of them, with which value.
fn input(lab: &Lab, made: &[(u8, Id)], (kind, which, value): (u8, usize, usize)) -> Option<Input> {
    let pick = |wanted: u8| {
        let of: Vec<Id> = made.iter().filter(|(kind, _)| *kind == wanted).map(|(_, id)| *id).collect();
        (!of.is_empty()).then(|| of[which % of.len()])
    };
    Some(match kind {
        0 => lab.household(&format!("{value}幢{which}室"), vec![resident("王秀英", &["低保"])]).into(),
        1 => visit(pick(0)?).into(),
        2 => tenure(pick(0)?, ["租住", "自有", "单位"][value % 3]).into(),
        3 => AddResident { household: pick(0)?, resident: resident("李四", &[]) }.into(),
        4 => {
            let phone = format!("1390000000{}", value % 10);
            EditResident { household: pick(0)?, resident: pick(3)?, set: vec![(ResidentField::Phone, phone)], add_tags: vec![], remove_tags: vec![] }.into()
        }
        5 => report(lab.place, &format!("路灯{value}")).into(),
        _ => AddStep::new(pick(5)?, ["accept", "handle", "feed_back", "close", "note"][value % 5]).note(&format!("第{value}次")).into(),
    })
}

proptest! {
    #![proptest_config(cases(24))]

    /// Of two phones one never runs a command that the other runs and takes back: both hold the same, and what does not apply on the
    /// first is just what was named on the second.
    #[test]
    fn a_command_taken_back_was_never_run(steps in prop::collection::vec((0u8..7, 0usize..4, 0usize..9), 2..14), chosen in 0usize..14) {
        let (ours, theirs) = (Lab::new(&[("低保", 30)]), Lab::new(&[("低保", 30)]));
        let mut made = Vec::new();
        let mut ran: Vec<(i64, i64, Input, Id)> = Vec::new();
        for (n, step) in steps.into_iter().enumerate() {
            let at = MORNING + 5 * i64::try_from(n).unwrap();
            ours.clock.advance_to(at);
            let Some(input) = input(&ours, &made, step) else { continue };
            let counter = next_counter(&ours.phone);
            let Ok(done) = ours.phone.run(input.clone()) else { continue };
            // What changed nothing did nothing: its person was told so, and it does not wait to be sent.
            if !unsent(&ours.phone).contains(&done.command) {
                continue;
            }
            made.push((step.0, done.value));
            ran.push((at, counter, input, done.command));
        }
        prop_assume!(!ran.is_empty());
        let chosen = chosen % ran.len();
        let command = ran[chosen].3;

        let before = (dump(&ours.phone), unsent(&ours.phone));
        let named: Vec<Id> = ours.phone.rests_on(command).unwrap().iter().map(|row| row.id).collect();
        prop_assert_eq!(&(dump(&ours.phone), unsent(&ours.phone)), &before, "asking changes nothing");
        if !named.is_empty() {
            prop_assert_eq!(ours.phone.take_back(command, &[]).unwrap_err().kind(), ErrorKind::Invalid);
            prop_assert_eq!(&(dump(&ours.phone), unsent(&ours.phone)), &before, "refused, it changes nothing");
        }
        prop_assert_eq!(ours.phone.take_back(command, &named).unwrap().along, named.clone());

        let mut fell = Vec::new();
        for (n, (at, counter, input, id)) in ran.into_iter().enumerate() {
            theirs.clock.advance_to(at);
            theirs.phone.store().write(|tx| Ok(tx.execute("UPDATE state SET next_counter = ?1", [counter]).map(drop)?)).unwrap();
            if n != chosen && theirs.phone.run(input).is_err() {
                fell.push(id);
            }
        }
        prop_assert_eq!(fell, named);
        prop_assert_eq!(dump(&ours.phone), dump(&theirs.phone));
        prop_assert_eq!(unsent(&ours.phone), unsent(&theirs.phone));
        prop_assert!(ours.phone.status().unwrap().quarantine.is_empty());
        let rows = dump(&ours.phone);
        ours.phone.rebuild().unwrap();
        prop_assert_eq!(dump(&ours.phone), rows);
    }
}

#[test]
fn an_id_that_was_taken_back_stays_used() {
    let lab = Lab::new(&[]);
    let home = lab.add("1幢1室", vec![]);
    let form = lab.phone.new_command_id().unwrap();
    lab.phone.run_as(form, visit(home)).unwrap();
    let taken = lab.phone.take_back(form, &[]).unwrap();
    assert_eq!((taken.command, taken.input["household"].as_str()), (form, Some(home.to_string().as_str())), "the form can be opened again");
    assert!(lab.phone.visits_of(home, 9).unwrap().is_empty());
    assert_eq!(lab.phone.run_as(form, visit(home)).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(lab.phone.save_draft("visit", Some(home), form, &serde_json::json!({})).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(lab.phone.take_back(form, &[]).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(lab.phone.visits_of(home, 9).unwrap().is_empty());
}

#[test]
fn what_may_have_left_the_phone_is_not_taken_back() {
    let lab = Lab::new(&[]);
    let old = lab.phone.run(lab.household("1幢1室", vec![])).unwrap();
    lab.phone.store().write(|tx| Ok(tx.execute("UPDATE commands SET closed = 1", []).map(drop)?)).unwrap();
    let new = lab.phone.run(tenure(old.value, "租住")).unwrap();
    let rows = lab.phone.unsent(None, 9).unwrap().rows;
    assert_eq!((rows[0].id, rows[0].can_take_back, rows[0].zh.as_str(), rows[0].title.as_str()), (new.command, true, "修改住户", "1幢1室"));
    assert_eq!((rows[1].id, rows[1].can_take_back, rows[1].zh.as_str(), rows[1].en.as_str()), (old.command, false, "新增住户", "add household"));
    assert_eq!(lab.phone.take_back(old.command, &[new.command]).unwrap_err().kind(), ErrorKind::Invalid);
    lab.phone.take_back(new.command, &[]).unwrap();
    assert_eq!(lab.phone.household(old.value).unwrap().tenure, "");
}

#[test]
fn every_command_from_before_the_mark_counts_as_marked() {
    let Lab { dir, phone, clock, .. } = Lab::new(&[]);
    assert!(phone.unsent(None, 9).unwrap().rows.iter().all(|row| row.can_take_back));
    let older = "ALTER TABLE commands DROP COLUMN closed; DROP TABLE taken_back; DROP TABLE drafts; DROP TABLE draft_photos; ALTER TABLE bundles DROP COLUMN handed; DROP TABLE returned; PRAGMA user_version = 1";
    phone.store().write(|tx| Ok(tx.execute_batch(older)?)).unwrap();
    drop(phone);
    let rows = open(dir.path(), 1, &clock).unwrap().unsent(None, 9).unwrap().rows;
    assert!(!rows.is_empty() && rows.iter().all(|row| !row.can_take_back), "{rows:?}");
}

#[test]
fn every_command_has_words() {
    for command in COMMANDS {
        assert!(!command.label.zh.is_empty() && !command.label.zh.is_ascii() && command.label.en.is_ascii() && !command.label.en.is_empty(), "{command:?}");
    }
    let lab = Lab::new(&[]);
    let home = lab.add("1幢1室", vec![]);
    let person = lab.phone.run(AddResident { household: home, resident: resident("王秀英", &[]) }).unwrap().value;
    let set = vec![(ResidentField::Phone, "13900000001".to_owned())];
    lab.phone.run(EditResident { household: home, resident: person, set, add_tags: vec![], remove_tags: vec![] }).unwrap();
    lab.phone.run(visit(home)).unwrap();
    lab.phone.run(report(lab.place, "路灯不亮")).unwrap();
    let page = lab.phone.unsent(None, 4).unwrap();
    let said: Vec<(&str, &str)> = page.rows.iter().map(|row| (row.zh.as_str(), row.title.as_str())).collect();
    assert_eq!(said, [("上报", "路灯不亮"), ("走访", "1幢1室"), ("修改居民", "1幢1室"), ("新增居民", "1幢1室")]);
    assert!(page.next.is_some());
}
