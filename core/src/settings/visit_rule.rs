use serde::{Deserialize, Serialize};

use super::document;
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::households::check_tag;
use crate::ids::Id;

/// The rules a new community begins with: tag and days. They follow published rhythms (high-risk persons weekly, elderly in
/// difficulty and key persons at least monthly, others quarterly) and are the community's to change.
pub const DEFAULT_VISIT_RULES: &[(&str, i64)] = &[
    ("社区矫正", 7),
    ("精神障碍", 7),
    ("独居老人", 30),
    ("孤寡老人", 30),
    ("失能", 30),
    ("高龄老人", 30),
    ("困境儿童", 30),
    ("留守儿童", 30),
    ("空巢老人", 90),
    ("残疾人", 90),
    ("低保", 90),
];

/// Sets how often the carriers of tags are visited. Returns the settings document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetVisitRule {
    /// The community's settings document; `None` makes it (the hub, when a community begins).
    #[serde(default)]
    pub settings: Option<Id>,
    /// Tags with their rhythm in days, 0 for none.
    pub rules: Vec<(String, i64)>,
}

impl Action for SetVisitRule {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let mut rules = Vec::new();
        for (tag, days) in &self.rules {
            rules.push((check_tag(tag)?, *days));
            if !(0..=3650).contains(days) {
                return Err(Error::invalid("走访周期须在0到3650天之间", "the visiting rhythm must be 0 to 3650 days"));
            }
        }
        let Some(settings) = self.settings else {
            let id = edit.new_id();
            edit.create(id, document::SETTINGS.name, |w| {
                let container = w.at_path(&["visit_rules"])?;
                rules.iter().try_for_each(|(tag, days)| w.put(&container, tag, Value::from(*days)))
            })?;
            return Ok(id);
        };
        edit.state(settings, "settings", "社区设置", "settings")?;
        edit.write(settings, |w| {
            let container = w.at_path(&["visit_rules"])?;
            rules.iter().try_for_each(|(tag, days)| w.update(&container, tag, &Value::from(*days)).map(drop))
        })?;
        Ok(settings)
    }
}
