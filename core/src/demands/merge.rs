use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::document;
use crate::cases::AddStep;
use crate::commands::{Action, Edit, Meant};
use crate::documents::{Map, Value};
use crate::error::{Error, Result};
use crate::ids::Id;

/// Puts a demand under another case that is about the same: its own case is merged into that one. Returns the demand's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MergeDemand {
    /// The demand.
    pub demand: Id,
    /// The case that it goes under.
    pub into: Id,
    /// Others that were merged into its case before: they go along. The phone names them when this is done.
    #[serde(default)]
    pub along: Vec<Id>,
}

impl MergeDemand {
    /// Puts a demand under a case.
    pub fn of(demand: Id, into: Id) -> Self {
        Self { demand, into, along: Vec::new() }
    }
}

impl Action for MergeDemand {
    fn meant(&self, store: &Connection, _person: Id, _now: i64) -> Result<Meant> {
        let mut statement = store.prepare_cached(
            "SELECT o.doc FROM demands o JOIN demands d ON d.doc = ?1 AND d.report = d.origin AND o.report = d.origin AND o.doc <> d.doc ORDER BY o.doc",
        )?;
        let along = statement.query_map([self.demand], |r| r.get(0))?.collect::<rusqlite::Result<Vec<Id>>>()?;
        Ok(if along.is_empty() { Meant::AsGiven } else { Meant::Instead(Box::new(Self { along, ..self.clone() }.into())) })
    }

    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let demand = edit.state(self.demand, document::DEMAND.name, "这件诉求", "demand")?;
        let (case, origin) = cases_of(&demand)?;
        if case == self.into || origin == self.into {
            return Err(Error::invalid("这件诉求已在这件事项中", "the demand has this case already").in_field("into"));
        }
        edit.state(self.into, "report", "这件事项", "case")?;
        if case == origin {
            AddStep::new(origin, "merge").with("other", self.into.to_string()).apply(edit)?;
        }
        for other in &self.along {
            edit.state(*other, document::DEMAND.name, "这件诉求", "demand")?;
            set_case(edit, *other, self.into)?;
        }
        set_case(edit, self.demand, self.into)
    }
}

/// Takes a merged demand apart again: it has its own case, with its own time. Returns the demand's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TakeApart {
    /// The demand.
    pub demand: Id,
}

impl Action for TakeApart {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let demand = edit.state(self.demand, document::DEMAND.name, "这件诉求", "demand")?;
        let (case, origin) = cases_of(&demand)?;
        if case == origin {
            return Err(Error::invalid("这件诉求没有并入别的事项", "the demand is not merged"));
        }
        AddStep::new(origin, "take_apart").apply(edit)?;
        set_case(edit, self.demand, origin)
    }
}

/// The case that a demand has, and the one that was made of it.
fn cases_of(demand: &Map) -> Result<(Id, Id)> {
    let both = demand.id("report").zip(demand.id("origin"));
    both.ok_or_else(|| Error::invalid("服务器还没有为这件诉求立项，请同步后再试", "the hub has not made a case of it yet; sync first"))
}

fn set_case(edit: &mut Edit<'_>, demand: Id, case: Id) -> Result<Id> {
    edit.write(demand, |w| {
        let root = w.at_path(&[])?;
        w.update(&root, "report", &Value::from(case)).map(drop)
    })?;
    Ok(demand)
}
