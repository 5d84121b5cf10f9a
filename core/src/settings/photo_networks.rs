use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::document;
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Over which networks photos are sent and fetched in full. Thumbnails are as small as documents and go with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoNetworks {
    /// 任何网络
    Any,
    /// 仅不按流量计费的网络: what a community has until it chooses, because workers pay for their phones' data themselves.
    #[default]
    Unmetered,
    /// 不传原图
    Never,
}

impl PhotoNetworks {
    /// All choices with their codes and what people call them.
    pub const ALL: [(Self, &'static str, &'static str); 3] =
        [(Self::Any, "any", "任何网络"), (Self::Unmetered, "unmetered", "仅无线网络"), (Self::Never, "never", "不传原图")];
}

impl fmt::Display for PhotoNetworks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(choice, ..)| choice == self).map_or("", |(_, code, _)| code))
    }
}

impl FromStr for PhotoNetworks {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|(_, code, zh)| *code == s || *zh == s);
        found
            .map(|(choice, ..)| *choice)
            .ok_or_else(|| Error::invalid("传原图的网络只能是：任何网络、仅无线网络、不传原图", "photos travel over one of any, unmetered, never"))
    }
}

/// Sets over which networks photos travel. Returns the settings document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetPhotoNetworks {
    /// The community's settings document.
    pub settings: Id,
    /// The choice.
    pub networks: PhotoNetworks,
}

impl Action for SetPhotoNetworks {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.settings, document::SETTINGS.name, "社区设置", "settings")?;
        edit.write(self.settings, |w| {
            let root = w.at_path(&[])?;
            w.update(&root, "photo_networks", &Value::from(self.networks.to_string().as_str())).map(drop)
        })?;
        Ok(self.settings)
    }
}
