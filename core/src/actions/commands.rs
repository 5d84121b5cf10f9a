//! Which commands with behaviour of their own are in place, kind by kind.

use super::ActionView;
use super::asking::Asking;
use crate::attendance::open_attendances;
use crate::circles::Purpose;
use crate::claims::my_claim;
use crate::documents::Audience;
use crate::error::Result;
use crate::goods::Way;
use crate::kinds;
use crate::photos::document::RECORDS;
use crate::reports::{STEPS, Status, StepKind};
use crate::rules::Role;
use crate::rules::table::{self, DESK, PEOPLE, PHOTOGRAPHERS, ROSTER, WINDOW};

/// Adds those that the person may do to the record.
pub(super) fn add(asking: &Asking<'_>, all: &mut Vec<ActionView>) -> Result<()> {
    match asking.kind.name {
        "household" => {
            // A visit is read and made by whoever reaches the household.
            let begins = kinds::by_name("visit").is_some_and(|visit| visit.rows().iter().any(|row| asking.has(row.roles)));
            all.extend(begins.then(|| ActionView::of("visits.record")));
            // A paper lies at the desk alone.
            all.extend(asking.has_over(&[Audience::Desk], WINDOW).then(|| ActionView::of("papers.issue")));
        }
        "report" => steps(asking, all)?,
        "activity" => activity(asking, all)?,
        "attendance" => {
            let own = asking.at_desk() || asking.text("person") == asking.person.to_string();
            let open = asking.int("signed_out_at").is_none() && asking.has(PEOPLE);
            all.extend((own && open).then(|| ActionView::of("attendance.sign_out")));
        }
        "claim" => {
            let own = asking.at_desk() || asking.text("person") == asking.person.to_string();
            let stands = asking.int("given_back") != Some(1) && asking.has(PEOPLE);
            all.extend((own && stands).then(|| ActionView::of("claims.give_back")));
        }
        "goods" => {
            all.extend(asking.has(DESK).then(|| ActionView::of("goods.settle")));
            // A movement is its recorder's own document.
            let moves = asking.has_over(&[Audience::Person(asking.person), Audience::Desk], ROSTER);
            all.extend(moves.then(|| ActionView::of("goods.move")));
        }
        "movement" => {
            let is_under_way = asking.text("way") == Way::Carried.code() && asking.int("arrived_at").is_none();
            all.extend((is_under_way && asking.has(ROSTER)).then(|| ActionView::of("goods.arrive")));
        }
        "paper" => all.extend((asking.int("void") != Some(1) && asking.has(WINDOW)).then(|| ActionView::of("papers.void"))),
        "photo" => {
            let own = asking.at_desk() || asking.text("by") == asking.person.to_string();
            let stands = asking.int("removed") != Some(1) && asking.has(PHOTOGRAPHERS);
            all.extend((own && stands).then(|| ActionView::of("photos.remove")));
        }
        "circle" => {
            all.extend(asking.has(DESK).then(|| ActionView::of("circles.member")));
            let approves = Purpose::parse(asking.text("purpose")) == Some(Purpose::Minors) && asking.has(&[Role::Cadre]);
            all.extend(approves.then(|| ActionView::of("circles.approve")));
        }
        "settings" if asking.has(DESK) => all.extend(["settings.retention", "settings.calendar", "settings.field"].map(ActionView::of)),
        _ => {}
    }
    if RECORDS.contains(&asking.kind.name) && asking.has(PHOTOGRAPHERS) {
        all.push(ActionView::of("photos.take"));
    }
    Ok(())
}

/// The steps that lead on from where a report stands.
fn steps(asking: &Asking<'_>, all: &mut Vec<ActionView>) -> Result<()> {
    let status = Status::parse(asking.text("status"));
    let raised_by_them = asking.by()? == Some(asking.person);
    for (kind, step) in StepKind::ALL.into_iter().zip(STEPS) {
        let repeats = matches!((kind, status), (StepKind::Close, Status::Closed) | (StepKind::Decline, Status::Declined));
        if kind.leads(status).is_none() || repeats && asking.int("notes_since") == Some(0) || kind == StepKind::Settled {
            continue;
        }
        let roles = table::STEPS.iter().find(|(code, _)| *code == step.code).map_or(&[][..], |(_, roles)| roles);
        // A note also who merely reads it; whoever raised it has it taken up again.
        let under = if kind == StepKind::Note { &asking.roles } else { &asking.roles_over };
        let may = under.iter().any(|role| roles.contains(role)) || kind == StepKind::Reopen && raised_by_them;
        if !may || !asking.may_write("steps/*") {
            continue;
        }
        all.push(match kind {
            StepKind::Whistle => ActionView::of("reports.whistle"),
            StepKind::Dispatch => ActionView::of("reports.dispatch"),
            _ => ActionView::one_of("reports.step", step.code, step.label),
        });
    }
    Ok(())
}

fn activity(asking: &Asking<'_>, all: &mut Vec<ActionView>) -> Result<()> {
    // A claim and a sign-in are the person's own documents.
    if asking.has_over(&[Audience::Person(asking.person), Audience::Desk], PEOPLE) {
        let standing = my_claim(asking.connection, asking.id, asking.person)?;
        all.extend(standing.is_none().then(|| ActionView::of("claims.claim")));
        let id = asking.id.to_string();
        let is_there = open_attendances(asking.connection, asking.person, asking.now)?.iter().any(|open| open.activity == id && !open.forgotten);
        all.extend((!is_there).then(|| ActionView::of("attendance.sign_in")));
    }
    Ok(())
}
