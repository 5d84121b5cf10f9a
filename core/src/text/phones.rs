//! Telephone numbers: one field holds what people write in one cell, which may be several numbers.

use super::{is_nothing, one_form};

/// Stands between two numbers of one field.
pub const BETWEEN: char = '、';

/// What people write between two numbers, in the one form.
const SEPARATORS: [char; 9] = ['/', '\\', ',', ';', '|', BETWEEN, '和', '或', '。'];
/// Digits from which on a group that stands apart by a blank is a number of its own, not a part of one.
const WHOLE_DIGITS: usize = 7;

/// Why a text is not a telephone number, or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneFault {
    /// It holds something else than digits, `+`, `-` and brackets.
    Letters,
    /// A number has fewer than 3 or more than 20 digits.
    Digits,
}

/// The telephone numbers in a text, each in one form: half-width, without blanks, mobile numbers (of China) as 11 digits without
/// country code or dashes, an extension behind a dash. Nothing for an empty text and for 无, — and the like.
pub fn phones(text: &str) -> Result<Vec<String>, PhoneFault> {
    let text = one_form(text);
    if is_nothing(&text) {
        return Ok(Vec::new());
    }
    let mut numbers: Vec<String> = Vec::new();
    for part in text.split(SEPARATORS).filter(|part| !part.trim().is_empty()) {
        let groups: Vec<&str> = part.split_whitespace().collect();
        // `138 0000 0001` is one number, `13800000001 8812345` are two.
        let apart = groups.iter().all(|group| digits(group) >= WHOLE_DIGITS);
        let found = if apart { groups.into_iter().map(number).collect::<Result<Vec<_>, _>>()? } else { vec![number(&groups.concat())?] };
        for number in found {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
    }
    Ok(numbers)
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

fn number(text: &str) -> Result<String, PhoneFault> {
    let plain = text.replace(['(', '['], "").replace([')', ']', '转'], "-");
    let (plus, rest) = plain.strip_prefix('+').map_or(("", plain.as_str()), |rest| ("+", rest));
    if !rest.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return Err(PhoneFault::Letters);
    }
    if !(3..=20).contains(&digits(rest)) {
        return Err(PhoneFault::Digits);
    }
    let joined: String = rest.chars().filter(char::is_ascii_digit).collect();
    let national = joined.strip_prefix("0086").or_else(|| joined.strip_prefix("86")).unwrap_or(&joined);
    if national.len() == 11 && national.starts_with('1') {
        return Ok(national.to_owned());
    }
    let parts: Vec<&str> = rest.split('-').filter(|part| !part.is_empty()).collect();
    Ok(format!("{plus}{}", parts.join("-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        for (given, wanted) in [
            ("13800000001", "13800000001"),
            ("１３８００００００01", "13800000001"),
            ("138 0000 0001", "13800000001"),
            ("138-0000-0001", "13800000001"),
            ("+86 138 0000 0001", "13800000001"),
            ("008613800000001", "13800000001"),
            ("(0719)8812345", "0719-8812345"),
            ("（0719） 8812345", "0719-8812345"),
            ("0719—8812345", "0719-8812345"),
            ("0719-8812345转801", "0719-8812345-801"),
            ("13800000001/0719-8812345", "13800000001、0719-8812345"),
            ("13800000001，13900000002", "13800000001、13900000002"),
            ("13800000001\n13900000002", "13800000001、13900000002"),
            ("13800000001 8812345", "13800000001、8812345"),
            ("13800000001、13800000001", "13800000001"),
            ("+852 2345 6789", "+85223456789"),
            ("110", "110"),
            ("无", ""),
            ("——", ""),
            (" ", ""),
        ] {
            assert_eq!(phones(given).map(|all| all.join("、")).as_deref(), Ok(wanted), "{given}");
            assert_eq!(phones(wanted).map(|all| all.join("、")).as_deref(), Ok(wanted), "{wanted} stays");
        }
        assert_eq!(phones("138-x"), Err(PhoneFault::Letters));
        assert_eq!(phones("13800000001（儿子）"), Err(PhoneFault::Letters));
        assert_eq!(phones("12"), Err(PhoneFault::Digits));
        assert_eq!(phones("1380000000113900000002"), Err(PhoneFault::Digits));
    }
}
