use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fold::fold;
use super::moments::SET_KEY;
use super::process::{CALENDAR, SETTLED};
use super::state::Folded;
use crate::clock::Hybrid;
use crate::commands::{Action, Edit};
use crate::documents::{Map, Value};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::records::Json;

/// The hub names the steps that a case's end rests on: what is not among them sorts after it, whatever its time, so that a published
/// state does not flip. Returns the case's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettleCase {
    /// The case.
    pub case: Id,
}

impl Action for SettleCase {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let (state, folded) = folded_case(edit, self.case)?;
        if !folded.unsettled {
            return Ok(self.case);
        }
        // What ended before and was taken up again is settled once for each time: only what is new is named.
        let named = |id: &str| state.entries("steps").any(|(_, s)| s.text("covers").split(' ').any(|covered| covered == id));
        let order = edit.hybrid(state.entries("steps").filter_map(|(_, s)| s.int("order").map(Hybrid)));
        let covers = folded.steps.iter().map(|s| s.id.as_str()).filter(|id| !named(id)).collect::<Vec<_>>().join(" ");
        let id = edit.new_id();
        edit.write(self.case, |w| {
            let container = w.at_path(&["steps"])?;
            let map = w.new_map(&container, &id.to_string())?;
            w.stamp(&map)?;
            w.put(&map, "kind", Value::from(SETTLED))?;
            w.put(&map, "covers", Value::from(covers.as_str()))?;
            w.put(&map, "order", Value::from(order.0))
        })?;
        Ok(self.case)
    }
}

/// The hub writes ends of clocks and marks of what came in time into a case, where its author could not or a time was found later. Returns the
/// case's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetMoments {
    /// The case.
    pub case: Id,
    /// For each the step (empty for the case itself), key and value.
    pub moments: Vec<(String, String, Json)>,
}

impl Action for SetMoments {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let kind = edit.kind_of(self.case)?;
        let state = edit.state(self.case, kind.name, kind.rules.zh, kind.name)?;
        let there: Vec<_> = self.moments.iter().filter(|(step, ..)| step.is_empty() || state.present("steps", step)).collect();
        edit.write(self.case, |w| {
            for (step, key, json) in there {
                let value = match json {
                    Json::Bool(flag) => Value::Bool(*flag),
                    Json::String(text) => text.as_str().into(),
                    _ => return Err(Error::internal("neither a moment nor a mark")),
                };
                let map = if step.is_empty() { w.at_path(&[])? } else { w.at_path(&["steps", step])? };
                w.put(&map, key, value)?;
            }
            Ok(())
        })?;
        Ok(self.case)
    }
}

/// A calendar was replaced: the hub writes into a case a step with the new ends of the clocks that run; those that stood first stay readable. Returns the
/// step's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoveClocks {
    /// The case.
    pub case: Id,
    /// The new ends, by clock.
    pub ends: BTreeMap<String, String>,
}

impl Action for MoveClocks {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let (state, _) = folded_case(edit, self.case)?;
        let order = edit.hybrid(state.entries("steps").filter_map(|(_, s)| s.int("order").map(Hybrid)));
        let id = edit.new_id();
        edit.write(self.case, |w| {
            let container = w.at_path(&["steps"])?;
            let map = w.new_map(&container, &id.to_string())?;
            w.stamp(&map)?;
            w.put(&map, "kind", Value::from(CALENDAR))?;
            self.ends.iter().try_for_each(|(clock, end)| w.put(&map, &format!("{SET_KEY}{clock}"), Value::from(end.as_str())))?;
            w.put(&map, "order", Value::from(order.0))
        })?;
        Ok(id)
    }
}

/// A case's state with what it folds to.
pub(super) fn folded_case(edit: &mut Edit<'_>, case: Id) -> Result<(std::sync::Arc<Map>, Folded)> {
    let kind = edit.kind_of(case)?;
    let process = kind.process.ok_or_else(|| Error::internal("no case"))?;
    let state = edit.state(case, kind.name, kind.rules.zh, kind.name)?;
    let folded = fold(process, &state);
    Ok((state, folded))
}
