use serde::{Deserialize, Serialize};

use super::document;
use crate::cases::{fold, moment_of};
use crate::commands::{Action, Edit};
use crate::documents::{Map, Value};
use crate::error::Result;
use crate::ids::Id;
use crate::reports::PROCESS;

/// The steps that whoever told of it hears of.
const PUBLIC: &[&str] =
    &["accept", "decline", "withdraw", "study", "whistle", "dispatch", "arrive", "handle", "defer", "suspend", "resume", "feed_back", "close", "reopen"];
/// Those whose words are for them.
const ANSWERS: &[&str] = &["decline", "feed_back", "suspend"];

/// A step of the case, as it is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The step's id in the case.
    pub step: String,
    /// What was done, a step's code.
    pub kind: String,
    /// When, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// What was answered.
    pub note: String,
    /// Until when it is promised, or can be taken up again; in seconds since the Unix epoch (UTC).
    pub until: Option<i64>,
}

/// The hub tells in a demand what became of its case, and lets the unit that leads read it. Returns the demand's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TellDemand {
    /// The demand.
    pub demand: Id,
    /// What is new of the case.
    pub steps: Vec<Told>,
    /// The unit that leads it now.
    pub lead: Option<Id>,
    /// The grid that it lies in now.
    pub place: Option<Id>,
}

impl Action for TellDemand {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.demand, document::DEMAND.name, "这件诉求", "demand")?;
        let entries: Vec<Id> = self.steps.iter().map(|_| edit.new_id()).collect();
        edit.write(self.demand, |w| {
            let root = w.at_path(&[])?;
            for (told, entry) in self.steps.iter().zip(entries) {
                let container = w.at_path(&["public"])?;
                let map = w.new_map(&container, &entry.to_string())?;
                w.put(&map, "step", Value::from(told.step.as_str()))?;
                w.put(&map, "kind", Value::from(told.kind.as_str()))?;
                w.put(&map, "taken_at", Value::from(told.at))?;
                w.put(&map, "note", Value::from(told.note.as_str()))?;
                w.put(&map, "until", told.until.map(Value::from))?;
            }
            w.update(&root, "lead", &self.lead.map_or(Value::Null, Value::from))?;
            self.place.map_or(Ok(()), |place| w.update(&root, "place", &place.into()).map(drop))
        })?;
        Ok(self.demand)
    }
}

/// What a demand was not told yet of its `case`; `None` if it knows everything.
pub fn untold(id: Id, demand: &Map, case: &Map) -> Option<TellDemand> {
    let folded = fold(&PROCESS, case);
    let steps = case.map("steps");
    let is_told = |step: &str| demand.entries("public").any(|(_, told)| told.text("step") == step);
    let new = folded.steps.iter().filter(|s| s.without.is_none() && PUBLIC.contains(&s.code.as_str()) && !is_told(&s.id));
    let tell: Vec<Told> = new
        .map(|step| {
            let map = steps.map(&step.id);
            let note = if ANSWERS.contains(&step.code.as_str()) { map.text("note") } else { "" };
            let clock = if step.code == "close" { "reopen" } else { "finish" };
            Told { step: step.id.clone(), kind: step.code.clone(), at: map.int("at").unwrap_or(0), note: note.to_owned(), until: moment_of(map, clock) }
        })
        .collect();
    let (lead, place) = (folded.lead(), case.id("place"));
    let is_known = tell.is_empty() && demand.id("lead") == lead && (place.is_none() || demand.id("place") == place);
    (!is_known).then_some(TellDemand { demand: id, steps: tell, lead, place })
}
