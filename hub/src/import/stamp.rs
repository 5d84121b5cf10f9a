//! Times as people and programs write them: `2019/4/25 9:32:09`, `2019年4月25日 下午3点`, `2019-04-25T01:32:09Z`,
//! `20190425`, Excel's day numbers. What could be read in two ways (`4/5/2019`, `19-4-5`) is never guessed.

use gridwalk_core::text::day::leading_day;
use gridwalk_core::text::one_form;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// Excel's day numbers that are taken for a date: 1954 to 2099.
const SERIALS: std::ops::Range<f64> = 20_000.0..73_051.0;

/// Words that stand before (or, in English, after) the hour, and whether they mean the second half of the day.
const HALVES: [(&str, Half); 14] = [
    ("上午", Half::First),
    ("早上", Half::First),
    ("早晨", Half::First),
    ("清晨", Half::First),
    ("凌晨", Half::First),
    ("中午", Half::Noon),
    ("下午", Half::Second),
    ("午后", Half::Second),
    ("傍晚", Half::Second),
    ("晚上", Half::Evening),
    ("晚间", Half::Evening),
    ("夜间", Half::Evening),
    ("am", Half::First),
    ("pm", Half::Second),
];

#[derive(Clone, Copy, PartialEq)]
enum Half {
    First,
    Noon,
    Second,
    Evening,
}

/// A moment, and whether the file gave only its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Seconds since the Unix epoch. With `day_only` this is 00:00 of that day, local time of the file.
    pub at: i64,
    /// True when the file gives no time of day.
    pub day_only: bool,
}

/// Why a text is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateFault {
    /// It has no known form.
    Unreadable,
    /// It has a known form, but the calendar or the clock has no such moment (30 February, 25:00).
    Impossible,
    /// The year is before 1970 or after 2100.
    OutOfRange,
}

/// Reads a time from text. `offset` is the clock of the file; a text that names its own (`+08:00`, `Z`) goes by that.
pub fn parse(text: &str, offset: Offset) -> Result<Stamp, DateFault> {
    let text = one_form(text).to_lowercase();
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.bytes().filter(|b| *b == b'.').count() <= 1 {
        return plain_number(&text, offset);
    }
    let mut rest = Scanner(&text);
    let (date, named_day) = rest.date().ok_or(DateFault::Unreadable)?;
    let date = date.ok_or(DateFault::Impossible)?;
    if !named_day && rest.0.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(DateFault::Unreadable); // `2019/4/112:30` can be the 1st or the 11th
    }
    rest.weekday();
    if rest.0.is_empty() {
        return stamp(date.at(0, 0, 0, 0), offset, true);
    }
    rest.take("t");
    let (clock, next_day) = rest.clock()?;
    let offset = rest.zone(offset).ok_or(DateFault::Unreadable)?;
    if !rest.0.is_empty() {
        return Err(DateFault::Unreadable);
    }
    let date = if next_day { date.tomorrow().map_err(|_| DateFault::Impossible)? } else { date };
    stamp(DateTime::from_parts(date, clock), offset, false)
}

/// The day of Excel's day number.
pub fn serial_day(serial: f64) -> Result<Date, DateFault> {
    let days = Date::constant(1899, 12, 30).checked_add(jiff::Span::new().days(serial.trunc() as i64));
    days.map_err(|_| DateFault::OutOfRange)
}

/// Reads a time from a number cell: Excel's day number, or digits such as 20190425.
pub fn from_number(number: f64, offset: Offset) -> Result<Stamp, DateFault> {
    if SERIALS.contains(&number) {
        return from_serial(number, offset);
    }
    if number.fract() == 0.0 && (0.0..1e15).contains(&number) {
        return plain_number(&format!("{number}"), offset);
    }
    Err(DateFault::Unreadable)
}

/// A moment on the clock of the file, checked for a sensible year.
pub fn stamp(civil: DateTime, offset: Offset, day_only: bool) -> Result<Stamp, DateFault> {
    if !(1970..=2100).contains(&civil.year()) {
        return Err(DateFault::OutOfRange);
    }
    let at = offset.to_timestamp(civil).map_err(|_| DateFault::OutOfRange)?.as_second();
    Ok(Stamp { at, day_only })
}

fn from_serial(serial: f64, offset: Offset) -> Result<Stamp, DateFault> {
    // Day 0 is 1899-12-30 for every day after Excel's invented 29 February 1900; 25,569 days later is 1970-01-01.
    let seconds = ((serial - 25_569.0) * 86_400.0).round() as i64;
    let civil = Offset::UTC.to_datetime(Timestamp::from_second(seconds).map_err(|_| DateFault::OutOfRange)?);
    stamp(civil, offset, serial.fract() == 0.0)
}

