use serde::{Deserialize, Serialize};

use super::document::MEDIATION;
use crate::commands::{Action, Edit, check_note};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Begins a mediation. Returns its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddMediation {
    /// The circle that mediates.
    pub circle: Id,
    /// The report that it comes from: what is left empty here is taken from there, so that nothing is typed again.
    #[serde(default)]
    pub report: Option<Id>,
    /// Who quarrels.
    #[serde(default)]
    pub parties: String,
    /// What about.
    #[serde(default)]
    pub matter: String,
    /// Where.
    #[serde(default)]
    pub place: String,
    /// What else there is to say.
    #[serde(default)]
    pub note: String,
}

impl Action for AddMediation {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let (mut matter, mut place) = (check_note(&self.matter, "事由", "the matter")?, check_note(&self.place, "地点", "the place")?);
        let (parties, note) = (check_note(&self.parties, "当事人", "the parties")?, check_note(&self.note, "备注", "the note")?);
        if let Some(report) = self.report {
            let report = edit.state(report, "report", "这件上报", "report")?;
            if matter.is_empty() {
                matter = [report.text("title"), report.text("detail")].join("\n").trim().to_owned();
            }
            if place.is_empty() {
                place = report.text("address").to_owned();
            }
        }
        if matter.is_empty() {
            return Err(Error::invalid("请填写事由，或指明来自哪件上报", "say what it is about, or name the report it comes from"));
        }
        let id = edit.new_id();
        edit.create(id, MEDIATION.name, |w| {
            let root = w.at_path(&[])?;
            w.stamp(&root)?;
            w.put(&root, "circle", Value::from(self.circle))?;
            w.put(&root, "report", self.report.map(Value::from))?;
            [("parties", parties), ("matter", matter), ("place", place), ("note", note)]
                .into_iter()
                .try_for_each(|(key, text)| w.put(&root, key, Value::from(text.as_str())))
        })?;
        Ok(id)
    }
}
