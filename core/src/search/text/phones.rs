//! Telephone numbers as words.

use crate::text::one_form;

/// Begins the word for the last four digits of a phone number. A word of its own, so that a room
/// number such as 502 does not find every phone number that ends in 502x.
const LAST_FOUR_MARK: char = 'e';

/// Phone numbers as words: all digits, the digits behind an area code, and the last four.
pub fn index_phones<'a>(phones: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::with_capacity(32);
    // One field may hold more than one number.
    let separators = ['/', ',', ';', '|', '、', '，', '；', '\n'];
    for phone in phones.flat_map(|field| field.split(separators)) {
        let digits = phone_digits(phone);
        if digits.is_empty() {
            continue;
        }
        push_word(&mut out, &digits);
        if let Some(local) = without_area_code(phone, &digits) {
            push_word(&mut out, local);
        }
        if digits.len() > 4 {
            push_word(&mut out, &last_four(&digits[digits.len() - 4..]));
        }
    }
    out
}

/// The digits of a phone number, without the country code of China.
pub(super) fn phone_digits(text: &str) -> String {
    let digits: String = one_form(text).chars().filter(char::is_ascii_digit).collect();
    for code in ["0086", "86"] {
        if let Some(rest) = digits.strip_prefix(code)
            && rest.len() >= 10
        {
            return rest.to_owned();
        }
    }
    digits
}

/// The local number of a landline written with a dash, such as 0571-87654321.
fn without_area_code<'d>(phone: &str, digits: &'d str) -> Option<&'d str> {
    if !digits.starts_with('0') {
        return None;
    }
    let behind = one_form(phone).chars().rev().take_while(|c| *c != '-').filter(char::is_ascii_digit).count();
    let local = digits.get(digits.len().checked_sub(behind)?..)?;
    (local.len() >= 7 && local.len() < digits.len()).then_some(local)
}

pub(super) fn last_four(digits: &str) -> String {
    format!("{LAST_FOUR_MARK}{digits}")
}

fn push_word(out: &mut String, word: &str) {
    if !out.is_empty() {
        out.push(' ');
    }
    out.push_str(word);
}
