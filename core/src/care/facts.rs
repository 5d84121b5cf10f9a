use serde::{Deserialize, Serialize};

use super::document::{HEALTH, HEALTH_FACTS, MINOR, MINOR_FACTS};
use crate::commands::{Action, Edit, check_note};
use crate::documents::{Kind, Value};
use crate::error::{Error, Result};
use crate::ids::Id;

/// One fact, by its code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Which: a code of `HEALTH_FACTS` or `MINOR_FACTS`.
    pub field: String,
    /// What is known; empty clears it.
    pub text: String,
}

/// Records what is known of a resident's health. Returns the document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddHealth {
    /// The health circle that reads it.
    pub circle: Id,
    /// The household.
    pub household: Id,
    /// The resident, as an entry of the household.
    pub resident: Id,
    /// What is known.
    pub facts: Vec<Fact>,
}

/// Edits facts of a resident's health; others stay. Returns the document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditHealth {
    /// The document.
    pub health: Id,
    /// What changes.
    pub facts: Vec<Fact>,
}

/// Records what is known of a minor. Returns the document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddMinor {
    /// The circle for minors that reads it.
    pub circle: Id,
    /// The household.
    pub household: Id,
    /// The resident, as an entry of the household.
    pub resident: Id,
    /// What is known.
    pub facts: Vec<Fact>,
}

/// Edits facts about a minor; others stay. Returns the document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditMinor {
    /// The document.
    pub minor: Id,
    /// What changes.
    pub facts: Vec<Fact>,
}

impl Action for AddHealth {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        add(edit, &HEALTH, &HEALTH_FACTS, [self.circle, self.household, self.resident], &self.facts)
    }
}

impl Action for EditHealth {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        change(edit, self.health, &HEALTH, &HEALTH_FACTS, &self.facts)
    }
}

impl Action for AddMinor {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        add(edit, &MINOR, &MINOR_FACTS, [self.circle, self.household, self.resident], &self.facts)
    }
}

impl Action for EditMinor {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        change(edit, self.minor, &MINOR, &MINOR_FACTS, &self.facts)
    }
}

fn checked<'a>(facts: &'a [Fact], known: &[(&str, &str)]) -> Result<Vec<(&'a str, Value)>> {
    facts
        .iter()
        .map(|fact| {
            let (_, zh) = known.iter().find(|(code, _)| *code == fact.field).ok_or_else(|| {
                let codes: Vec<&str> = known.iter().map(|(code, _)| *code).collect();
                Error::invalid("没有这一项", format!("no such fact; one of {}", codes.join(", ")))
            })?;
            Ok((fact.field.as_str(), Value::from(check_note(&fact.text, zh, "the text")?.as_str())))
        })
        .collect()
}

fn add(edit: &mut Edit<'_>, kind: &Kind, known: &[(&str, &str)], about: [Id; 3], facts: &[Fact]) -> Result<Id> {
    let facts = checked(facts, known)?;
    let id = edit.new_id();
    edit.create(id, kind.name, |w| {
        let root = w.at_path(&[])?;
        w.stamp(&root)?;
        ["circle", "household", "resident"].iter().zip(about).try_for_each(|(key, id)| w.put(&root, key, Value::from(id)))?;
        facts.into_iter().try_for_each(|(key, value)| w.put(&root, key, value))
    })?;
    Ok(id)
}

fn change(edit: &mut Edit<'_>, id: Id, kind: &Kind, known: &[(&str, &str)], facts: &[Fact]) -> Result<Id> {
    let facts = checked(facts, known)?;
    edit.state(id, kind.name, "这份资料", "record")?;
    edit.write(id, |w| {
        let root = w.at_path(&[])?;
        facts.iter().try_for_each(|(key, value)| w.update(&root, key, value).map(drop))
    })?;
    Ok(id)
}
