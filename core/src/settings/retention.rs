use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::document::{self, RETENTION_KEY};
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// How long a new community keeps what, in months: three years, as long as a claim can ordinarily be brought to court (民法典
/// Art. 188). The law asks for the shortest time that the purpose needs (个人信息保护法 Art. 19); it is the community's to
/// change. `visit`: since the visit. `report`: since it was closed or declined; its figures stay. Service hours are their
/// owner's and have no rule.
pub const DEFAULT_RETENTION: &[(&str, i64)] = &[("visit", 36), ("report", 36)];

/// The months that a rule may have: phones hold a visit for one of these years.
const MONTHS: std::ops::RangeInclusive<i64> = 12..=1200;

/// Sets how long what is kept, and whether the hub sees to it by itself. Returns the settings document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetRetention {
    /// The community's settings document.
    pub settings: Id,
    /// Kinds (`visit`, `report`) with months; 0 keeps for ever.
    #[serde(default)]
    pub months: Vec<(String, i64)>,
    /// Whether a serving hub applies the rules every day; without it an administrator does.
    #[serde(default)]
    pub daily: Option<bool>,
}

impl Action for SetRetention {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        for (kind, months) in &self.months {
            if DEFAULT_RETENTION.iter().all(|(known, _)| known != kind) {
                return Err(Error::invalid("只能为走访（visit）和上报（report）设定保存期限", "only visit and report have a retention rule"));
            }
            if *months != 0 && !MONTHS.contains(months) {
                return Err(Error::invalid("保存期限须为0（不删除）或12到1200个月", "the months are 0 (kept for ever) or 12 to 1200"));
            }
        }
        edit.state(self.settings, document::SETTINGS.name, "社区设置", "settings")?;
        edit.write(self.settings, |w| {
            let root = w.at_path(&[])?;
            self.months.iter().try_for_each(|(kind, months)| w.update(&root, &format!("{RETENTION_KEY}{kind}"), &Value::from(*months)).map(drop))?;
            self.daily.map_or(Ok(()), |daily| w.update(&root, "retention_daily", &daily.into()).map(drop))
        })?;
        Ok(self.settings)
    }
}

/// What a community has set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingsView {
    /// The settings document.
    pub id: Id,
    /// Tags with how often their carriers are visited, in days; 0 for never by this rule.
    pub visit_rules: Vec<(String, i64)>,
    /// Kinds with how long they are kept, in months; 0 for ever.
    pub retention: Vec<(String, i64)>,
    /// Whether a serving hub applies `retention` every day.
    pub retention_daily: bool,
}

/// The settings of the community that commands are for.
pub fn settings(connection: &Connection) -> Result<SettingsView> {
    let rules = |sql: &str| -> Result<Vec<(String, i64)>> {
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_map([], |r| Ok((r.get(0)?, r.get::<_, Option<i64>>(1)?.unwrap_or(0))))?.collect::<rusqlite::Result<_>>()?)
    };
    let missing = || Error::not_found("没有找到社区设置，可能尚未同步", "no settings on this device; they may not have been synced yet");
    let mut statement = connection.prepare_cached("SELECT doc, coalesce(retention_daily, 0) FROM settings ORDER BY doc LIMIT 1")?;
    let (id, retention_daily) = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.next().ok_or_else(missing)??;
    Ok(SettingsView {
        id,
        visit_rules: rules("SELECT entry, every_days FROM visit_rules ORDER BY entry")?,
        retention: rules("SELECT entry, months FROM retention ORDER BY entry")?,
        retention_daily,
    })
}
