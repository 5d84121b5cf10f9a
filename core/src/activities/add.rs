use serde::{Deserialize, Serialize};

use super::document;
use crate::commands::{Action, Edit, check_text, check_time};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Adds an activity. Returns its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddActivity {
    /// What it is called.
    pub title: String,
    /// One of the six task kinds of dual report, or another.
    pub task: String,
    /// The grid it takes place in.
    #[serde(default)]
    pub place: Option<Id>,
    /// When it begins, in seconds since the Unix epoch (UTC).
    pub starts_at: i64,
    /// When it ends.
    pub ends_at: i64,
    /// How many can take part; `None` for as many as come.
    #[serde(default)]
    pub places: Option<u32>,
    /// Who has claimed a place already (import).
    #[serde(default)]
    pub claims: Vec<Id>,
}

impl Action for AddActivity {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let title = check_text(&self.title, "名称", "the title")?;
        let task = check_text(&self.task, "任务类别", "the task")?;
        let starts_at = check_time(self.starts_at, "开始时间", "the start")?;
        let ends_at = check_time(self.ends_at, "结束时间", "the end")?;
        if ends_at <= starts_at {
            return Err(Error::invalid("结束时间须晚于开始时间", "an activity ends after it begins"));
        }
        if self.places == Some(0) {
            return Err(Error::invalid("名额至少1个；不限名额请留空", "an activity has at least one place; leave it empty for no limit"));
        }
        let id = edit.new_id();
        edit.create(id, document::ACTIVITY.name, |w| {
            let root = w.at_path(&[])?;
            w.stamp(&root)?;
            w.put(&root, "title", Value::from(title.as_str()))?;
            w.put(&root, "task", Value::from(task.as_str()))?;
            w.put(&root, "place", self.place.map(Value::from))?;
            w.put(&root, "starts_at", Value::from(starts_at))?;
            w.put(&root, "ends_at", Value::from(ends_at))?;
            w.put(&root, "places", self.places.map(|places| i64::from(places).into()))?;
            let claims = w.at_path(&["claims"])?;
            self.claims.iter().try_for_each(|person| w.put(&claims, &person.to_string(), Value::from(true)))
        })?;
        Ok(id)
    }
}
