//! Checks that every command's input passes, with messages a person understands.

use crate::error::{Error, Result};
use crate::text::one_form;

/// The longest note, in characters.
const NOTE_CHARS: usize = 5_000;

/// A short required text: trimmed, not empty, at most 100 characters, without control characters.
pub fn check_text(text: &str, zh: &str, en: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid(format!("{zh}不能为空"), format!("{en} must not be empty")));
    }
    if text.chars().count() > 100 {
        return Err(Error::invalid(format!("{zh}最多100个字"), format!("{en} takes at most 100 characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::invalid(format!("{zh}含有不可见的控制字符，请重新输入"), format!("{en} contains control characters")));
    }
    Ok(text.to_owned())
}

/// A name of a person, a place or a unit, an address, a tag: as [`check_text`], in its one form ([`one_form`]).
pub fn check_name(text: &str, zh: &str, en: &str) -> Result<String> {
    check_text(&one_form(text), zh, en)
}

/// A long optional text: trimmed, at most 5,000 characters; line breaks and tabs are kept, other control characters refused.
pub fn check_note(text: &str, zh: &str, en: &str) -> Result<String> {
    let text = text.trim().replace("\r\n", "\n");
    if text.chars().count() > NOTE_CHARS {
        return Err(Error::invalid(format!("{zh}最多{NOTE_CHARS}个字，请分条填写"), format!("{en} takes at most {NOTE_CHARS} characters")));
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Error::invalid(format!("{zh}含有不可见的控制字符，请重新输入"), format!("{en} contains control characters")));
    }
    Ok(text)
}

/// A position in degrees (WGS-84) to millionths of a degree.
///
/// # Errors
/// Both or neither must be given, and they must lie on the globe.
pub fn check_position(lat: Option<f64>, lon: Option<f64>) -> Result<Option<(i64, i64)>> {
    match (lat, lon) {
        (None, None) => Ok(None),
        (Some(lat), Some(lon)) if (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon) => {
            // The ranges keep both far inside i64; a millionth of a degree is 11 cm.
            #[expect(clippy::cast_possible_truncation)]
            Ok(Some(((lat * 1e6).round() as i64, (lon * 1e6).round() as i64)))
        }
        _ => Err(Error::invalid("位置不正确：纬度须在±90、经度须在±180之间", "the position is not on the globe")),
    }
}

/// A time in seconds since the Unix epoch (UTC) that people can mean: from 1900 to 2199.
pub fn check_time(at: i64, zh: &str, en: &str) -> Result<i64> {
    if (-2_208_988_800..7_258_118_400).contains(&at) { Ok(at) } else { Err(Error::invalid(format!("{zh}不正确"), format!("{en} is not a possible time"))) }
}

/// A time, as [`check_time`], of what has happened: not later than `now`.
pub fn check_past(at: i64, now: i64, zh: &str, en: &str) -> Result<i64> {
    let at = check_time(at, zh, en)?;
    if at > now { Err(Error::invalid(format!("{zh}不能晚于现在"), format!("{en} cannot be later than now"))) } else { Ok(at) }
}
