//! What people do: an event becomes a command about something that the phone shows.

use crate::roster::{AddHousehold, AddResident, EditHousehold, EditResident, NewResident, ResidentField};
use crate::typed::{AddActivity, Category, EditPerson, RecordVisit, SetCategories, SetVisitRule};
use gridwalk_core::attendance::{SignIn, SignOut};
use gridwalk_core::cases::AddStep;
use gridwalk_core::claims::{ClaimPlace, GiveBack, my_claim};
use gridwalk_core::conflicts::SettleConflict;
use gridwalk_core::records::JsonMap;
use gridwalk_core::reports::RaiseReport;
use gridwalk_core::visits::VisitResult;
use gridwalk_core::{Id, Input, Phone, Result};

use super::event::Event;
use super::model::Deed;
use super::template::Template;
use super::{circles, given};

/// How many sorts of commands there are.
pub(super) const COMMANDS: usize = 36;

const TAGS: [&str; 3] = ["独居老人", "低保", "残疾人"];
const STATES: [&str; 3] = ["lived_in", "vacant", "moved"];
const PLACES: [(f64, f64); 3] = [(32.65, 110.79), (32.6502, 110.7903), (33.0, 111.0)];

/// A command to give, with the text by which it is found again.
pub struct Choice {
    /// The command.
    pub input: Input,
    /// What it does.
    pub deed: Deed,
    /// Text that only it writes.
    pub token: String,
}

