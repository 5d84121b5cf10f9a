//! Confidential circles in a history: who is entered and leaves, and what is written in them.

use crate::typed::{AddCircle, AddHealth, AddMediation, AddMinor, AddSession, AgreeMediation, EditHealth, EditMinor, Fact};
use gridwalk_core::circles::{ApproveMember, SetMember};
use gridwalk_core::{Id, Input, Phone, Result};

use super::act::{COMMANDS, Choice, ids, pairs, texts};
use super::event::Event;
use super::model::Deed;
use super::template::Template;

const PURPOSES: [&str; 3] = ["health", "minors", "mediation"];

/// The command of `event` on a circle or in one, given on `phone` by `person`; `None` if there is nothing on the phone that it could be about.
pub fn choose(phone: &Phone, event: &Event, person: Id, template: &Template, token: String) -> Result<Option<Choice>> {
    let value = event.value;
    let somebody = |skip: usize| {
        let others: Vec<Id> = template.persons.iter().copied().filter(|p| *p != person).collect();
        others[(value / 5 + skip) % others.len()]
    };
    let chosen = |input: Input, deed: Deed| Ok(Some(Choice { input, deed, token: token.clone() }));
    let one = |all: Vec<Id>| if all.is_empty() { None } else { Some(all[value % all.len()]) };
    // Of few, so that what several people do meets.
    let circle = one(ids(phone, "SELECT doc FROM circles ORDER BY doc LIMIT 3")?);
    let facts = |field: &str| vec![Fact { field: field.into(), text: token.clone() }];
    match event.which % COMMANDS {
        24 => {
            let add = AddCircle { purpose: PURPOSES[value % 3].into(), name: token.clone(), members: vec![somebody(0), somebody(1)] };
            chosen(add.into(), Deed::Circle)
        }
        25 => {
            let Some(circle) = circle else { return Ok(None) };
            chosen(SetMember { circle, person: somebody(0), member: !value.is_multiple_of(3) }.into(), Deed::Mute)
        }
        26 => {
            let Some(circle) = circle else { return Ok(None) };
            let entered = pairs(phone, &format!("SELECT doc, entry FROM circle_members WHERE doc = '{circle}' AND member ORDER BY entry"))?;
            let Some((_, person)) = entered.get(value % entered.len().max(1)).copied() else { return Ok(None) };
            chosen(ApproveMember { circle, person, approved: !value.is_multiple_of(5) }.into(), Deed::Mute)
        }
        // What this person reads, else any: the phone refuses what is not theirs to write.
        which => {
            let open = format!("SELECT m.doc FROM circle_members m WHERE m.entry = '{person}' AND m.reads ORDER BY m.doc");
            let Some(circle) = one(ids(phone, &open)?).or(circle) else { return Ok(None) };
            let purpose = texts(phone, &format!("SELECT purpose FROM circles WHERE doc = '{circle}'"))?;
            let purpose = purpose.first().map_or("", String::as_str);
            let residents = pairs(phone, "SELECT doc, entry FROM residents ORDER BY doc, entry LIMIT 3")?;
            let about = residents.get(value / 3 % residents.len().max(1)).copied();
            let edits = which > 28;
            match (purpose, about) {
                ("mediation", _) => {
                    let Some(mediation) = one(ids(phone, "SELECT doc FROM mediations ORDER BY doc LIMIT 2")?).filter(|_| which > 27) else {
                        let report = one(ids(phone, "SELECT doc FROM reports ORDER BY doc")?).filter(|_| value.is_multiple_of(2));
                        let none = String::new;
                        let add = AddMediation { circle, report, parties: none(), matter: token.clone(), place: none(), note: none() };
                        return chosen(add.into(), Deed::Confidential);
                    };
                    if edits && value.is_multiple_of(2) {
                        return chosen(AgreeMediation { mediation, agreement: token.clone(), agreed_at: None, due_at: None }.into(), Deed::Edit);
                    }
                    let agreed = ids(phone, &format!("SELECT doc FROM mediations WHERE doc = '{mediation}' AND agreement <> ''"))?;
                    let kept = (!agreed.is_empty()).then_some(!value.is_multiple_of(3));
                    chosen(AddSession { mediation, kept, held_at: None, note: token.clone() }.into(), Deed::Confidential)
                }
                ("health", Some((household, resident))) => match one(ids(phone, "SELECT doc FROM health ORDER BY doc LIMIT 2")?).filter(|_| edits) {
                    Some(health) => chosen(EditHealth { health, facts: facts("medication") }.into(), Deed::Edit),
                    None => chosen(AddHealth { circle, household, resident, facts: facts("note") }.into(), Deed::Confidential),
                },
                ("minors", Some((household, resident))) => match one(ids(phone, "SELECT doc FROM minors ORDER BY doc LIMIT 2")?).filter(|_| edits) {
                    Some(minor) => chosen(EditMinor { minor, facts: facts("school") }.into(), Deed::Edit),
                    None => chosen(AddMinor { circle, household, resident, facts: facts("note") }.into(), Deed::Confidential),
                },
                _ => Ok(None),
            }
        }
    }
}
