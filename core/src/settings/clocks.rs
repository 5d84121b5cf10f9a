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
    /// When these were set, in seconds since the Unix epoch (UTC); the earliest time if they never were.
    pub hours_since: i64,
    /// What the community has set: amounts by setting (`report.finish`), empty for the default again; each with when it was set.
    pub amounts: BTreeMap<String, (String, i64)>,
}

impl ClockSettings {
    /// What stands in a settings document. What cannot be read, a newer gridwalk wrote: it is passed over.
    pub fn of(settings: &Map) -> Self {
        let beginning = |prefix: &'static str| settings.iter().filter_map(move |e| Some((e.key.strip_prefix(prefix)?, settings.text(&e.key))));
        let mut versions: Vec<(&str, &str)> = beginning(CALENDAR_KEY).collect();
        versions.sort_unstable();
        let since = |key: &str| settings.map(key).int("at").unwrap_or(i64::MIN);
        Self {
            versions: versions.iter().filter_map(|(_, body)| serde_json::from_str(body).ok()).collect(),
            hours: settings.text("office_hours").parse().unwrap_or_default(),
            hours_since: since("office_hours"),
            amounts: beginning(AMOUNT_KEY)
                .map(|(setting, amount)| (setting.to_owned(), (amount.to_owned(), since(&format!("{AMOUNT_KEY}{setting}")))))
                .collect(),
        }
    }
}
