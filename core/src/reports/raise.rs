use serde::{Deserialize, Serialize};
use serde_json::json;

use super::document;
use super::process::PROCESS;
use crate::cases::begun;
use crate::commands::{Action, Edit, check_note, check_position, check_text, check_time};
use crate::demands::RaiseDemand;
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::places::spot;

/// Raises a problem report. Returns the report's id; of one that names no grid the id of the demand that the hub makes a case of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RaiseReport {
    /// The grid it concerns, or the micro-grid of it; `None` for one that goes to the community's desk as a demand.
    #[serde(default)]
    pub place: Option<Id>,
    /// The code of its category; may be empty.
    #[serde(default)]
    pub category: String,
    /// What it is about, in a line.
    pub title: String,
    /// All there is to say; may be empty.
    #[serde(default)]
    pub detail: String,
    /// 一般, 较急 or 紧急; may be empty.
    #[serde(default)]
    pub urgency: String,
    /// Latitude in degrees (WGS-84).
    #[serde(default)]
    pub lat: Option<f64>,
    /// Longitude in degrees (WGS-84).
    #[serde(default)]
    pub lon: Option<f64>,
    /// What an imported report carries beside: its number, its reporter, its real times and its answer.
    #[serde(default)]
    pub imported: Option<Imported>,
}

/// What an imported report brings along.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    /// Its number where it comes from.
    pub number: String,
    /// Who asked, as the source says it.
    pub reporter: String,
    /// Where, as the source says it; may be empty.
    pub address: String,
    /// When it was raised, in seconds since the Unix epoch (UTC).
    pub raised_at: i64,
    /// Whether the source gives only the day.
    pub day_only: bool,
    /// The answer.
    pub answer: Option<ImportedAnswer>,
}

/// The answer that an imported report brings along.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportedAnswer {
    /// What was answered.
    pub text: String,
    /// Who answered, as the source says it; may be empty.
    pub by_name: String,
    /// When, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether the source gives only the day.
    pub day_only: bool,
}

/// The longest imported text, in bytes: well below what a change may carry.
const IMPORTED_BYTES: usize = 80_000;

impl Action for RaiseReport {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        // Who names no grid tells it: what becomes of it they follow in their own words' document.
        if self.place.is_none() && self.imported.is_none() {
            return self.as_demand().apply(edit);
        }
        let position = check_position(self.lat, self.lon)?;
        let urgency = check_note(&self.urgency, "紧急程度", "the urgency")?;
        let category = check_note(&self.category, "类别", "the category")?;
        let (title, detail) = match &self.imported {
            None if edit.asks(&document::TITLE) => (check_text(&self.title, "标题", "the title")?, check_note(&self.detail, "内容", "the detail")?),
            None => (check_note(&self.title, "标题", "the title")?, check_note(&self.detail, "内容", "the detail")?),
            Some(imported) => {
                check_time(imported.raised_at, "提出时间", "the time it was raised")?;
                let answer = imported.answer.as_ref().map_or(0, |a| a.text.len());
                if self.title.trim().is_empty() || self.detail.len() > IMPORTED_BYTES || answer > IMPORTED_BYTES {
                    return Err(Error::invalid("标题为空或内容过长", "the title is empty or a text is too long"));
                }
                (self.title.clone(), self.detail.clone())
            }
        };
        let spot = self.place.map(|place| spot(edit, place)).transpose()?;
        let clocks = if self.imported.is_none() { begun(&PROCESS, edit.settings()?.as_deref(), edit.stamp().at) } else { Vec::new() };
        let id = edit.new_id();
        let step = edit.new_id();
        edit.create(id, document::REPORT.name, |w| {
            let root = w.at_path(&[])?;
            match &self.imported {
                None => w.stamp(&root)?,
                Some(imported) => {
                    w.put(&root, "at", Value::from(imported.raised_at))?;
                    w.put(&root, "day_only", imported.day_only.then_some(true.into()))?;
                    w.put(&root, "number", Value::from(imported.number.as_str()))?;
                    w.put(&root, "address", Value::from(imported.address.as_str()))?;
                    w.put(&root, "reporter", Value::from(imported.reporter.as_str()))?;
                }
            }
            w.put(&root, "place", spot.map(|s| s.grid.into()))?;
            w.put(&root, "micro_grid", spot.and_then(|s| s.micro_grid).map(Value::from))?;
            w.put(&root, "category", Value::from(category.as_str()))?;
            w.put(&root, "title", Value::from(title.as_str()))?;
            w.put(&root, "detail", Value::from(detail.as_str()))?;
            w.put(&root, "urgency", Value::from(urgency.as_str()))?;
            w.put(&root, "lat", position.map(|p| p.0.into()))?;
            w.put(&root, "lon", position.map(|p| p.1.into()))?;
            clocks.into_iter().try_for_each(|(key, end)| w.put(&root, &key, end))?;
            if let Some(answer) = self.imported.as_ref().and_then(|i| i.answer.as_ref()) {
                let container = w.at_path(&["steps"])?;
                let map = w.new_map(&container, &step.to_string())?;
                w.put(&map, "kind", Value::from("feed_back"))?;
                w.put(&map, "note", Value::from(answer.text.as_str()))?;
                w.put(&map, "at", Value::from(answer.at))?;
                w.put(&map, "order", Value::from(answer.at.saturating_mul(1 << 16)))?;
                w.put(&map, "day_only", answer.day_only.then_some(true.into()))?;
                w.put(&map, "by_name", Value::from(answer.by_name.as_str()))?;
            }
            Ok(())
        })?;
        Ok(id)
    }
}

impl RaiseReport {
    fn as_demand(&self) -> RaiseDemand {
        let Self { category, title, detail, urgency, .. } = self;
        let position = self.lat.zip(self.lon).map(|(lat, lon)| json!({"lat": lat, "lon": lon}));
        RaiseDemand::of(json!({"title": title, "detail": detail, "category": category, "urgency": urgency, "position": position}))
    }
}
