//! What runs out: places are claimed and given back, goods moved and counted, papers numbered; and what must hold of them.

use std::collections::{BTreeMap, BTreeSet};

use gridwalk_core::claims::{ClaimPlace, GiveBack, my_claim};
use gridwalk_core::documents::{Doc, Value};
use gridwalk_core::goods::{ArriveGoods, MoveGoods, SettleStock, Way, effect};
use gridwalk_core::papers::{IssuePaper, VoidPaper};
use gridwalk_core::records::EditRecord;
use gridwalk_core::{Id, Phone, Result};
use serde_json::json;

use super::act::{COMMANDS, Choice, ids, pairs};
use super::event::Event;
use super::model::Deed;
use super::template::Template;
use super::world::World;
use super::{Done, Failure, defect};

/// The command of `event`, one of those about what runs out; `None` if there is nothing on the phone that it could be about.
pub(super) fn choose(phone: &Phone, event: &Event, person: Id, template: &Template, token: String) -> Result<Option<Choice>> {
    let value = event.value;
    let pick = |sql: &str| -> Result<Option<Id>> {
        let all = ids(phone, sql)?;
        Ok(if all.is_empty() { None } else { Some(all[value % all.len()]) })
    };
    let activity = || pick("SELECT doc FROM activities ORDER BY doc LIMIT 2");
    let chosen = |input, deed| Ok(Some(Choice { input, deed, token: token.clone() }));
    match event.which % COMMANDS {
        // One's own claim; at the desk also another's.
        31 | 32 => {
            let Some(thing) = activity()? else { return Ok(None) };
            let whose = if value.is_multiple_of(4) { template.persons[value / 4 % template.persons.len()] } else { person };
            let standing = phone.store().read(|c| my_claim(c, thing, whose))?;
            chosen(
                match standing {
                    Some(claim) if !value.is_multiple_of(3) => GiveBack { claim: claim.id, reason: "说明".into() }.into(),
                    _ => ClaimPlace { thing, person: (whose != person).then_some(whose) }.into(),
                },
                Deed::Mute,
            )
        }
        33 => {
            let Some(thing) = activity()? else { return Ok(None) };
            chosen(EditRecord::of(thing, json!({"places": 1 + value % 4})).into(), Deed::Places(thing, 1 + value as i64 % 4))
        }
        34 => {
            let Some(goods) = pick("SELECT doc FROM goods ORDER BY doc")? else { return Ok(None) };
            let under_way = pick("SELECT doc FROM movements WHERE way = 'carried' AND arrived_at IS NULL ORDER BY doc")?;
            let household = pick("SELECT doc FROM households ORDER BY doc")?;
            match (value % 6, under_way, household) {
                (0, Some(movement), _) => chosen(ArriveGoods { movement, signed_by: token.clone() }.into(), Deed::Edit),
                (1, ..) => {
                    let settle = SettleStock { goods, counted: value as i64 / 6 % 20, reason: token.clone(), book: None };
                    chosen(settle.into(), Deed::Movement)
                }
                (2, _, Some(_)) => {
                    let carried = MoveGoods { household, note: token.clone(), ..MoveGoods::of(goods, Way::Carried, 1 + value as i64 % 5) };
                    chosen(carried.into(), Deed::Movement)
                }
                (n, ..) => {
                    let way = if n == 3 { Way::Received } else { Way::Given };
                    chosen(MoveGoods { note: token.clone(), ..MoveGoods::of(goods, way, 1 + value as i64 % 9) }.into(), Deed::Movement)
                }
            }
        }
        _ => {
            if let Some(paper) = pick("SELECT doc FROM papers WHERE void IS NULL ORDER BY doc")?.filter(|_| value.is_multiple_of(3)) {
                return chosen(VoidPaper { paper, reason: token.clone() }.into(), Deed::Edit);
            }
            let homes = pairs(phone, "SELECT doc, entry FROM residents WHERE coalesce(state, '') <> 'removed' ORDER BY doc, entry")?;
            if homes.is_empty() {
                return Ok(None);
            }
            let (household, resident) = homes[value % homes.len()];
            let sort = ["residence", "service"][value / 3 % 2].to_owned();
            chosen(IssuePaper { sort, household, resident, purpose: token.clone() }.into(), Deed::Paper)
        }
    }
}

/// Nothing is given out twice or beyond what there is, and every replica says the same of it.
pub(super) async fn check<'a>(world: &World<'_>, docs: impl Iterator<Item = (&'a Id, &'a Doc)> + Clone) -> Done {
    let of_kind = |kind: &'static str| docs.clone().filter(move |(_, doc)| doc.kind().name == kind && !doc.is_erased());
    for (thing, activity) in of_kind("activity") {
        let claims: Vec<&Doc> = of_kind("claim").map(|(_, doc)| doc).filter(|doc| doc.tree().id("thing") == Some(*thing)).collect();
        places(world, *thing, activity, &claims)?;
    }
    for (goods, doc) in of_kind("goods") {
        let moved: Vec<&Doc> = of_kind("movement").map(|(_, doc)| doc).filter(|doc| doc.tree().id("goods") == Some(*goods)).collect();
        stock(world, *goods, doc, &moved)?;
    }
    numbers(world, &of_kind("paper").map(|(id, doc)| (*id, doc)).collect::<Vec<_>>()).await
}