/// Digits alone: `20190425`, `201904250932`, `20190425093209`, Unix seconds or milliseconds, or Excel's day number.
fn plain_number(text: &str, offset: Offset) -> Result<Stamp, DateFault> {
    let unix = |seconds: i64| {
        let civil = offset.to_datetime(Timestamp::from_second(seconds).map_err(|_| DateFault::OutOfRange)?);
        stamp(civil, offset, false)
    };
    let part = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<i32>().ok()).unwrap_or(0);
    match text.len() {
        _ if text.contains('.') => {}
        8 | 12 | 14 => {
            let date = day_of(part(0, 4), part(4, 6), part(6, 8)).ok_or(DateFault::Impossible)?;
            let time = time_of(part(8, 10), part(10, 12), part(12, 14))?;
            return stamp(DateTime::from_parts(date, time), offset, text.len() == 8);
        }
        // From 2,000,000,000 (the year 2033) on, ten digits could as well be a date and an hour.
        10 if text.starts_with('1') => return unix(text.parse().map_err(|_| DateFault::Unreadable)?),
        13 if text.starts_with('1') => return unix(text.parse::<i64>().map_err(|_| DateFault::Unreadable)? / 1000),
        _ => {}
    }
    match text.parse::<f64>() {
        Ok(serial) if SERIALS.contains(&serial) => from_serial(serial, offset),
        _ => Err(DateFault::Unreadable),
    }
}

fn day_of(year: i32, month: i32, day: i32) -> Option<Date> {
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

fn time_of(hour: i32, minute: i32, second: i32) -> Result<Time, DateFault> {
    let small = |value: i32| i8::try_from(value).unwrap_or(-1);
    Time::new(small(hour), small(minute), small(second), 0).map_err(|_| DateFault::Impossible)
}

/// What is left to read of a date.
struct Scanner<'a>(&'a str);

