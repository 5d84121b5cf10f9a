//! What must hold when a history has come to rest.

use std::collections::{BTreeMap, BTreeSet};

use gridwalk_core::documents::{Doc, Value};
use gridwalk_core::phone::Quarantined;
use gridwalk_core::projection::{Table, project};
use gridwalk_core::rules::Role;
use gridwalk_core::{Id, Phone, kinds};
use gridwalk_hub::store::all;
use memchr::memmem;

use super::line::short;
use super::model::{Act, Deed};
use super::stands::{Stands, Step};
use super::world::World;
use super::{Done, Failure, defect};
use crate::reading::circle_readers;

/// Reasons for which work may be refused when a role ended, a store was copied or a hub was restored. Any other reason means
/// that gridwalk's own phone sent what gridwalk's own hub does not take.
const REASONS: [&str; 6] = ["outside_scope", "path", "check", "not_allowed", "gone", "generation"];

/// What the hub has of one document.
struct Held {
    kind: String,
    heads: Vec<String>,
    bodies: Vec<Vec<u8>>,
}

/// Holds all invariants against a world at rest.
pub async fn check(world: &mut World<'_>) -> Done {
    let held = documents(world).await?;
    let rows = hub_rows(world).await?;
    rebuilt_at_hub(&held, &rows)?;
    replicas(world, &held, &rows)?;
    audiences(world, &held).await?;
    statuses(world).await?;
    acknowledged(world, &held).await?;
    visits(world).await?;
    due(world)?;
    super::given::check(world, held.iter().map(|(id, (_, doc))| (id, doc))).await?;
    super::erase::check(world).await
}

/// The first column of a query on the hub's database, as text.
async fn ask(world: &World<'_>, sql: &str) -> Done<Vec<String>> {
    let process = world.line.hub.lock().await;
    let mut read = process.hub.store.read().await.map_err(defect)?;
    all(&mut read, sql, vec![]).await.map_err(defect)?.iter().map(|r| r.get(0).map_err(defect)).collect()
}

async fn documents(world: &World<'_>) -> Done<BTreeMap<Id, (Held, Doc)>> {
    let process = world.line.hub.lock().await;
    let mut read = process.hub.store.read().await.map_err(defect)?;
    let mut held = BTreeMap::new();
    for row in all(&mut read, "SELECT doc, kind, schema, generation FROM documents", vec![]).await.map_err(defect)? {
        let id: Id = row.get::<String>(0).map_err(defect)?.parse().map_err(defect)?;
        let number = |n| row.get::<i64>(n).map_err(defect);
        let doc = Doc::with_schema(number(2)? as u16, number(3)? as u32).map_err(defect)?;
        held.insert(id, (Held { kind: row.get(1).map_err(defect)?, heads: Vec::new(), bodies: Vec::new() }, doc));
    }
    for row in all(&mut read, "SELECT doc, body FROM changes ORDER BY doc, number", vec![]).await.map_err(defect)? {
        let id: Id = row.get::<String>(0).map_err(defect)?.parse().map_err(defect)?;
        let body: Vec<u8> = row.get(1).map_err(defect)?;
        let (known, doc) = held.get_mut(&id).ok_or_else(|| Failure::new("replicas", format!("the hub has a change of {id}, which it does not have")))?;
        doc.take_chunk(&body).map_err(|e| Failure::new("replicas", format!("the hub holds a change of {id} that does not apply: {e:?}")))?;
        known.bodies.push(body);
    }
    for (known, doc) in held.values_mut() {
        known.heads = doc.heads().iter().map(ToString::to_string).collect();
    }
    Ok(held)
}

fn dump(table: &Table) -> String {
    let columns: String = table.all_columns().map(|(name, _)| format!(" || '|' || coalesce(CAST(\"{name}\" AS TEXT), '~')")).collect();
    format!("SELECT '{} ' || '|' || doc || '|' || entry{columns} FROM {}", table.name, table.name)
}