fn places(world: &World<'_>, thing: Id, activity: &Doc, claims: &[&Doc]) -> Done {
    let wrong = |what: String| Err(Failure::new("places", format!("activity {thing}: {what}")));
    let mut by_rank: BTreeMap<i64, &Doc> = BTreeMap::new();
    for claim in claims {
        let Some(rank) = claim.tree().int("rank") else { return wrong("a claim has no rank".into()) };
        if by_rank.insert(rank, claim).is_some() {
            return wrong(format!("rank {rank} is there twice"));
        }
        if claim.tree().flag("given_back") && ["granted", "waiting"].contains(&claim.tree().text("outcome")) {
            return wrong(format!("rank {rank} was given back and stands"));
        }
    }
    let with = |outcome: &str| -> Vec<i64> { by_rank.iter().filter(|(_, doc)| doc.tree().text("outcome") == outcome).map(|(rank, _)| *rank).collect() };
    let (granted, waiting, said) = (with("granted"), with("waiting"), activity.tree().int("granted").unwrap_or(0));
    let most = world.model.places.get(&thing).copied().unwrap_or(2);
    if said > most || granted.len() as i64 > said {
        return wrong(format!("{} have a place, it says {said}, and there were {most} at most", granted.len()));
    }
    if granted.last().zip(waiting.first()).is_some_and(|(last, first)| last > first) {
        return wrong(format!("granted {granted:?} while {waiting:?} wait"));
    }
    let conflict = activity.tree().conflicts().into_iter().filter(|c| c.path == "places").flat_map(|c| c.values);
    let lowest = conflict.filter_map(|v| if let Value::Int(places) = v.value { Some(places) } else { None }).chain(activity.tree().int("places")).min();
    if !waiting.is_empty() && lowest.is_none_or(|places| said < places) {
        return wrong(format!("{waiting:?} wait, and {said} of {lowest:?} places are granted"));
    }
    let mut people = BTreeSet::new();
    let stands = by_rank.values().filter(|doc| ["granted", "waiting"].contains(&doc.tree().text("outcome")));
    // What is lost at first with a restore may come back beside what its person claimed meanwhile.
    if !world.model.restored && !stands.map(|doc| doc.tree().text("person")).all(|person| people.insert(person)) {
        return wrong("someone has two places".into());
    }
    // A phone that reads one claim alone says the same of it as one that reads all.
    for (i, phone) in world.phones.iter().enumerate() {
        // Whose role has ended keeps their own claim, and reads what it is on no more.
        if ids(phone.phone(), &format!("SELECT doc FROM activities WHERE doc = '{thing}'")).map_err(defect)?.is_empty() {
            continue;
        }
        for claim in phone.phone().claims_on(thing).map_err(defect)? {
            let here = claim.rank.and_then(|rank| waiting.iter().position(|other| *other == rank)).map(|before| before as i64 + 1);
            let restored = world.model.restored && claim.place_in_line.is_some() == here.is_some();
            if claim.place_in_line != here && !restored {
                return wrong(format!("phone {i} says place {:?} of rank {:?}, the documents {here:?}", claim.place_in_line, claim.rank));
            }
        }
    }
    Ok(())
}

fn stock(world: &World<'_>, goods: Id, doc: &Doc, moved: &[&Doc]) -> Done {
    let wrong = |what: String| Err(Failure::new("stock", format!("goods {goods}: {what}")));
    let (book, sum) = (doc.tree().int("stock").unwrap_or(0), moved.iter().map(|movement| effect(movement.tree())).sum::<i64>());
    // What was about an erased household stays in the book alone.
    if world.model.erased.is_empty() && book != sum || moved.iter().any(|movement| !movement.tree().flag("booked")) {
        return wrong(format!("the book has {book}, what moved makes {sum}"));
    }
    for (i, phone) in world.phones.iter().enumerate() {
        for view in phone.phone().goods().map_err(defect)?.into_iter().filter(|view| view.id == goods) {
            if (view.balance, view.difference) != (book.max(0), (-book).max(0)) {
                return wrong(format!("phone {i} shows {} and {} missing, the book has {book}", view.balance, view.difference));
            }
        }
    }
    Ok(())
}

async fn numbers(world: &World<'_>, papers: &[(Id, &Doc)]) -> Done {
    let wrong = |what: String| Err(Failure::new("numbers", what));
    let process = world.line.hub.lock().await;
    let given = gridwalk_hub::sync::numbers(&process.hub, &process.tenant).await.map_err(defect)?;
    drop(process);
    let mut next: BTreeMap<(&str, i64), i64> = BTreeMap::new();
    for number in &given {
        let last = next.entry((&number.sort, number.year)).or_default();
        if number.number != *last + 1 {
            return wrong(format!("{} {}: {} comes after {last}", number.sort, number.year, number.number));
        }
        *last = number.number;
    }
    for (id, paper) in papers {
        let tree = paper.tree();
        let fits = |n: &&gridwalk_hub::sync::Numbered| n.paper == id.to_string() && Some(n.number) == tree.int("number") && n.void == tree.flag("void");
        if given.iter().filter(fits).count() != 1 {
            return wrong(format!("paper {id} says {:?}, which is not its number", tree.int("number")));
        }
    }
    Ok(())
}
