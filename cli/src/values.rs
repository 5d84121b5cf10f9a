//! What people type as values of options. A wrong one is a wrong command line.

use std::ffi::OsString;
use std::str::FromStr;

use gridwalk_core::commands::check_position;
use gridwalk_core::households::ResidentField;
use gridwalk_core::{Error, Id, Result};

use crate::words;

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
    let bad = |_| Error::invalid("时间请写作“年-月-日 时:分”，如 2026-03-02 08:30", "write a time as YYYY-MM-DD HH:MM, such as 2026-03-02 08:30");
    let civil = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M", text.trim()).map_err(bad)?;
    jiff::tz::Offset::constant(8).to_timestamp(civil).map(|t| t.as_second()).map_err(bad)
}

/// A tag to give (`+低保`) or to take away (`-低保`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagEdit {
    /// Gives it.
    Give(String),
    /// Takes it away.
    Take(String),
}

impl FromStr for TagEdit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match (text.strip_prefix(['+', '＋']), text.strip_prefix(['-', '－'])) {
            (Some(tag), _) => Ok(Self::Give(tag.to_owned())),
            (_, Some(tag)) => Ok(Self::Take(tag.to_owned())),
            _ => Err(Error::invalid("标签前请写 + 或 -，如 +低保、-低保", "write + or - before a tag, such as +低保 or -低保")),
        }
    }
}

/// A new value of a resident's field, `name=…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldEdit(pub ResidentField, pub String);

const FIELDS: &[(ResidentField, &str, &str)] = &[
    (ResidentField::Name, "name", "姓名"),
    (ResidentField::Sex, "sex", "性别"),
    (ResidentField::Birth, "birth", "出生"),
    (ResidentField::Relation, "relation", "关系"),
    (ResidentField::Phone, "phone", "电话"),
    (ResidentField::State, "state", "状态"),
];

impl FromStr for FieldEdit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || {
            Error::invalid(
                "请写作“项目=内容”，项目是姓名、性别、出生、关系、电话或状态",
                "write FIELD=VALUE; the field is one of name, sex, birth, relation, phone, state",
            )
        };
        let (field, value) = text.split_once(['=', '＝']).ok_or_else(bad)?;
        let (field, ..) = FIELDS.iter().find(|(_, code, zh)| [*code, *zh].contains(&field.trim())).ok_or_else(bad)?;
        let value = if *field == ResidentField::State { words::code(words::RESIDENT_STATES, value) } else { value };
        Ok(Self(*field, value.to_owned()))
    }
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

    #[test]
    fn tags_are_given_and_taken() {
        assert_eq!("+低保".parse::<TagEdit>().unwrap(), TagEdit::Give("低保".into()));
        assert_eq!("-低保".parse::<TagEdit>().unwrap(), TagEdit::Take("低保".into()));
        assert!("低保".parse::<TagEdit>().is_err());
    }

    #[test]
    fn fields_are_named_in_either_language() {
        assert_eq!("电话=1380".parse::<FieldEdit>().unwrap(), FieldEdit(ResidentField::Phone, "1380".into()));
        assert_eq!("state=去世".parse::<FieldEdit>().unwrap(), FieldEdit(ResidentField::State, "deceased".into()));
        assert!("residents=x".parse::<FieldEdit>().is_err());
    }
}
