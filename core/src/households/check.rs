//! Checks of what a household's fields share with other kinds.

use crate::commands::{check_name, check_text};
use crate::error::{Error, Result};
use crate::text::phones::{BETWEEN, PhoneFault, phones};

/// A tag: a short text without blanks, which part one tag from the next.
pub(crate) fn check_tag(tag: &str) -> Result<String> {
    let tag = check_text(tag, "标签", "a tag")?;
    if tag.contains(char::is_whitespace) {
        return Err(Error::invalid("标签中不能有空格，多个标签请分开填写", "a tag has no blanks in it; enter several tags one by one"));
    }
    check_name(&tag, "标签", "a tag")
}

/// Telephone numbers in their one form ([`phones`]), or nothing.
pub(crate) fn check_phone(text: &str) -> Result<String> {
    let (zh, en) = match phones(text).map(|numbers| numbers.join(BETWEEN.encode_utf8(&mut [0; 4]))) {
        Ok(joined) if joined.chars().count() > 100 => ("电话号码太多，最多100个字", "too many telephone numbers; at most 100 characters"),
        Ok(joined) => return Ok(joined),
        Err(PhoneFault::Digits) => ("一个电话号码须有3到20位数字", "a telephone number has 3 to 20 digits"),
        Err(PhoneFault::Letters) => (
            "电话中有号码以外的文字，请只留号码，多个号码用“、”隔开",
            "there is something else than numbers in the telephone field; several numbers are parted by commas",
        ),
    };
    Err(Error::invalid(zh, en))
}