/// A value as [`dump`] shows it.
fn as_text(value: &Value) -> String {
    match value {
        Value::Null => "~".to_owned(),
        Value::Bool(yes) => i64::from(*yes).to_string(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    }
}

/// All rows of the hub's read model, as text.
pub async fn hub_rows(world: &World<'_>) -> Done<Vec<String>> {
    let mut rows = Vec::new();
    for table in kinds::tables() {
        rows.extend(ask(world, &dump(table)).await?);
    }
    rows.sort();
    Ok(rows)
}

/// The first column of a query on a phone's store, as text.
fn text(phone: &Phone, sql: &str) -> Done<Vec<String>> {
    phone.store().read(|c| Ok(c.prepare(sql)?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)).map_err(defect)
}

fn phone_rows(phone: &Phone) -> Done<Vec<String>> {
    let mut rows = Vec::new();
    for table in kinds::tables() {
        rows.extend(text(phone, &dump(table))?);
    }
    rows.sort();
    Ok(rows)
}

/// The document that a dumped row is of.
fn doc_of(row: &str) -> &str {
    row.split('|').nth(1).unwrap_or_default()
}

fn differs(invariant: &'static str, what: &str, a: &[String], b: &[String]) -> Done {
    let (left, right): (BTreeSet<_>, BTreeSet<_>) = (a.iter().collect(), b.iter().collect());
    if left == right && a.len() == b.len() {
        return Ok(());
    }
    let only = |a: &BTreeSet<&String>, b: &BTreeSet<&String>| a.difference(b).take(3).map(|r| r.to_string()).collect::<Vec<_>>().join("\n    ");
    Err(Failure::new(invariant, format!("{what}\n  here:\n    {}\n  there:\n    {}", only(&left, &right), only(&right, &left))))
}

/// The hub's rows are those of its documents.
fn rebuilt_at_hub(held: &BTreeMap<Id, (Held, Doc)>, rows: &[String]) -> Done {
    let mut made = Vec::new();
    for (id, (_, doc)) in held.iter().filter(|(_, (_, doc))| !doc.is_erased()) {
        for row in project(doc.kind(), doc.tree()) {
            let values: String = row.values.iter().map(|value| format!("|{}", as_text(value))).collect();
            made.push(format!("{} |{id}|{}{values}", row.table.name, row.entry));
        }
    }
    made.sort();
    differs("replicas", "the hub's rows are not those of its documents", rows, &made)
}

/// Every phone has the hub's state: heads, rows, nothing unsent, and a rebuild makes the same rows.
fn replicas(world: &World<'_>, held: &BTreeMap<Id, (Held, Doc)>, rows: &[String]) -> Done {
    for (i, phone) in world.phones.iter().enumerate() {
        let phone = phone.phone();
        let status = phone.status().map_err(defect)?;
        if status.unsent > 0 || status.unreadable > 0 {
            return Err(Failure::new("acknowledged", format!("phone {i} keeps {} commands unsent and {} documents unread", status.unsent, status.unreadable)));
        }
        let heads = phone.heads().map_err(defect)?;
        for (id, own) in &heads {
            match held.get(id) {
                Some((hub, _)) if hub.heads == *own => {}
                Some((hub, _)) => return Err(Failure::new("replicas", format!("phone {i} has {} {id} at {own:?}, the hub at {:?}", hub.kind, hub.heads))),
                None => return Err(Failure::new("replicas", format!("phone {i} has {id}, which the hub does not have"))),
            }
        }
        let has: BTreeSet<String> = heads.iter().map(|(id, _)| id.to_string()).collect();
        let own = phone_rows(phone)?;
        let theirs: Vec<String> = rows.iter().filter(|r| has.contains(doc_of(r))).cloned().collect();
        differs("replicas", &format!("phone {i} and the hub differ"), &own, &theirs)?;
        let due = "SELECT household || ' ' || every_days || ' ' || coalesce(last_visit_at, '') || ' ' || coalesce(last_attempt_at, '') || ' ' || due_from || ' ' || due_at FROM due ORDER BY 1";
        let listed = text(phone, due)?;
        phone.rebuild().map_err(defect)?;
        differs("replicas", &format!("phone {i}: kept rows and rebuilt ones"), &own, &phone_rows(phone)?)?;
        differs("counts", &format!("phone {i}: kept due list and rebuilt one"), &listed, &text(phone, due)?)?;
    }
    Ok(())
}

/// Every phone holds what its person's roles reach, by the model, and nothing else.
async fn audiences(world: &World<'_>, held: &BTreeMap<Id, (Held, Doc)>) -> Done {
    let place_of: BTreeMap<Id, Option<Id>> = held
        .iter()
        .filter_map(|(id, (_, doc))| match doc.kind().name {
            "household" | "report" => Some((*id, doc.tree().id("place"))),
            _ => None,
        })
        .collect();
    // Phones hold visits for a year after the day they say they were; a wrong clock makes some old at once.
    let year_ago = world.line.hub.lock().await.hub.now() - 365 * 86_400;
    let old: BTreeSet<Id> =
        held.iter().filter(|(_, (_, doc))| doc.kind().name == "visit" && doc.tree().int("at").is_some_and(|at| at < year_ago)).map(|(id, _)| *id).collect();
    let handed = handed_on(world, held).await?;
    let members: BTreeMap<Id, BTreeSet<Id>> =
        held.iter().filter(|(_, (_, doc))| doc.kind().name == "circle").map(|(id, (_, doc))| (*id, circle_readers(doc.tree()))).collect();
    for (i, phone) in world.phones.iter().enumerate() {
        let person = world.template.persons[phone.person];
        let (people, grants) = (&world.model.people, world.model.people.roles(phone.person));
        let holds = |role: Role| grants.iter().any(|(held, _)| *held == role);
        // A circle is for people of the community: with their last other role they leave it.
        let in_circle = |circle: Option<Id>| !grants.is_empty() && circle.and_then(|c| members.get(&c)).is_some_and(|members| members.contains(&person));
        let desk = grants.iter().any(|(role, _)| *role == Role::Cadre);
        let grids: BTreeSet<Id> = grants.iter().filter_map(|(_, grid)| grid.map(|g| people.grids[g].place)).collect();
        let in_grids = |place: Option<Id>| desk || place.is_some_and(|p| grids.contains(&p));
        // Of a closed grid its successor's workers may still hear.
        let successor = |place: &Id| Some(people.grids[people.grids.iter().find(|g| g.place == *place)?.into?].place);
        let may = |id: &Id, doc: &Doc| match doc.kind().name {
            "household" => in_grids(place_of[id]),
            "place" => in_grids(Some(*id)) || in_grids(successor(id)),
            // Who tells something goes on reading what becomes of it.
            "demand" => in_grids(doc.tree().id("place")) || doc.tree().id("by") == Some(person),
            "report" => {
                let (whistled, units) = &handed[id];
                let street = *whistled && holds(Role::StreetDispatcher);
                in_grids(place_of[id]) || street || units.contains(&world.template.unit) && holds(Role::DepartmentHandler)
            }
            "visit" => doc.tree().id("household").and_then(|h| place_of.get(&h)).is_some_and(|place| in_grids(*place)),
            "attendance" => desk || doc.tree().id("person") == Some(person),
            "movement" => match doc.tree().id("household") {
                Some(home) => place_of.get(&home).is_some_and(|place| in_grids(*place)),
                None => desk || doc.tree().id("by") == Some(person),
            },
            "paper" => desk,
            "claim" => desk || [doc.tree().id("person"), doc.tree().id("organiser")].contains(&Some(person)),
            "person" => {
                let posted = ["cadre", "street_dispatcher", "department_handler"].contains(&doc.tree().text("kind"));
                desk || *id == person || posted && !grants.is_empty() || doc.tree().id("place").is_some_and(|p| grids.contains(&p))
            }
            // Who is in it, its members and the desk; what it holds, its readers alone.
            "circle" => desk || in_circle(Some(*id)),
            "health" | "minor" | "mediation" => in_circle(doc.tree().id("circle")),
            _ => !grants.is_empty(),
        };
        let expected: BTreeSet<Id> = held.iter().filter(|(id, (_, doc))| !doc.is_erased() && may(id, doc)).map(|(id, _)| *id).collect();
        let has: BTreeSet<Id> = phone.phone().heads().map_err(defect)?.into_iter().map(|(id, _)| id).collect();
        let name = |id: &Id| format!("{} {id}", held.get(id).map_or("nothing at the hub:", |(h, _)| h.kind.as_str()));
        if let Some(id) = has.difference(&expected).next() {
            return Err(Failure::new("audience", format!("phone {i} holds what it may not: {}", name(id))));
        }
        if let Some(id) = expected.difference(&has).find(|id| !old.contains(id)) {
            return Err(Failure::new("audience", format!("phone {i} lacks what it may read: {}", name(id))));
        }
    }
    Ok(())
}

/// The steps of all reports, in their order.
async fn steps(world: &World<'_>) -> Done<Vec<Step>> {
    let sql =
        "SELECT s.doc || '|' || s.kind || '|' || s.applied || '|' || coalesce(s.why, '') || '|' || coalesce(s.unit, '') || '|' || coalesce(s.lead, '') || '|'
        || coalesce(s.assisting, '') FROM case_steps s JOIN reports r ON r.doc = s.doc ORDER BY s.doc, s.position";
    let mut all = Vec::new();
    for row in ask(world, sql).await? {
        let [doc, kind, applied, why, unit, lead, assisting] = row.splitn(7, '|').collect::<Vec<_>>()[..] else { return Err(defect(row)) };
        all.push(Step {
            report: doc.parse().map_err(defect)?,
            kind: kind.to_owned(),
            applied: applied == "1",
            is_late: why.starts_with("limit:"),
            unit: unit.parse().ok(),
            lead: lead.parse().ok(),
            assisting: assisting.split(' ').filter_map(|unit| unit.parse().ok()).collect(),
        });
    }
    Ok(all)
}

/// Of each report, whether it was whistled, and the units that have it.
async fn handed_on(world: &World<'_>, held: &BTreeMap<Id, (Held, Doc)>) -> Done<BTreeMap<Id, (bool, BTreeSet<Id>)>> {
    let mut stands: BTreeMap<Id, Stands> = held.keys().map(|id| (*id, Stands::raised())).collect();
    for step in steps(world).await?.iter().filter(|step| step.applied) {
        stands.get_mut(&step.report).ok_or_else(|| defect(step.report))?.take(step);
    }
    Ok(stands.into_iter().map(|(id, s)| (id, (s.whistled, s.lead.into_iter().chain(s.assisting).collect()))).collect())
}

/// Every report's status is what its applied steps lead to, and a closed report stays closed unless somebody takes it up again.
async fn statuses(world: &mut World<'_>) -> Done {
    let mut reached: BTreeMap<String, String> = BTreeMap::new();
    let mut stands: BTreeMap<Id, Stands> = BTreeMap::new();
    let mut reopened = BTreeSet::new();
    for step in steps(world).await? {
        let report = stands.entry(step.report).or_insert_with(Stands::raised);
        let (before, was) = (report.clone(), report.status.clone());
        let takes = report.take(&step);
        // Whether a return or a reopening came in time, the replicas say alike; here it is only not later than it can be.
        let late = step.is_late && ["return", "reopen"].contains(&&*step.kind);
        if step.applied != takes && !(late && takes) {
            return Err(Failure::new("status", format!("report {}: {} after {was} is marked {}", step.report, step.kind, step.applied)));
        }
        if !step.applied {
            *report = before;
        }
        reached.insert(step.report.to_string(), report.status.clone());
        if step.applied && step.kind == "reopen" {
            reopened.insert(step.report.to_string());
        }
    }
    for report in ask(world, "SELECT doc || ' ' || status FROM reports").await? {
        let [doc, status] = report.splitn(2, ' ').collect::<Vec<_>>()[..] else { return Err(defect(report)) };
        if reached.get(doc).map_or("raised", String::as_str) != status {
            return Err(Failure::new("status", format!("report {doc} is {status}, its steps lead to {:?}", reached.get(doc))));
        }
        if world.model.closed.contains(doc) && status != "closed" && !reopened.contains(doc) {
            return Err(Failure::new("status", format!("report {doc} was closed and is {status}")));
        }
    }
    Ok(())
}

/// Which reports are closed at the hub: from then on they stay so.
pub async fn note_closed(world: &mut World<'_>) -> Done {
    let closed = ask(world, "SELECT doc FROM reports WHERE status = 'closed'").await?;
    world.model.closed.extend(closed);
    Ok(())
}

/// Every acknowledged act is at the hub, or in its phone's quarantine for a reason that this history gives. Once.
async fn acknowledged(world: &World<'_>, held: &BTreeMap<Id, (Held, Doc)>) -> Done {
    let (mut quarantines, mut emptied): (Vec<Quarantined>, BTreeSet<usize>) = Default::default();
    for (i, phone) in world.phones.iter().enumerate() {
        for refused in phone.phone().status().map_err(defect)?.quarantine {
            if !world.model.may_be_refused(i, phone.person) || !REASONS.contains(&refused.reason.as_str()) {
                return Err(Failure::new(
                    "acknowledged",
                    format!("phone {i}: {} {} was refused without cause: {}", refused.command, refused.input, refused.reason),
                ));
            }
            if refused.reason == "generation" {
                emptied.insert(i);
            }
            quarantines.push(refused);
        }
    }
    let refused: Vec<String> = quarantines.iter().map(|q| q.input.to_string()).collect();
    let undemanded: Vec<&[u8]> = held.values().filter(|(h, _)| h.kind != "demand").flat_map(|(h, _)| h.bodies.iter().map(Vec::as_slice)).collect();
    let bodies: Vec<&[u8]> = held.values().flat_map(|(h, _)| h.bodies.iter().map(Vec::as_slice)).collect();
    let said: BTreeSet<String> = ask(world, "SELECT doc FROM attendances").await?.into_iter().collect();
    let out: BTreeSet<String> = ask(world, "SELECT doc FROM attendances WHERE signed_out_at IS NOT NULL").await?.into_iter().collect();
    for act in &world.model.acts {
        let excused = act.given_up
            || world.model.may_be_erased(act, emptied.contains(&act.phone))
            || world.model.may_be_unsaid(act)
            || refused.iter().any(|input| input.contains(&act.token));
        let lost = |what: &str| Err(Failure::new("acknowledged", format!("{what} {} of phone {} is lost: {:?}", act.token, act.phone, act.deed)));
        match act.deed {
            Deed::Mute | Deed::Places(..) => {}
            // Without text of their own; a copied store gives them new ids.
            Deed::SignIn | Deed::SignOut(_) => {
                let doc = if let Deed::SignOut(doc) = act.deed { Some(doc) } else { act.value };
                let there = if matches!(act.deed, Deed::SignIn) { &said } else { &out };
                let known = doc.is_some_and(|doc| there.contains(&doc.to_string()));
                let renamed = world.model.doubled.contains(&act.phone);
                let refused = quarantines.iter().any(|q| q.command.starts_with("attendance."));
                if act.acknowledged && !known && !renamed && !refused && !act.given_up {
                    return lost("an attendance");
                }
            }
            _ => {
                // What a step answers the hub tells again, to whoever told of it.
                let of_step = matches!(act.deed, Deed::Step(_));
                let times = if of_step { &undemanded } else { &bodies }.iter().filter(|body| contains(body, act.token.as_bytes())).count();
                if times == 0 && act.acknowledged && !excused {
                    return lost("the work");
                }
                if times > 1 && !world.model.may_be_twice(act) {
                    return Err(Failure::new("twice", format!("{} of phone {} is in {times} changes: {:?}", act.token, act.phone, act.deed)));
                }
            }
        }
    }
    once_in_rows(world).await
}

/// What was made once has one row.
async fn once_in_rows(world: &World<'_>) -> Done {
    let sorts = [
        ("SELECT substr(note, 1, 6) FROM visits", "visit"),
        ("SELECT name FROM residents", "resident"),
        ("SELECT title FROM reports", "report"),
        ("SELECT title FROM activities", "activity"),
        ("SELECT note FROM case_steps WHERE kind <> 'settled'", "step"),
        ("SELECT name FROM circles", "circle"),
        ("SELECT note FROM health", "health document"),
        ("SELECT note FROM minors", "document of a minor"),
        ("SELECT matter FROM mediations", "mediation"),
        ("SELECT note FROM mediation_sessions", "session"),
        ("SELECT note FROM movements", "movement"),
        ("SELECT purpose FROM papers", "paper"),
    ];
    let given: BTreeSet<&str> = world.model.acts.iter().map(|a| a.token.as_str()).collect();
    for (sql, what) in sorts {
        let mut seen = BTreeSet::new();
        for token in ask(world, &sql.replacen("SELECT ", "SELECT coalesce(", 1).replacen(" FROM", ", '') FROM", 1)).await? {
            if given.contains(token.as_str()) && !seen.insert(token.clone()) {
                return Err(Failure::new("twice", format!("{what} {token} is there twice")));
            }
        }
    }
    Ok(())
}

/// The visits of each household, counted by the hub's read model, are those that the model knows of.
async fn visits(world: &World<'_>) -> Done {
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for household in ask(world, "SELECT household FROM visits").await? {
        *counted.entry(household).or_default() += 1;
    }
    let there: BTreeSet<String> = ask(world, "SELECT coalesce(substr(note, 1, 6), '') FROM visits").await?.into_iter().collect();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for Act { token, deed, .. } in &world.model.acts {
        if let Deed::Visit(household) = deed
            && there.contains(token)
        {
            *known.entry(household.to_string()).or_default() += 1;
        }
    }
    // A copied store gives new ids, also to households that its visits name: then only the sum is the same.
    let same = if world.model.doubled.is_empty() { counted == known } else { counted.values().sum::<usize>() == known.values().sum::<usize>() };
    if same { Ok(()) } else { Err(Failure::new("counts", format!("visits by household: the hub counts {counted:?}, the model {known:?}"))) }
}

/// Each phone's due list, computed again from its rows in plain words: the shortest rhythm that applies, counted from the last
/// time someone was met or reached, or from when the household was recorded.
fn due(world: &World<'_>) -> Done {
    for (i, phone) in world.phones.iter().enumerate() {
        let phone = phone.phone();
        let parse = |rows: Vec<String>| -> Vec<Vec<String>> { rows.iter().map(|r| r.split('|').map(str::to_owned).collect()).collect() };
        let rules: Vec<(String, i64)> = parse(text(phone, "SELECT entry || '|' || every_days FROM visit_rules WHERE every_days > 0")?)
            .into_iter()
            .map(|r| (r[0].clone(), r[1].parse().unwrap_or(0)))
            .collect();
        let residents = parse(text(phone, "SELECT doc || '|' || coalesce(state, 'living') || '|' || coalesce(tags, '') FROM residents")?);
        let visits = parse(text(phone, "SELECT household || '|' || result || '|' || at FROM visits")?);
        let mut expected = Vec::new();
        for home in parse(text(
            phone,
            "SELECT doc || '|' || coalesce(state, 'lived_in') || '|' || coalesce(visit_every_days, 0) || '|' || coalesce(at, 0) FROM households",
        )?) {
            let own: i64 = home[2].parse().unwrap_or(0);
            let tagged = residents.iter().filter(|r| r[0] == home[0] && r[1] == "living").flat_map(|r| r[2].split(' '));
            let by_tag = tagged.filter_map(|tag| rules.iter().find(|(name, _)| name == tag).map(|(_, days)| *days)).min();
            let Some(every) = by_tag.into_iter().chain((own > 0).then_some(own)).min().filter(|_| home[1] == "lived_in") else { continue };
            let met = visits.iter().filter(|v| v[0] == home[0] && ["met", "phone"].contains(&v[1].as_str())).filter_map(|v| v[2].parse::<i64>().ok()).max();
            let at = met.map_or(home[3].parse().unwrap_or(0), |met| met.max(0)) + every * 86_400;
            expected.push(format!("{} {every} {at}", home[0]));
        }
        expected.sort();
        let listed = text(phone, "SELECT household || ' ' || every_days || ' ' || due_at FROM due ORDER BY 1")?;
        differs("counts", &format!("phone {i}: the due list and what its rows say"), &listed, &expected)?;
    }
    Ok(())
}

/// Whether these bytes stand somewhere in others.
pub fn contains(bytes: &[u8], token: &[u8]) -> bool {
    memmem::find(bytes, token).is_some()
}

/// The beginning of the hash of what the hub holds at the end, for traces.
pub async fn fingerprint(world: &World<'_>) -> Done<String> {
    let rows = hub_rows(world).await?;
    Ok(short(rows.join("\n").as_bytes()))
}