/// The command of `event`, given on `phone` by `person` at `now`, with `much` to say of visits; `None` if there is nothing on the phone that it could be about.
pub fn choose(phone: &Phone, event: &Event, person: Id, template: &Template, now: i64, much: bool) -> Result<Option<Choice>> {
    let (n, value) = (event.number, event.value);
    let token = format!("t{n:04}z");
    let chosen = |input: Input, deed: Deed| Ok(Some(Choice { input, deed, token: token.clone() }));
    let pick = |sql: &str| -> Result<Option<Id>> {
        let all = ids(phone, sql)?;
        Ok(if all.is_empty() { None } else { Some(all[value % all.len()]) })
    };
    let household = || pick("SELECT doc FROM households ORDER BY doc");
    // What is edited are few, so that edits meet and there is something to fold.
    let edited_household = || pick("SELECT doc FROM households ORDER BY doc LIMIT 2");
    let place = || pick("SELECT doc FROM places ORDER BY doc");
    let edit = |household| EditHousehold { household, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: None };
    match event.which % COMMANDS {
        0..=6 => {
            let Some(household) = household()? else { return Ok(None) };
            let result = VisitResult::ALL[value / 7 % VisitResult::ALL.len()];
            let note = if much { format!("{token}，{}", "近况良好。".repeat(390)) } else { token.clone() };
            let visit =
                RecordVisit { household, result, purpose: String::new(), note, minutes: None, lat: None, lon: None, visited_at: None, fields: JsonMap::new() };
            chosen(visit.into(), Deed::Visit(household))
        }
        7 => {
            let Some(place) = place()? else { return Ok(None) };
            let position = PLACES.get(value % 4);
            let new = AddHousehold {
                place,
                address: token.clone(),
                tenure: String::new(),
                lat: position.map(|p| p.0),
                lon: position.map(|p| p.1),
                visit_every_days: (value % 2 == 0).then_some(7 + value as u32 % 50),
                residents: (value % 3 > 0)
                    .then(|| NewResident { name: "住户".into(), tags: vec![TAGS[value % 3].into()], ..NewResident::default() })
                    .into_iter()
                    .collect(),
            };
            chosen(new.into(), Deed::Household)
        }
        8 => {
            let Some(household) = edited_household()? else { return Ok(None) };
            let resident = NewResident { name: token.clone(), tags: vec![TAGS[value % 3].into()], ..NewResident::default() };
            chosen(AddResident { household, resident }.into(), Deed::Resident)
        }
        9 => {
            let Some(household) = edited_household()? else { return Ok(None) };
            chosen(EditHousehold { address: Some(token.clone()), ..edit(household) }.into(), Deed::Edit)
        }
        10 | 11 => {
            let all = pairs(phone, "SELECT doc, entry FROM residents ORDER BY doc, entry LIMIT 2")?;
            if all.is_empty() {
                return Ok(None);
            }
            let (household, resident) = all[value % all.len()];
            let mut edited = EditResident { household, resident, set: vec![], add_tags: vec![], remove_tags: vec![] };
            let token = if event.which % COMMANDS == 10 {
                let number = format!("139{n:08}");
                edited.set.push((ResidentField::Phone, number.clone()));
                number
            } else {
                edited.add_tags.push(token);
                edited.remove_tags.push(TAGS[value % 3].into());
                edited.add_tags[0].clone()
            };
            Ok(Some(Choice { input: edited.into(), deed: Deed::Edit, token }))
        }
        12 => {
            // Of what is told without a grid the hub makes a case under the same title.
            let place = place()?;
            let (title, detail) = if place.is_some() { (token.clone(), String::new()) } else { ("有人反映".to_owned(), token.clone()) };
            let report = RaiseReport { place, category: String::new(), title, detail, urgency: String::new(), lat: None, lon: None, imported: None };
            chosen(report.into(), Deed::Report)
        }
        13..=15 => {
            // Of few, so that the steps of several people meet.
            let Some(report) = pick("SELECT doc FROM reports ORDER BY doc LIMIT 2")? else { return Ok(None) };
            // What fits the status that the phone shows, more often than not.
            let status = texts(phone, &format!("SELECT status FROM reports WHERE doc = '{report}'"))?;
            let fits: &[&str] = match status.first().map_or("", String::as_str) {
                "raised" => &["accept", "feed_back", "accept", "decline"],
                "accepted" => &["handle", "feed_back", "defer", "suspend"],
                "whistled" => &["send_back", "supervise"],
                "dispatched" => &["handle", "feed_back", "return", "take_on", "ask", "return"],
                "handling" => &["close", "feed_back", "suspend", "return", "defer"],
                "suspended" => &["resume"],
                "answered" => &["close", "handle", "verify", "rework"],
                "verified" => &["close"],
                "closed" | "declined" => &["reopen", "note"],
                _ => &["note"],
            };
            let any = ["accept", "decline", "handle", "feed_back", "close", "return", "supervise", "note", "suspend", "resume", "send_back", "reopen"];
            let kind = if value % 5 > 0 { fits[value / 5 % fits.len()] } else { any[value / 5 % any.len()] };
            let step = AddStep::new(report, kind).note(&token);
            let step = match kind {
                "defer" => step.with("amount", "3 working days"),
                "ask" => step.with("assisting", template.unit.to_string()),
                _ => step,
            };
            chosen(step.into(), Deed::Step(report))
        }
        16 => {
            let open = format!("SELECT doc FROM attendances WHERE person = '{person}' AND signed_out_at IS NULL ORDER BY doc");
            if let Some(attendance) = pick(&open)?.filter(|_| value % 3 > 0) {
                return chosen(SignOut::of(attendance).into(), Deed::SignOut(attendance));
            }
            let Some(activity) = pick("SELECT doc FROM activities ORDER BY doc")? else { return Ok(None) };
            chosen(SignIn { activity }.into(), Deed::SignIn)
        }
        17 => {
            let Some(activity) = pick("SELECT doc FROM activities ORDER BY doc")? else { return Ok(None) };
            let standing = phone.store().read(|c| my_claim(c, activity, person))?;
            let input = match standing {
                Some(claim) => GiveBack::of(claim.id).into(),
                None => ClaimPlace::of(activity).into(),
            };
            chosen(input, Deed::Mute)
        }
        18 => match value % 3 {
            0 => {
                let (starts_at, ends_at) = (now, now + 7200);
                let activity = AddActivity { title: token.clone(), task: "志愿".into(), place: None, starts_at, ends_at, places: Some(2) };
                chosen(activity.into(), Deed::Activity)
            }
            1 => {
                let settings = pick("SELECT DISTINCT doc FROM visit_rules ORDER BY doc")?;
                let rules = vec![(token.clone(), 10), (TAGS[value % 3].into(), 10 + value as i64 % 80)];
                if settings.is_none() { Ok(None) } else { chosen(SetVisitRule { settings, rules }.into(), Deed::Edit) }
            }
            _ => {
                let list = pick("SELECT DISTINCT doc FROM categories ORDER BY doc")?;
                let levels = ["环境".into(), "道路".into(), token.clone()];
                let categories = vec![Category { code: format!("c{}", value % 4), levels }];
                if list.is_none() { Ok(None) } else { chosen(SetCategories { list, categories }.into(), Deed::Edit) }
            }
        },
        19 => {
            let (Some(household), Some(place)) = (household()?, pick("SELECT doc FROM places ORDER BY doc DESC")?) else { return Ok(None) };
            chosen(EditHousehold { place: Some(place), tenure: Some(token.clone()), ..edit(household) }.into(), Deed::Edit)
        }
        20 => {
            let mut conflicts = phone.conflicts()?;
            conflicts.sort_by_key(|c| (c.document, c.path.clone()));
            if let Some(c) = conflicts.get(value % conflicts.len().max(1)) {
                let seen: Vec<String> = c.values.iter().map(|v| v.value.clone()).collect();
                return chosen(SettleConflict { document: c.document, path: c.path.clone(), choose: value % seen.len().max(1), seen }.into(), Deed::Mute);
            }
            let own = EditPerson { person, phone: None, unit: None, skills: Some(token.clone()) };
            chosen(own.into(), Deed::Edit)
        }
        // Whoever holds the phone tries: the community whistles, the street dispatches.
        22 | 23 => {
            let Some(report) = pick("SELECT doc FROM reports ORDER BY doc LIMIT 2")? else { return Ok(None) };
            let status = texts(phone, &format!("SELECT status FROM reports WHERE doc = '{report}'"))?;
            let note = token.clone();
            if ["whistled", "dispatched"].contains(&status.first().map_or("", String::as_str)) && value % 4 > 0 {
                let Some(other) = pick("SELECT doc FROM units ORDER BY doc")? else { return Ok(None) };
                let (lead, assisting) = if value % 3 == 0 { (other, vec![template.unit]) } else { (template.unit, vec![]) };
                return chosen(
                    AddStep::new(report, "dispatch")
                        .with("lead", lead.to_string())
                        .with("assisting", assisting.iter().map(ToString::to_string).collect::<Vec<_>>())
                        .note(&note)
                        .into(),
                    Deed::Step(report),
                );
            }
            chosen(AddStep::new(report, "whistle").with("whistle", 1 + value as i64 % 3).note(&note).into(), Deed::Step(report))
        }
        24..=30 => circles::choose(phone, event, person, template, token),
        31..=35 => given::choose(phone, event, person, template, token),
        _ => {
            let Some(household) = edited_household()? else { return Ok(None) };
            let edited = match value % 3 {
                0 => EditHousehold { state: Some(STATES[value / 3 % 3].into()), ..edit(household) },
                1 => EditHousehold { visit_every_days: Some(7 + value as u32 % 60), ..edit(household) },
                _ => EditHousehold { position: Some(PLACES[value / 3 % 3]), ..edit(household) },
            };
            chosen(edited.into(), Deed::Mute)
        }
    }
}

pub(super) fn ids(phone: &Phone, sql: &str) -> Result<Vec<Id>> {
    phone.store().read(|c| Ok(c.prepare(sql)?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?))
}

pub(super) fn texts(phone: &Phone, sql: &str) -> Result<Vec<String>> {
    phone.store().read(|c| Ok(c.prepare(sql)?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?))
}

pub(super) fn pairs(phone: &Phone, sql: &str) -> Result<Vec<(Id, Id)>> {
    phone.store().read(|c| Ok(c.prepare(sql)?.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?))
}
