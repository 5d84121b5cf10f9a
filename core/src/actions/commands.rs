//! Which commands with behaviour of their own are in place, kind by kind.

use rusqlite::params;

use super::ActionView;
use super::asking::Asking;
use crate::attendance::open_attendances;
use crate::cases::{Process, Who, fold};
use crate::circles::Purpose;
use crate::dictionary::Label;
use crate::documents::Audience;
use crate::error::Result;
use crate::kinds;
use crate::photos::document::RECORDS;
use crate::rules::Role;
use crate::rules::table::{DESK, PEOPLE, PHOTOGRAPHERS};
use crate::store::load;
use crate::versions::dictionary;

/// Adds those that the person may do to the record.
pub(super) fn add(asking: &Asking<'_>, all: &mut Vec<ActionView>) -> Result<()> {
    match asking.kind.name {
        "household" => {
            // A visit is read and made by whoever reaches the household.
            let begins = kinds::by_name("visit").is_some_and(|visit| visit.rows().iter().any(|row| asking.has(row.roles)));
            all.extend(begins.then(|| ActionView::of("visits.record")));
        }
        "activity" => activity(asking, all)?,
        "attendance" => {
            let own = asking.at_desk() || asking.text("person") == asking.person.to_string();
            let open = asking.int("signed_out_at").is_none() && asking.has(PEOPLE);
            all.extend((own && open).then(|| ActionView::of("attendance.sign_out")));
        }
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
    let raised_by_them = asking.by()? == Some(asking.person);
    for def in process.steps.iter().filter(|def| dictionary().knows("step", def.code.code)) {
        let under = if def.who == Who::Readers { &asking.roles } else { &asking.roles_over };
        let may = under.iter().any(|role| def.roles.contains(role)) || def.who == Who::OrRaiser && raised_by_them;
        let unit = folded.having().map(|part| part.unit).find(|unit| asking.is_of(*unit));
        if may && (!def.of_unit || unit.is_some()) && folded.takes(process, def, unit.filter(|_| def.of_unit), asking.now) {
            let fields = def.must.iter().chain(def.may).map(|key| (*key).to_owned()).collect();
            all.push(ActionView { fields, ..ActionView::one_of("cases.step", def.code.code, def.code.label) });
        }
    }
    Ok(())
}

fn activity(asking: &Asking<'_>, all: &mut Vec<ActionView>) -> Result<()> {
    let own = asking.person.to_string();
    if asking.has(PEOPLE) {
        let mut statement = asking.connection.prepare_cached("SELECT count(*), coalesce(sum(entry = ?2), 0) FROM claims WHERE doc = ?1 AND claimed = 1")?;
        let (taken, mine): (i64, bool) = statement.query_row(params![asking.id, own], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let label = |zh, en| Label { zh, en };
        if mine {
            all.push(ActionView::one_of("activities.claim", "give_back", label("退出", "give back")));
        } else if asking.int("places").is_none_or(|places| taken < places) {
            all.push(ActionView::one_of("activities.claim", "claim", label("认领", "claim")));
        }
    }
    // A sign-in is the person's own document.
    if asking.has_over(&[Audience::Person(asking.person), Audience::Desk], PEOPLE) {
        let id = asking.id.to_string();
        let is_there = open_attendances(asking.connection, asking.person, asking.now)?.iter().any(|open| open.activity == id && !open.forgotten);
        all.extend((!is_there).then(|| ActionView::of("attendance.sign_in")));
    }
    Ok(())
}
