//! What a community sets for itself.

use std::collections::HashMap;

use gridwalk_core::settings::{SetRetention, SettingsView as CoreView};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::runtime::hop;
use crate::values::Id;

/// What a community has set.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SettingsView {
    /// The settings document.
    pub id: Id,
    /// Tags with how often their carriers are visited, in days; 0 for never by this rule.
    pub visit_rules: HashMap<String, i64>,
    /// Kinds (`visit`, `report`) with how long they are kept, in months; 0 for ever.
    pub retention: HashMap<String, i64>,
    /// Whether a serving hub applies `retention` every day.
    pub retention_daily: bool,
}

impl From<CoreView> for SettingsView {
    fn from(view: CoreView) -> Self {
        let CoreView { id, visit_rules, retention, retention_daily } = view;
        Self { id, visit_rules: visit_rules.into_iter().collect(), retention: retention.into_iter().collect(), retention_daily }
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The community's settings.
    pub async fn settings(&self) -> Result<SettingsView> {
        let core = self.core.clone();
        Ok(hop(move || core.settings()).await?.into())
    }

    /// Sets how long visits and closed reports are kept, in months (0 for ever), and whether a serving hub sees to it every
    /// day; what is not named stays. At the desk.
    #[uniffi::method(default(months = None, daily = None, command_id = None))]
    pub async fn set_retention(&self, settings: Id, months: Option<HashMap<String, i64>>, daily: Option<bool>, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, SetRetention { settings, months: months.unwrap_or_default().into_iter().collect(), daily }).await
    }
}
