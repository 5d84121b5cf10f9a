use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::OfficeHours;
use crate::error::{Error, Result};
use crate::text::day::day;

/// What a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind {
    /// 工作日
    Working,
    /// 调休上班: a Saturday or Sunday that is worked.
    MakeUp,
    /// 周末
    Weekend,
    /// 放假: also a Monday to Friday that is not worked.
    Holiday,
}

impl DayKind {
    /// Whether the office is open.
    pub fn is_worked(self) -> bool {
        matches!(self, Self::Working | Self::MakeUp)
    }

    /// What people call it, Chinese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Working => ("工作日", "working day"),
            Self::MakeUp => ("调休上班", "make-up working day"),
            Self::Weekend => ("周末", "weekend"),
            Self::Holiday => ("放假", "holiday"),
        }
    }
}

/// Public holidays and make-up working days as they were announced at one time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Where it comes from: the announcement.
    pub source: String,
    /// Its days.
    pub days: Vec<Announced>,
}

/// A day that was announced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Announced {
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// Whether it is worked.
    pub worked: bool,
    /// What for (春节).
    pub name: String,
}

/// Reads announced days from rows of day, kind (`holiday`, `workday`, 放假, 上班, …) and name.
///
/// # Errors
/// `invalid` for a row that is wrong, with its number among `rows` (from 1), and for a day that stands twice.
pub fn read_version(source: &str, rows: &[[String; 3]]) -> Result<Version> {
    let (mut days, mut seen) = (Vec::new(), BTreeSet::new());
    for (n, [date, kind, name]) in (1..).zip(rows) {
        let wrong = |zh: String, en: String| Error::invalid(format!("第{n}行：{zh}"), format!("row {n}: {en}"));
        let date = day(date).map_err(|_| wrong(format!("“{date}”不是日期，请写作“2026-02-14”"), format!("{date} is not a day; write it as 2026-02-14")))?;
        let is_worked = match kind.trim() {
            "holiday" | "放假" | "休" | "假" => false,
            "workday" | "上班" | "班" | "调休" | "补班" => true,
            other => return Err(wrong(format!("“{other}”须是“放假”或“上班”"), format!("{other} must be holiday or workday"))),
        };
        days.push(Announced { date: date.to_string(), worked: is_worked, name: name.trim().to_owned() });
        if !seen.insert(date) {
            return Err(wrong(format!("{date} 出现了两次"), format!("{date} stands twice")));
        }
    }
    if days.is_empty() {
        return Err(Error::invalid("文件里没有放假或上班的日期", "the file has no days"));
    }
    Ok(Version { source: source.to_owned(), days })
}

/// Whether each day is worked, and what for.
type Days = BTreeMap<Date, (bool, String)>;

/// A community's calendar: what each day is, and when the office is open.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// By year, where its days come from, and those.
    years: BTreeMap<i16, (String, Days)>,
    /// When the office is open.
    pub hours: OfficeHours,
}

impl Calendar {
    /// The calendar by `versions`, oldest first. A year is as the version `named` (its place, from 0) covers it; if that one does not, as the
    /// first later one does, else as the last earlier one did. Without a name the last counts.
    pub fn new(versions: &[Version], named: Option<usize>, hours: OfficeHours) -> Self {
        let named = named.unwrap_or(versions.len().saturating_sub(1));
        let later = versions.get(named..).unwrap_or_default().iter();
        let earlier = versions.get(..named).unwrap_or_default().iter().rev();
        let mut years = BTreeMap::new();
        for version in later.chain(earlier) {
            let mut of_version: BTreeMap<i16, Days> = BTreeMap::new();
            for announced in &version.days {
                if let Ok(date) = announced.date.parse::<Date>() {
                    of_version.entry(date.year()).or_default().insert(date, (announced.worked, announced.name.clone()));
                }
            }
            for (year, days) in of_version {
                years.entry(year).or_insert_with(|| (version.source.clone(), days));
            }
        }
        Self { years, hours }
    }

    /// What a day is, what for, and whether its year was announced: until then weekends alone count (暂按周末计).
    pub fn day(&self, date: Date) -> (DayKind, &str, bool) {
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        let version = self.years.get(&date.year());
        match version.and_then(|(_, days)| days.get(&date)) {
            Some((true, name)) => (if weekend { DayKind::MakeUp } else { DayKind::Working }, name, true),
            Some((false, name)) => (DayKind::Holiday, name, true),
            None => (if weekend { DayKind::Weekend } else { DayKind::Working }, "", version.is_some()),
        }
    }

    /// Where the days of a year come from; `None` if it was not announced.
    pub fn source(&self, year: i16) -> Option<&str> {
        self.years.get(&year).map(|(source, _)| source.as_str())
    }
}
