//! Where a case stands: a deterministic fold over its steps. Whatever a merge brings, every replica computes the same, valid state, and a
//! step that came too late or does not apply stays visible with its reason. Ends of clocks are moments that stand in the document: no
//! calendar is asked here.

use std::collections::{HashMap, HashSet};

use super::clocks::Clockmaker;
use super::moments::{Expected, Taken, find};
use super::process::{Hands, NOTE, Process, SETTLED, Step, To, UNKNOWN};
use super::state::{Folded, FoldedStep, Part, Without};
use crate::clock::Hybrid;
use crate::documents::Map;
use crate::ids::Id;

impl Folded {
    /// Why a step has no effect here; `None` if it has one. Whether it came within its clock is the hub's mark, else its own time's to say.
    pub(super) fn refuses(&self, def: &Step, step: &Taken<'_>) -> Option<Without> {
        if def.leads_from(self.status).is_none() {
            return Some(Without::State(self.status));
        }
        let unit = step.unit.or_else(|| self.lead());
        if def.of_unit && !self.having().any(|part| Some(part.unit) == unit) {
            return Some(Without::Unit);
        }
        let of_unit = if def.of_unit { unit } else { None };
        let ends = find(&self.clocks, def.within, of_unit).and_then(|clock| clock.ends_at)?;
        (!step.said.within.unwrap_or(step.at <= ends)).then_some(Without::Limit(ends))
    }

    /// Whether a step ends what is at that end already: done twice is done once, unless something was said in between.
    pub(super) fn repeats(&self, process: &Process, def: &Step) -> bool {
        process.is_done(self.status) && def.leads_from(self.status) == Some(To::State(self.status)) && self.notes_since == 0
    }

    /// Whether a step of `unit` (where it speaks for one) has an effect now, at `at` (seconds since the Unix epoch, UTC).
    pub fn takes(&self, process: &Process, def: &Step, unit: Option<Id>, at: i64) -> bool {
        !self.repeats(process, def) && self.refuses(def, &Taken { at, unit, ..Taken::default() }).is_none()
    }

    /// Does what a step does.
    fn apply(&mut self, process: &Process, id: &str, def: &'static Step, step: &Map, moments: &Expected) {
        let at = step.int("at").unwrap_or(0);
        let unit = step.id("unit").or_else(|| self.lead());
        match def.leads_from(self.status) {
            Some(To::State(next)) if next != self.status => {
                self.before.insert(def.code.code, self.status);
                (self.status, self.since) = (next, at);
            }
            Some(To::Before(code)) => {
                let next = self.before.get(code).copied().unwrap_or(process.states[0].code.code);
                (self.status, self.since) = (next, at);
            }
            _ => {}
        }
        let new = self.hand_on(id, def, step, unit, at);
        self.tick(def, step, &new, unit, at, moments);
        if let Some(kind) = step.int("whistle") {
            self.whistled = Some(kind);
        }
        if let Some(person) = step.id("person") {
            self.person = Some(person);
        }
        if def.answers {
            (self.answered_at, self.supervised_at) = (Some(at), None);
        }
        if def.presses {
            self.supervised_at = Some(at);
        }
        if def.is_act {
            self.notes_since = 0;
        } else if def.code.code == NOTE && process.is_done(self.status) {
            self.notes_since += 1;
        }
    }

    /// Who has it after a step that applied. Returns the units that it names anew.
    fn hand_on(&mut self, id: &str, def: &Step, step: &Map, unit: Option<Id>, at: i64) -> Vec<Id> {
        let named = || step.text("assisting").split(' ').filter_map(|id| id.parse::<Id>().ok());
        let end = |part: &mut Part| part.until = part.until.or(Some(at));
        let mut new: Vec<(Id, bool)> = Vec::new();
        match def.hands {
            Hands::Keep if def.of_unit => {
                if let Some(part) = self.parts.iter_mut().rev().find(|part| Some(part.unit) == unit) {
                    part.last = def.code.code.to_owned();
                }
            }
            Hands::Keep => {}
            Hands::Clear => self.parts.iter_mut().for_each(end),
            Hands::Name => {
                self.parts.iter_mut().for_each(end);
                new.extend(step.id("lead").map(|lead| (lead, true)));
                new.extend(named().map(|unit| (unit, false)));
                self.first_asked = self.first_asked.or(step.id("lead"));
            }
            Hands::Add => new.extend(named().map(|unit| (unit, false))),
            Hands::Return(street) => {
                for part in self.parts.iter_mut().filter(|part| part.until.is_none() && Some(part.unit) == unit) {
                    def.code.code.clone_into(&mut part.last);
                    part.until = Some(at);
                }
                // Without a lead the street names another one; who assists goes on.
                if self.lead().is_none() {
                    (self.status, self.since) = (street, at);
                }
            }
        }
        for (unit, leads) in &new {
            if !self.having().any(|part| part.unit == *unit) {
                self.parts.push(Part { unit: *unit, leads: *leads, step: id.to_owned(), since: at, last: String::new(), until: None });
            }
        }
        new.into_iter().map(|(unit, _)| unit).collect()
    }
}

