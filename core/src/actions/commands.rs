//! Which commands with behaviour of their own are in place, kind by kind.

use super::ActionView;
use super::asking::Asking;
use crate::attendance::open_attendances;
use crate::cases::{Process, fold};
use crate::circles::Purpose;
use crate::claims::my_claim;
use crate::documents::Audience;
use crate::error::Result;
use crate::goods::Way;
use crate::kinds;
use crate::photos::document::RECORDS;
use crate::rules::Role;
use crate::rules::table::{DESK, PEOPLE, PHOTOGRAPHERS, ROSTER, WINDOW};
use crate::store::load;
use crate::versions::dictionary;

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
        "demand" if asking.has(ROSTER) => {
            let (case, origin) = (asking.text("report"), asking.text("origin"));
            all.extend((!case.is_empty() && !origin.is_empty()).then(|| ActionView::of(if case == origin { "demands.merge" } else { "demands.take_apart" })));
        }
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
    if let Some(process) = asking.kind.process {
        steps(asking, process, all)?;
    }
    if RECORDS.contains(&asking.kind.name) && asking.has(PHOTOGRAPHERS) {
        all.push(ActionView::of("photos.take"));
    }
    Ok(())
}

/// The steps that have an effect on a case now.
fn steps(asking: &Asking<'_>, process: &'static Process, all: &mut Vec<ActionView>) -> Result<()> {
    let Some(doc) = load(asking.connection, asking.id)? else { return Ok(()) };
    if !asking.may_write("steps/*") {
        return Ok(());
    }
    let folded = fold(process, doc.tree());
    for def in process.steps.iter().filter(|def| dictionary().knows("step", def.code.code)) {
        let may = def.is_open_to(doc.tree(), asking.person, &asking.roles, &asking.roles_over);
        let unit = folded.having().map(|part| part.unit).find(|unit| asking.is_of(*unit));
        if may && (!def.of_unit || unit.is_some()) && folded.takes(process, def, unit.filter(|_| def.of_unit), asking.now) {
            let fields = def.must.iter().chain(def.may).map(|key| (*key).to_owned()).collect();
            all.push(ActionView { fields, ..ActionView::one_of("cases.step", def.code.code, def.code.label) });
        }
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
