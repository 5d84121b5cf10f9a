use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::process::{DefaultAmount, Process, kinds_with_process};
use crate::calendar::Amount;
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::settings::document::{AMOUNT_KEY, SETTINGS};

/// Sets how long a clock runs in a community. Returns the settings document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetAmount {
    /// The community's settings document.
    pub settings: Id,
    /// The setting: `report.finish`.
    pub setting: String,
    /// How long, as people write it (`5 working days`); empty for the default again.
    pub amount: String,
}

impl Action for SetAmount {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        if !defaults().any(|(process, default)| is_called(process, default, &self.setting)) {
            let all: Vec<String> = defaults().map(|(process, default)| format!("{}.{}", process.name, default.setting)).collect();
            return Err(Error::invalid(format!("没有这个时限；有：{}", all.join("、")), format!("there is no such clock; there are {}", all.join(", ")))
                .in_field("setting"));
        }
        let amount = self.amount.trim();
        if !amount.is_empty() {
            amount.parse::<Amount>().map_err(|flaw| flaw.in_field("amount"))?;
        }
        edit.state(self.settings, SETTINGS.name, "社区设置", "settings")?;
        edit.write(self.settings, |w| {
            let root = w.at_path(&[])?;
            w.update(&root, &format!("{AMOUNT_KEY}{}", self.setting), &Value::from(amount)).map(drop)
        })?;
        Ok(self.settings)
    }
}

fn defaults() -> impl Iterator<Item = (&'static Process, &'static DefaultAmount)> {
    kinds_with_process().flat_map(|(_, process)| process.amounts.iter().map(move |default| (process, default)))
}

fn is_called(process: &Process, default: &DefaultAmount, setting: &str) -> bool {
    setting.split_once('.') == Some((process.name, default.setting))
}

/// How long a clock runs in a community.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AmountView {
    /// The setting: `report.finish`.
    pub setting: String,
    /// What it is about, Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// How long, as people write it.
    pub amount: String,
    /// Whether the community has set nothing: a default.
    pub is_default: bool,
    /// Where the default comes from.
    pub source: String,
}

/// How long every clock runs; `set` are the community's own amounts by setting.
pub fn amounts_with(set: &dyn Fn(&str) -> Option<String>) -> Vec<AmountView> {
    defaults()
        .map(|(process, default)| {
            let setting = format!("{}.{}", process.name, default.setting);
            let own = set(&setting).filter(|amount| !amount.is_empty());
            AmountView {
                zh: format!("{}：{}", process.zh(), default.label.zh),
                en: format!("{}: {}", process.name, default.label.en),
                is_default: own.is_none(),
                amount: own.unwrap_or_else(|| default.amount.to_owned()),
                source: default.source.to_owned(),
                setting,
            }
        })
        .collect()
}

/// The same in the community that commands are for.
pub fn amounts(connection: &Connection) -> Result<Vec<AmountView>> {
    let mut statement = connection.prepare_cached("SELECT entry, coalesce(amount, '') FROM amounts WHERE doc = (SELECT min(doc) FROM settings)")?;
    let set = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<std::collections::HashMap<String, String>>>()?;
    Ok(amounts_with(&|setting| set.get(setting).cloned()))
}