/// Folds the steps of a case's document. Order: what the earliest `settled` steps name comes first, then hybrid time, then id.
pub fn fold(process: &'static Process, tree: &Map) -> Folded {
    fold_with(process, tree, None).0
}

/// The same, with the ends that `maker` finds for each step in place of those that stand there, and all that it found.
pub(super) fn fold_with(process: &'static Process, tree: &Map, maker: Option<&Clockmaker>) -> (Folded, Vec<Expected>) {
    let mut steps: Vec<(&str, &Map, Hybrid)> = tree.entries("steps").map(|(id, step)| (id, step, Hybrid(step.int("order").unwrap_or(i64::MAX)))).collect();
    steps.sort_by_key(|(id, _, order)| (*order, id.parse::<Id>().ok()));
    let covers = |step: &Map| -> HashSet<String> { step.text("covers").split(' ').map(str::to_owned).collect() };
    let settled: Vec<HashSet<String>> = steps.iter().filter(|(_, s, _)| s.text("kind") == SETTLED).map(|(_, s, _)| covers(s)).collect();
    // Stable: within a class the order above holds.
    steps.sort_by_key(|(id, ..)| settled.iter().position(|covered| covered.contains(*id)).unwrap_or(settled.len()));

    let mut folded = Folded {
        status: process.states[0].code.code,
        since: tree.int("at").unwrap_or(0),
        answered_at: None,
        steps: Vec::new(),
        whistled: None,
        parts: Vec::new(),
        first_asked: None,
        person: None,
        supervised_at: None,
        clocks: Vec::new(),
        notes_since: 0,
        unsettled: false,
        disputes: Vec::new(),
        before: HashMap::new(),
    };
    let mut all = Vec::new();
    let said = Expected::of("", tree);
    // What was imported was raised elsewhere, and its clocks ran there.
    if tree.get("by").is_some() {
        let begun = maker.map_or_else(|| said.clone(), |maker| maker.begin(process, tree, folded.since, &said));
        folded.begin(process, tree, &begun);
        all.push(begun);
    }
    let (mut unknown_since, mut replaced) = (None, Vec::new());
    for (id, step, _) in steps {
        let (code, at) = (step.text("kind"), step.int("at").unwrap_or(0));
        let Some(def) = process.step(code) else {
            unknown_since = unknown_since.or((!code.is_empty()).then_some(at));
            let without = code.is_empty().then_some(Without::State(folded.status));
            folded.steps.push(FoldedStep { id: id.to_owned(), code: code.to_owned(), without });
            continue;
        };
        let taken = Taken::of(id, step);
        let without = folded.refuses(def, &taken);
        let moments = match maker {
            None => taken.said,
            Some(maker) => {
                let mut found = maker.expect(process, tree, &folded, def, &taken);
                if !def.within.is_empty() {
                    found.ends_at = Clockmaker::limit(&folded, def, &taken);
                }
                found
            }
        };
        if without.is_none() {
            let stood = folded.status;
            folded.apply(process, id, def, step, &moments);
            if folded.status != stood {
                folded.unsettled = process.is_done(folded.status) && !settled.iter().any(|covered| covered.contains(id));
            }
            replaces(&mut replaced, id, def, step);
        }
        all.push(moments);
        folded.steps.push(FoldedStep { id: id.to_owned(), code: code.to_owned(), without });
    }
    folded.disputes = disputes(&replaced);
    // Those that are known have said who has it; where it stands nobody here can say.
    if let Some(since) = unknown_since {
        (folded.status, folded.since) = (UNKNOWN, since);
    }
    (folded, all)
}

/// A step that names what it replaces.
type Replacing<'a> = (&'a str, &'static str, &'a str, &'a Map);

fn replaces<'a>(all: &mut Vec<Replacing<'a>>, id: &'a str, def: &'static Step, step: &'a Map) {
    if def.hands == Hands::Name || !step.text("replaces").is_empty() {
        all.push((id, def.code.code, step.text("replaces"), step));
    }
}

/// Steps of one kind that replace the same with different values, and that no later step names together.
fn disputes(all: &[Replacing<'_>]) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    for (n, (id, code, replaces, step)) in all.iter().enumerate() {
        let differs = |other: &Map| ["lead", "assisting", "unit", "amount", "stage", "person", "note"].iter().any(|key| other.value(key) != step.value(key));
        let rivals = all[n + 1..].iter().filter(|(_, c, r, other)| c == code && r == replaces && differs(other));
        let all_of_them: Vec<&str> = std::iter::once(*id).chain(rivals.map(|(other, ..)| *other)).collect();
        let is_settled = all.iter().any(|(_, _, r, _)| all_of_them.iter().all(|one| r.split(' ').any(|named| named == *one)));
        let is_known = found.iter().any(|known| known.iter().any(|known| known == id));
        if all_of_them.len() > 1 && !is_settled && !is_known {
            found.push(all_of_them.into_iter().map(str::to_owned).collect());
        }
    }
    found
}
