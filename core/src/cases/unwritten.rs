//! What the hub is to write into a case: ends that nobody else could reckon, or that were found to be other; whether steps came in time.

use std::collections::BTreeMap;

use super::clocks::Clockmaker;
use super::fold::fold_with;
use super::moments::{Expected, Moment, Running, SET_KEY};
use super::process::Process;
use super::state::{Folded, SETTLED};
use crate::documents::{Map, Proof, Value};

/// The ends and marks that are to be written into a case: those of `maker` that are not as they stand there. For each the step (empty
/// for the case itself), key and value.
///
/// Whether a step came in time goes by its proven time, else by `now` (seconds since the Unix epoch, UTC), when it was taken; it is written
/// again when a time is found, as long as no later step of another has applied and no settlement names it.
pub fn unwritten(process: &'static Process, tree: &Map, maker: &Clockmaker, now: i64) -> Vec<(String, String, Value)> {
    let (folded, expected) = fold_with(process, tree, Some(maker));
    let mut all = Vec::new();
    for found in expected {
        let map = if found.step.is_empty() { tree } else { tree.map("steps").map(&found.step) };
        let stands = Expected::of(&found.step, map);
        for (key, moment) in &found.moments {
            if stands.moments.get(key).map(|m| (m.ends_at, m.yellow_at)) != Some((moment.ends_at, moment.yellow_at)) {
                all.push((found.step.clone(), format!("{SET_KEY}{key}"), moment.to_string().as_str().into()));
            }
        }
        if let Some(ends_at) = found.ends_at {
            let is_proven = Proof::of(map) == Proof::Proven;
            let within = if is_proven { map.int("at").unwrap_or(0) <= ends_at } else { now <= ends_at };
            let is_open = stands.within.is_none() || is_proven && !is_built_on(&folded, tree, &found.step);
            if is_open && stands.within != Some(within) {
                all.push((found.step.clone(), "within".to_owned(), within.into()));
            }
        }
    }
    all
}

/// Whether a later step of another has applied, or a settlement names it.
fn is_built_on(folded: &Folded, tree: &Map, step: &str) -> bool {
    let steps = tree.map("steps");
    let by = steps.map(step).text("by");
    let later = folded.steps.iter().skip_while(|s| s.id != step).skip(1).filter(|s| s.without.is_none());
    later.filter(|s| s.code != SETTLED).any(|s| steps.map(&s.id).text("by") != by)
        || tree.entries("steps").any(|(_, s)| s.text("covers").split(' ').any(|covered| covered == step))
}

/// The end of every clock that runs in working days or hours by the newest version of the calendar, where that differs from what
/// stands there: by clock, for a step that moves them.
pub fn moved(process: &'static Process, tree: &Map, maker: &Clockmaker) -> BTreeMap<String, Moment> {
    let newest = maker.newest();
    let (now, then) = (fold_with(process, tree, Some(maker)).0, fold_with(process, tree, Some(&newest)).0);
    let runs = |clock: &&Running| clock.stopped_at.is_none();
    let mut all = BTreeMap::new();
    for clock in now.clocks.iter().filter(runs) {
        let Some(new) = then.clocks.iter().find(|c| c.clock == clock.clock && c.unit == clock.unit && c.stage == clock.stage) else { continue };
        if let Some((ends_at, yellow_at)) = new.ends_at.zip(new.yellow_at).filter(|_| new.ends_at != clock.ends_at) {
            all.insert(clock.key(), Moment { ends_at, yellow_at, version: new.version, amount: new.amount.clone() });
        }
    }
    all
}
