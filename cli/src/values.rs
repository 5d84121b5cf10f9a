//! What people type as values of options. A wrong one is a wrong command line.

use std::ffi::OsString;
use std::str::FromStr;

use gridwalk_core::clock::parse_beijing;
use gridwalk_core::commands::check_position;
use gridwalk_core::{Error, Id, Result};

/// An id, as [`not_an_option`] leaves it.
pub fn id(text: &str) -> Result<Id> {
    text.trim().parse()
}

/// One id in 64 begins with a hyphen and would be taken for an option: a blank before it says that it is none.
pub fn not_an_option(arg: OsString) -> OsString {
    match arg.to_str() {
        Some(text) if text.starts_with('-') && text.parse::<Id>().is_ok() => format!(" {text}").into(),
        _ => arg,
    }
}

/// Latitude and longitude in degrees (WGS-84), `LAT,LON`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position(pub f64, pub f64);

impl FromStr for Position {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || Error::invalid("位置请写作“纬度,经度”，如 30.2741,120.1551", "write a position as LAT,LON, such as 30.2741,120.1551");
        let (lat, lon) = text.split_once([',', '，']).ok_or_else(bad)?;
        let (lat, lon) = (lat.trim().parse().map_err(|_| bad())?, lon.trim().parse().map_err(|_| bad())?);
        check_position(Some(lat), Some(lon))?;
        Ok(Self(lat, lon))
    }
}

/// A moment of China's time, `YYYY-MM-DD HH:MM`, in seconds since the Unix epoch (UTC).
pub fn moment(text: &str) -> Result<i64> {
    let bad = || Error::invalid("时间请写作“年-月-日 时:分”，如 2026-03-02 08:30", "write a time as YYYY-MM-DD HH:MM, such as 2026-03-02 08:30");
    parse_beijing(text.trim()).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_lie_on_the_globe() {
        assert_eq!("30.5, -120".parse::<Position>().unwrap(), Position(30.5, -120.0));
        assert_eq!("30.5，120".parse::<Position>().unwrap(), Position(30.5, 120.0));
        for bad in ["", "30", "30,181", "nan,0", "91,0", "a,b", "1,2,3"] {
            assert!(bad.parse::<Position>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_id_that_begins_with_a_hyphen_is_no_option() {
        let arg = not_an_option("-hP9n-fdQS5Ht6wJ.4".into());
        assert!(!arg.to_str().unwrap().starts_with('-'));
        assert_eq!(id(arg.to_str().unwrap()).unwrap().to_string(), "-hP9n-fdQS5Ht6wJ.4");
        assert_eq!(not_an_option("--json".into()), "--json");
    }
}
