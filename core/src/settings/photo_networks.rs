use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::dictionary::Code;
use crate::error::{Error, Result};

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

/// The choices, in the order of [`PhotoNetworks`].
pub const NETWORKS: &[Code] =
    &[Code::new("any", "任何网络", "any"), Code::new("unmetered", "仅无线网络", "unmetered"), Code::new("never", "不传原图", "never")];

impl PhotoNetworks {
    const ALL: [Self; 3] = [Self::Any, Self::Unmetered, Self::Never];

    /// Its choice in the dictionary.
    pub fn info(self) -> &'static Code {
        &NETWORKS[self as usize]
    }
}

impl fmt::Display for PhotoNetworks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info().code)
    }
}

impl FromStr for PhotoNetworks {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|choice| choice.info().code == s || choice.info().label.zh == s);
        found.ok_or_else(|| Error::invalid("传原图的网络只能是：任何网络、仅无线网络、不传原图", "photos travel over one of any, unmetered, never"))
    }
}
