use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::document::{self, CALENDAR_KEY};
use crate::calendar::{Calendar, Version};
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Adds a version of the public holidays and make-up working days. Earlier ones stay: clocks go on by the one that they name. Returns
/// the settings document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddCalendar {
    /// The community's settings document.
    pub settings: Id,
    /// The days as they were announced.
    pub version: Version,
}

impl Action for AddCalendar {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let state = edit.state(self.settings, document::SETTINGS.name, "社区设置", "settings")?;
        let body = serde_json::to_string(&self.version).map_err(|e| Error::internal("JSON").with_source(e))?;
        let numbers = state.iter().filter_map(|e| e.key.strip_prefix(CALENDAR_KEY)?.parse::<u32>().ok());
        let next = numbers.max().unwrap_or(0) + 1;
        edit.write(self.settings, |w| {
            let root = w.at_path(&[])?;
            w.update(&root, &format!("{CALENDAR_KEY}{next:04}"), &Value::from(body.as_str())).map(drop)
        })?;
        Ok(self.settings)
    }
}

/// The calendar of versions as they are kept, oldest first, and of office hours as they were set. What cannot be read, a newer
/// gridwalk wrote: it is passed over.
pub fn calendar_of(versions: &[String], hours: Option<&str>) -> Calendar {
    let versions: Vec<Version> = versions.iter().filter_map(|body| serde_json::from_str(body).ok()).collect();
    Calendar::new(&versions, None, hours.and_then(|text| text.parse().ok()).unwrap_or_default())
}

/// The calendar of the community that commands are for, by the last version of each year.
pub fn calendar(connection: &Connection) -> Result<Calendar> {
    let mut statement = connection.prepare_cached("SELECT body FROM calendars WHERE doc = (SELECT min(doc) FROM settings) ORDER BY entry")?;
    let versions = statement.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    let mut statement = connection.prepare_cached("SELECT office_hours FROM settings ORDER BY doc LIMIT 1")?;
    let hours = statement.query_map([], |r| r.get::<_, Option<String>>(0))?.next().transpose()?.flatten();
    Ok(calendar_of(&versions, hours.as_deref()))
}
