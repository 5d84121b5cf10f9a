//! Days as people write them: `1944/5/1`, `1944.5.1`, `1944年5月1日`, `19440501`, `1944-05-01 00:00`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::one_form;

/// Why a text is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayFault {
    /// It has no known form, or one that can be read in two ways (`4/5/1944`, `44-5-1`).
    Unreadable,
    /// It says a year, or a year and a month, and no day.
    Partial,
    /// It has a known form, but the calendar has no such day.
    Impossible,
}

/// The day that a text says.
pub fn day(text: &str) -> Result<Date, DayFault> {
    let text = one_form(text);
    let Some((date, _, rest)) = leading_day(&text) else {
        return Err(if is_partial(&text) { DayFault::Partial } else { DayFault::Unreadable });
    };
    // Programs write midnight after a day: `1944-05-01 00:00:00`.
    if !rest.chars().all(|c| matches!(c, '0' | ':' | ' ' | 'T' | '.' | 'Z')) {
        return Err(DayFault::Unreadable);
    }
    date.ok_or(DayFault::Impossible)
}

/// The day in China at a time in seconds since the Unix epoch (UTC).
pub fn china_day(at: i64) -> Date {
    let moment = Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
    Offset::constant(8).to_datetime(moment).date()
}

/// The day that a text in half-width characters begins with: `None` if it is not written like one; else the day, `None` if the
/// calendar has no such day; whether the day ended with its own word or a blank, so that digits may follow; and what follows.
pub fn leading_day(text: &str) -> Option<(Option<Date>, bool, &str)> {
    let (year, rest) = number(text, 4).filter(|(_, rest)| text.len() - rest.len() == 4)?;
    let rest = rest.trim_start_matches(' ');
    let Some(separator) = ["-", "/", ".", "年"].into_iter().find(|separator| rest.starts_with(separator)) else {
        // The eight digits of 20190425.
        let (month_day, after) = number(rest, 4).filter(|(_, after)| rest.len() - after.len() == 4)?;
        return Some((date(year, month_day / 100, month_day % 100), false, after));
    };
    let (month, rest) = number(rest[separator.len()..].trim_start_matches(' '), 2)?;
    let rest = rest.trim_start_matches(' ').strip_prefix(if separator == "年" { "月" } else { separator })?;
    let (day, bare) = number(rest.trim_start_matches(' '), 2)?;
    let rest = bare.trim_start_matches(' ');
    let named = rest.strip_prefix('日').or_else(|| rest.strip_prefix('号'));
    let ended = named.is_some() || bare.starts_with(' ');
    Some((date(year, month, day), ended, named.unwrap_or(rest).trim_start_matches(' ')))
}

/// A number of at most `most` digits at the beginning, and what follows.
fn number(text: &str, most: usize) -> Option<(i32, &str)> {
    let length = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    Some((text[..length].parse().ok()?, &text[length..]))
}

fn date(year: i32, month: i32, day: i32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// `1944`, `1944年`, `1944-05`, `1944.5`, `1944年5月`, `194405`.
fn is_partial(text: &str) -> bool {
    let Some((_, rest)) = number(text, 4).filter(|(_, rest)| text.len() - rest.len() == 4) else { return false };
    let rest = rest.trim_start_matches(['年', '-', '/', '.']);
    number(rest, 2).map_or(rest, |(_, rest)| rest).trim_start_matches('月').is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_day_in_many_forms() {
        for text in [
            "1944/5/1",
            "1944-5-1",
            "1944-05-01",
            "1944.5.1",
            "1944.05.01",
            "1944年5月1日",
            "1944 年 5 月 1 日",
            "1944年05月01号",
            "19440501",
            "１９４４／５／１",
            "1944－05－01",
            "1944-05-01 00:00:00",
            "1944/5/1 0:00",
            "1944-05-01T00:00:00.000Z",
        ] {
            assert_eq!(day(text), Ok(jiff::civil::date(1944, 5, 1)), "{text}");
        }
        for text in ["1944", "1944年", "1944-05", "1944.5", "1944年5月", "194405"] {
            assert_eq!(day(text), Err(DayFault::Partial), "{text}");
        }
        for text in ["1944-02-30", "1944/13/1", "19440231", "1943年2月29日"] {
            assert_eq!(day(text), Err(DayFault::Impossible), "{text}");
        }
        for text in ["", "不详", "4/5/1944", "44-5-1", "1944-05-01 12:30", "1944年四月初八", "5月1日", "1944-5-1左右"] {
            assert_eq!(day(text), Err(DayFault::Unreadable), "{text}");
        }
    }

    #[test]
    fn the_day_in_china_begins_eight_hours_before() {
        assert_eq!(china_day(1_767_196_799), jiff::civil::date(2025, 12, 31));
        assert_eq!(china_day(1_767_196_800), jiff::civil::date(2026, 1, 1));
    }
}
