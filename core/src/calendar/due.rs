use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use super::{Calendar, DayKind};
use crate::error::{Error, Result};

/// China's one zone.
const CHINA: Offset = Offset::constant(8);

/// So many days are looked at before a clock is said to have no end: ten years.
const MOST_DAYS: usize = 3_660;

/// How long a clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// 自然分钟、自然小时、自然日, in minutes: they run on, day and night.
    Minutes(u32),
    /// 工作小时, in minutes: within office hours alone.
    WorkingMinutes(u32),
    /// 工作日: to the office's closing hour of the Nth working day after the day of the start.
    WorkingDays(u32),
}

impl FromStr for Amount {
    type Err = Error;

    /// `5 working days`, `5个工作日`, `2 working hours`, `2个工作小时`, `24 hours`, `24小时`, `30 minutes`, `30分钟`, `3 days`, `3天`.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(
                "期限请写作“5个工作日”“2个工作小时”“24小时”“30分钟”或“3天”，数量在1到1000之间",
                "write an amount as 5 working days, 2 working hours, 24 hours, 30 minutes or 3 days; 1 to 1,000",
            )
        };
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let amount: u32 = text[..digits].parse().ok().filter(|n| (1..=1_000).contains(n)).ok_or_else(wrong)?;
        match text[digits..].trim_start_matches(['个', ' ']) {
            "working days" | "working day" | "工作日" => Ok(Self::WorkingDays(amount)),
            "working hours" | "working hour" | "工作小时" | "工作时" => Ok(Self::WorkingMinutes(amount * 60)),
            "hours" | "hour" | "natural hours" | "小时" | "自然小时" => Ok(Self::Minutes(amount * 60)),
            "minutes" | "minute" | "natural minutes" | "分钟" | "自然分钟" => Ok(Self::Minutes(amount)),
            "days" | "day" | "natural days" | "天" | "日" | "自然日" => Ok(Self::Minutes(amount * 24 * 60)),
            _ => Err(wrong()),
        }
    }
}

/// A day that a clock ran over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The day, Beijing's.
    pub date: Date,
    /// What it is.
    pub kind: DayKind,
    /// What for, if it was announced (春节).
    pub name: String,
    /// Of a clock in working days, which one it is; 0 for one that does not count.
    pub day: u32,
    /// Of a clock in working hours, how many minutes of it counted.
    pub minutes: i64,
}

/// When a clock ends, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The end, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// The days it ran over, the day of the start first; none for natural hours.
    pub days: Vec<Counted>,
    /// The first year whose holidays were not announced: its days are counted by weekends (暂按周末计), and the end moves when they are.
    pub assumed: Option<i16>,
}

impl Calendar {
    /// When a clock of `amount` that starts at `start` (seconds since the Unix epoch, UTC) ends.
    ///
    /// # Errors
    /// `invalid` for a time that no calendar has, and for a calendar on which the clock has no end within ten years.
    pub fn due(&self, start: i64, amount: Amount) -> Result<Due> {
        let impossible = || Error::invalid("时间不正确", "the time is not possible");
        let starts = CHINA.to_datetime(jiff::Timestamp::from_second(start).map_err(|_| impossible())?);
        if let Amount::Minutes(minutes) = amount {
            let at = start.checked_add(i64::from(minutes) * 60).ok_or_else(impossible)?;
            return Ok(Due { at, days: Vec::new(), assumed: None });
        }
        let mut days = Vec::new();
        let mut assumed = None;
        let (mut day, mut left) = (0, if let Amount::WorkingMinutes(minutes) = amount { i64::from(minutes) } else { 0 });
        let mut date = starts.date();
        for _ in 0..MOST_DAYS {
            let (kind, name, announced) = self.day(date);
            assumed = assumed.or_else(|| (!announced).then(|| date.year()));
            let mut counted = Counted { date, kind, name: name.to_owned(), day: 0, minutes: 0 };
            let mut end = None;
            match amount {
                Amount::WorkingDays(most) if kind.is_worked() && date > starts.date() => {
                    day += 1;
                    counted.day = day;
                    end = (day == most).then(|| self.hours.of(date).last().map(|(_, closes)| *closes)).flatten();
                }
                Amount::WorkingMinutes(_) if kind.is_worked() => {
                    for (opens, closes) in self.hours.of(date) {
                        let from = if date == starts.date() { (*opens).max(starts.time()) } else { *opens };
                        let minutes = minutes_between(from, *closes);
                        if minutes >= left {
                            counted.minutes += left;
                            end = Some(from.saturating_add(left.minutes()));
                            break;
                        }
                        counted.minutes += minutes;
                        left -= minutes;
                    }
                }
                _ => {}
            }
            days.push(counted);
            if let Some(time) = end {
                let at = CHINA.to_timestamp(DateTime::from_parts(date, time)).map_err(|_| impossible())?.as_second();
                return Ok(Due { at, days, assumed });
            }
            date = date.tomorrow().map_err(|_| impossible())?;
        }
        Err(Error::invalid("按这份日历十年内没有到期的时间，请核对放假安排", "by this calendar the clock has no end within ten years; check its holidays"))
    }
}

