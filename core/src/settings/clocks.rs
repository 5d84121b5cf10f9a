//! How long clocks run in a community, and by which calendar.

use std::collections::BTreeMap;

use super::document::{AMOUNT_KEY, CALENDAR_KEY};
use crate::calendar::{OfficeHours, Version};
use crate::documents::Map;

/// What clocks of a community are reckoned by.
#[derive(Debug, Clone, Default)]
pub struct ClockSettings {
    /// The versions of public holidays and make-up working days, oldest first.
    pub versions: Vec<Version>,
    /// The office's hours.
    pub hours: OfficeHours,
    /// What the community has set: amounts by setting (`report.finish`).
    pub amounts: BTreeMap<String, String>,
}

impl ClockSettings {
    /// What stands in a settings document. What cannot be read, a newer gridwalk wrote: it is passed over.
    pub fn of(settings: &Map) -> Self {
        let beginning = |prefix: &'static str| settings.iter().filter_map(move |e| Some((e.key.strip_prefix(prefix)?, settings.text(&e.key))));
        let mut versions: Vec<(&str, &str)> = beginning(CALENDAR_KEY).collect();
        versions.sort_unstable();
        Self {
            versions: versions.iter().filter_map(|(_, body)| serde_json::from_str(body).ok()).collect(),
            hours: settings.text("office_hours").parse().unwrap_or_default(),
            amounts: beginning(AMOUNT_KEY).map(|(setting, amount)| (setting.to_owned(), amount.to_owned())).collect(),
        }
    }
}
