//! Checks of what a household's fields share with other kinds.

use crate::commands::check_text;
use crate::error::{Error, Result};

/// A tag: a short text without blanks, which part one tag from the next.
pub(crate) fn check_tag(tag: &str) -> Result<String> {
    let tag = check_text(tag, "标签", "a tag")?;
    if tag.contains(char::is_whitespace) {
        return Err(Error::invalid("标签中不能有空格，多个标签请分开填写", "a tag has no blanks in it; enter several tags one by one"));
    }
    Ok(tag)
}

/// A telephone number: digits, with `+`, `-` and blanks allowed, or nothing.
pub(crate) fn check_phone(phone: &str) -> Result<String> {
    let phone = phone.trim();
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let allowed = phone.chars().all(|c| c.is_ascii_digit() || " +-".contains(c));
    if phone.is_empty() || allowed && (3..=20).contains(&digits) {
        Ok(phone.to_owned())
    } else {
        Err(Error::invalid("电话号码只能由3到20位数字组成", "a telephone number is 3 to 20 digits"))
    }
}