impl Calendar {
    /// From when a clock of `amount` that started at `from` and ends at `ends_at` is soon due: one working day before the end of one in
    /// days, at the office's closing hour; the last quarter of one in hours. Seconds since the Unix epoch (UTC).
    pub fn yellow(&self, from: i64, ends_at: i64, amount: Amount) -> i64 {
        match amount {
            Amount::WorkingDays(_) => self.working_day_before(ends_at).unwrap_or(from),
            Amount::Minutes(_) => ends_at - (ends_at - from).max(0) / 4,
            Amount::WorkingMinutes(minutes) => self.due(from, Amount::WorkingMinutes((minutes - minutes / 4).max(1))).map_or(from, |due| due.at),
        }
    }

    /// Where a clock that would have ended at `ends_at` ends after it stood still from `from` to `until`: later by the working days after the day it began
    /// up to the day it ended, or by the hours of its own sort that it lasted. Seconds since the Unix epoch (UTC).
    pub fn moved(&self, ends_at: i64, amount: Amount, from: i64, until: i64) -> i64 {
        let stood = match amount {
            Amount::Minutes(_) => return ends_at + (until - from).max(0),
            Amount::WorkingDays(_) => Amount::WorkingDays(self.working_days(from, until)),
            Amount::WorkingMinutes(_) => Amount::WorkingMinutes(self.working_minutes(from, until)),
        };
        if matches!(stood, Amount::WorkingDays(0) | Amount::WorkingMinutes(0)) {
            return ends_at;
        }
        self.due(ends_at, stood).map_or(ends_at, |due| due.at)
    }

    /// The closing hour of the last working day before the day of `at`.
    fn working_day_before(&self, at: i64) -> Option<i64> {
        let mut date = CHINA.to_datetime(jiff::Timestamp::from_second(at).ok()?).date();
        for _ in 0..MOST_DAYS {
            date = date.yesterday().ok()?;
            if self.day(date).0.is_worked() {
                let (_, closes) = self.hours.of(date).last()?;
                return Some(CHINA.to_timestamp(DateTime::from_parts(date, *closes)).ok()?.as_second());
            }
        }
        None
    }

    /// The days of Beijing from the day of `from` to the day of `until`, at most ten years of them.
    fn days_between(from: i64, until: i64) -> impl Iterator<Item = DateTime> {
        let day = |at| Some(CHINA.to_datetime(jiff::Timestamp::from_second(at).ok()?));
        let (first, last) = (day(from), day(until));
        let next = |at: &DateTime| Some(DateTime::from_parts(at.date().tomorrow().ok()?, Time::midnight()));
        std::iter::successors(first, next).take(MOST_DAYS).take_while(move |at| last.is_some_and(|last| at.date() <= last.date()))
    }

    fn working_days(&self, from: i64, until: i64) -> u32 {
        let worked = Self::days_between(from, until).skip(1).filter(|at| self.day(at.date()).0.is_worked()).count();
        u32::try_from(worked).unwrap_or(u32::MAX)
    }

    fn working_minutes(&self, from: i64, until: i64) -> u32 {
        let ends = jiff::Timestamp::from_second(until).map(|at| CHINA.to_datetime(at));
        let minutes: i64 = Self::days_between(from, until)
            .filter(|at| self.day(at.date()).0.is_worked())
            .flat_map(|at| self.hours.of(at.date()).iter().map(move |(opens, closes)| (at, *opens, *closes)))
            .map(|(at, opens, closes)| {
                let last = ends.as_ref().ok().filter(|ends| ends.date() == at.date()).map_or(closes, |ends| closes.min(ends.time()));
                minutes_between(opens.max(at.time()), last)
            })
            .sum();
        u32::try_from(minutes).unwrap_or(u32::MAX)
    }
}

/// Whole minutes from one time of a day to a later one, 0 if it is not later. Seconds that have begun count as passed.
fn minutes_between(from: Time, until: Time) -> i64 {
    let seconds = |time: Time| i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    ((seconds(until) - seconds(from)) / 60).max(0)
}