impl Scanner<'_> {
    fn spaces(&mut self) {
        self.0 = self.0.trim_start();
    }

    fn take(&mut self, word: &str) -> bool {
        match self.0.strip_prefix(word) {
            Some(rest) => {
                self.0 = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// A number of at most `most` digits.
    fn digits(&mut self, most: usize) -> Option<(i32, usize)> {
        let length = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let value = self.0.get(..length)?.parse().ok()?;
        self.0 = self.0.get(length..)?;
        Some((value, length))
    }

    /// Year, month and day, as [`leading_day`] reads them.
    fn date(&mut self) -> Option<(Option<Date>, bool)> {
        let (date, ended, rest) = leading_day(self.0)?;
        self.0 = rest;
        Some((date, ended))
    }

    /// Skips `星期四`, `周四`, `(周四)`: the date says it already.
    fn weekday(&mut self) {
        let bracket = self.take("(");
        for word in ["星期", "礼拜", "周"] {
            if self.take(word) {
                let mut rest = self.0.chars();
                rest.next();
                self.0 = rest.as_str();
                break;
            }
        }
        if bracket {
            self.take(")");
        }
        self.spaces();
    }

    fn half(&mut self) -> Option<Half> {
        HALVES.into_iter().find_map(|(word, half)| self.take(word).then_some(half))
    }

    /// The time of day, and whether it is 24:00, which is 00:00 of the next day.
    fn clock(&mut self) -> Result<(Time, bool), DateFault> {
        let before = self.half();
        let (mut hour, length) = self.digits(6).ok_or(DateFault::Unreadable)?;
        let (mut minute, mut second) = (0, 0);
        match length {
            1 | 2 => {}
            4 => return Ok((time_of(hour / 100, hour % 100, 0)?, false)),
            6 => return Ok((time_of(hour / 10_000, hour / 100 % 100, hour % 100)?, false)),
            _ => return Err(DateFault::Unreadable),
        }
        self.spaces();
        if self.take(":") {
            minute = self.digits(2).ok_or(DateFault::Unreadable)?.0;
            if self.take(":") {
                second = self.digits(2).ok_or(DateFault::Unreadable)?.0;
            }
        } else if self.take("时") || self.take("点") {
            if self.take("半") {
                minute = 30;
            } else if let Some((value, _)) = self.digits(2) {
                minute = value;
                self.take("分");
                if let Some((value, _)) = self.digits(2) {
                    second = value;
                    self.take("秒");
                }
            }
            self.take("整");
        } else if before.is_none() {
            return Err(DateFault::Unreadable); // a lone number after a date is not a time
        }
        if self.0.starts_with(['.', ',']) {
            self.0 = self.0[1..].trim_start_matches(|c: char| c.is_ascii_digit());
        }
        self.spaces();
        let half = before.or_else(|| self.half());
        hour = match (half, hour) {
            (Some(Half::First), 12) => 0,
            (Some(Half::First), 13..) => return Err(DateFault::Impossible),
            (Some(Half::Noon), 1..=2) | (Some(Half::Second | Half::Evening), 1..=11) => hour + 12,
            // Twelve in the evening is midnight for some and a slip for others.
            (Some(Half::Evening), 12) | (Some(Half::Noon), 3..=10 | 15..) => return Err(DateFault::Impossible),
            _ => hour,
        };
        let next_day = (hour, minute, second) == (24, 0, 0);
        if next_day {
            hour = 0;
        }
        Ok((time_of(hour, minute, second)?, next_day))
    }

    /// The clock that the text names, or the one of the file.
    fn zone(&mut self, file: Offset) -> Option<Offset> {
        self.spaces();
        if self.take("z") {
            return Some(Offset::UTC);
        }
        let utc = self.take("utc") || self.take("gmt");
        let sign = match (self.take("+"), self.take("-")) {
            (true, false) => 1,
            (false, true) => -1,
            _ => return Some(if utc { Offset::UTC } else { file }),
        };
        let (mut hours, length) = self.digits(4)?;
        let mut minutes = 0;
        if length > 2 {
            (hours, minutes) = (hours / 100, hours % 100);
        } else if self.take(":") {
            minutes = self.digits(2)?.0;
        }
        Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Stamp, DateFault> {
        parse(text, Offset::constant(8))
    }

    /// 2019-04-25 09:32:09 in China.
    const AT: i64 = 1_556_155_929;

    #[test]
    fn one_moment_in_many_forms() {
        for text in [
            "2019/4/25 9:32:09",
            "2019-04-25 09:32:09",
            "2019-04-25T09:32:09+08:00",
            "2019-04-25T01:32:09Z",
            "2019-04-25T01:32:09.120Z",
            "2019.4.25 9:32:09",
            "2019年4月25日 9:32:09",
            "2019年4月25日9时32分9秒",
            "2019 年 4 月 25 日 上午 9:32:09",
            "２０１９／４／２５　９：３２：０９",
            "20190425093209",
            "20190425 093209",
            "20190425T093209",
            "2019/4/25  9:32:09 AM",
            "2019-04-25 (周四) 09:32:09",
            "2019年4月25日星期四 9:32:09",
            "2019-04-25 09:32:09.0",
            "1556155929",
            "1556155929000",
            "2019-04-25T09:32:09+0800",
            "2019-04-25 01:32:09 UTC",
            "43580.397326388886",
            "2019/04/25\t09:32:09",
            "2019-04-25 09:32:09 UTC+8",
        ] {
            assert_eq!(read(text), Ok(Stamp { at: AT, day_only: false }), "{text}");
        }
        for (text, seconds) in [
            ("2019/4/25 9:32", -9),
            ("2019年4月25日 下午9:32", 12 * 3600 - 9),
            ("2019/4/25 9:32 PM", 12 * 3600 - 9),
            ("2019年4月25日9点半", -129),
            ("2019年4月25日晚上9点32分", 12 * 3600 - 9),
            ("2019年4月25日下午3点", 5 * 3600 + 27 * 60 + 51),
            ("201904250932", -9),
            ("20190425 0932", -9),
        ] {
            assert_eq!(read(text), Ok(Stamp { at: AT + seconds, day_only: false }), "{text}");
        }
        assert_eq!(read("2019-04-25 24:00"), read("2019-04-26 00:00:00"));
        assert_eq!(read("2019-04-25 中午12:30"), read("2019-04-25 12:30"));
        assert_eq!(read("2019-04-25 凌晨12:30"), read("2019-04-25 0:30"));
    }

    #[test]
    fn a_day_alone_is_marked() {
        let midnight = 1_556_121_600;
        for text in ["2019/4/25", "2019-04-25", "2019年4月25日", "2019年04月25号", "20190425", "2019.04.25", "43580", "2019-04-25 星期四"] {
            assert_eq!(read(text), Ok(Stamp { at: midnight, day_only: true }), "{text}");
        }
        assert_eq!(read("2019/4/25 0:00:00"), Ok(Stamp { at: midnight, day_only: false }));
        assert_eq!(from_number(43_580.0, Offset::constant(8)), Ok(Stamp { at: midnight, day_only: true }));
        assert_eq!(from_number(20_190_425.0, Offset::constant(8)), Ok(Stamp { at: midnight, day_only: true }));
        assert_eq!(from_number(43_580.397_326_388_886, Offset::constant(8)).map(|read| read.at), Ok(AT));
    }

    #[test]
    fn what_is_not_a_moment_is_refused() {
        for text in [
            "2019/2/30",
            "2019-13-01",
            "2019/4/25 25:00",
            "2019/4/25 9:60",
            "20190230",
            "2019年2月29日",
            "2019/4/25 9:32:61",
            "2019/4/25 上午14:00",
            "2019/4/25 24:01",
            "2019/0/1",
        ] {
            assert_eq!(read(text), Err(DateFault::Impossible), "{text}");
        }
        for text in [
            "",
            "待定",
            "4/5/2019",
            "19-4-5",
            "2019年4月",
            "2019",
            "2549",
            "2019042509",
            "2019/4/112:30",
            "2019/4/25 9",
            "2019/4/25 9:32 左右",
            "2019-04-25T",
            "..",
            "2019-4/25x",
            "2019/4/25 9:32:09 CST",
            "2019/4/25-2019/4/26",
        ] {
            assert_eq!(read(text), Err(DateFault::Unreadable), "{text}");
        }
        assert_eq!(read("0019/4/25"), Err(DateFault::OutOfRange));
        assert_eq!(read("2919/4/25"), Err(DateFault::OutOfRange));
        assert_eq!(from_number(f64::NAN, Offset::UTC), Err(DateFault::Unreadable));
        assert_eq!(from_number(-1.0, Offset::UTC), Err(DateFault::Unreadable));
    }
}
