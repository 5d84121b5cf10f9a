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
    /// 自然小时: they run on, day and night.
    Hours(u32),
    /// 工作小时: within office hours alone.
    WorkingHours(u32),
    /// 工作日: to the office's closing hour of the Nth working day after the day of the start.
    WorkingDays(u32),
}

impl FromStr for Amount {
    type Err = Error;

    /// `5 working days`, `5个工作日`, `2 working hours`, `2个工作小时`, `24 hours`, `24小时`, `3 days`, `3天`.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(
                "期限请写作“5个工作日”“2个工作小时”“24小时”或“3天”，数量在1到1000之间",
                "write an amount as 5 working days, 2 working hours, 24 hours or 3 days; 1 to 1,000",
            )
        };
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let amount: u32 = text[..digits].parse().ok().filter(|n| (1..=1_000).contains(n)).ok_or_else(wrong)?;
        match text[digits..].trim_start_matches(['个', ' ']) {
            "working days" | "working day" | "工作日" => Ok(Self::WorkingDays(amount)),
            "working hours" | "working hour" | "工作小时" | "工作时" => Ok(Self::WorkingHours(amount)),
            "hours" | "hour" | "natural hours" | "小时" | "自然小时" => Ok(Self::Hours(amount)),
            "days" | "day" | "natural days" | "天" | "日" | "自然日" => Ok(Self::Hours(amount * 24)),
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
        if let Amount::Hours(hours) = amount {
            let at = start.checked_add(i64::from(hours) * 3_600).ok_or_else(impossible)?;
            return Ok(Due { at, days: Vec::new(), assumed: None });
        }
        let mut days = Vec::new();
        let mut assumed = None;
        let (mut day, mut left) = (0, if let Amount::WorkingHours(hours) = amount { i64::from(hours) * 60 } else { 0 });
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
                Amount::WorkingHours(_) if kind.is_worked() => {
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

/// Whole minutes from one time of a day to a later one, 0 if it is not later. Seconds that have begun count as passed.
fn minutes_between(from: Time, until: Time) -> i64 {
    let seconds = |time: Time| i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    ((seconds(until) - seconds(from)) / 60).max(0)
}
