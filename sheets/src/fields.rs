//! Cleaning the text of a cell: stray white space, line breaks, full-width digits, invisible characters.

use gridwalk_core::text::{is_nothing, one_form};

/// The longest text that one field may hold, in characters. A longer one is nearly always two rows run together.
pub const MAX_TEXT: usize = 20_000;

/// The longest number (identifier) that a row may carry, in characters.
pub const MAX_NUMBER: usize = 100;

/// What programs write into a cell that has no value.
const NO_VALUE: [&str; 5] = ["null", "none", "nan", "n/a", "#n/a"];

/// Characters that show nothing and hide in copied text. The joiner U+200D stays: emoji need it.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

/// Text on one line: runs of white space become one space, invisible and control characters go, the ends are trimmed.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Excel writes a carriage return inside a cell as `_x000D_`; a CSV made from such a file still holds it.
    for c in text.replace("_x000D_", "\r").chars() {
        if c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !c.is_control() && !is_invisible(c) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Text of several lines: every kind of line break becomes `\n`, at most one empty line stands between two paragraphs,
/// tabs and blanks at the edges of lines go. The two ideographic spaces that open a Chinese paragraph stay, except at
/// the very beginning.
pub fn paragraphs(text: &str) -> String {
    let text = text.replace("_x000D_", "\r").replace("\r\n", "\n");
    let mut lines: Vec<String> = Vec::new();
    for line in text.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']) {
        let mut kept = String::with_capacity(line.len());
        for c in line.chars() {
            match c {
                '\t' | '\u{a0}' => kept.push(' '),
                c if c.is_control() || is_invisible(c) => {}
                c => kept.push(c),
            }
        }
        let kept = kept.trim_end().trim_start_matches(' ');
        let after_blank = lines.last().is_none_or(String::is_empty);
        if !(kept.is_empty() && after_blank) {
            lines.push(kept.to_owned());
        }
    }
    lines.join("\n").trim().to_owned()
}

/// An identifier: one line, half-width, and `2549.0` (a number that a program kept as a fraction) back to `2549`.
pub fn identifier(text: &str) -> String {
    let text = one_form(&one_line(text)).into_owned();
    match text.split_once('.') {
        Some((whole, fraction)) if all_digits(whole) && all_digits(fraction) && fraction.bytes().all(|b| b == b'0') => whole.to_owned(),
        _ => text,
    }
}

/// True for an identifier such as `2.54917E+17`: the program that saved the file has thrown its last digits away.
pub fn lost_digits(text: &str) -> bool {
    text.split_once(['E', 'e']).is_some_and(|(mantissa, exponent)| {
        mantissa.contains('.') && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.') && exponent.strip_prefix('+').is_some_and(all_digits)
    })
}

/// True when a cell holds no value, as programs put it.
pub fn is_no_value(text: &str) -> bool {
    text.is_empty() || NO_VALUE.contains(&text.to_lowercase().as_str())
}

/// True when an optional cell says that it is empty (`无`, `-`). Looked at in optional columns only: a message whose whole text is
/// `无` is still that resident's message.
pub fn means_blank(text: &str) -> bool {
    is_no_value(text) || is_nothing(&one_form(text))
}

/// A heading in the form that headings are compared in: half-width, lower case, without white space, joining signs,
/// marks at its end and remarks in brackets, so that `留言 时间（必填）：` and `留言时间` are one, as are `Raised At`
/// and `raised_at`.
pub fn heading_key(text: &str) -> String {
    let mut depth = 0_u32;
    let mut out = String::new();
    for c in one_form(&one_line(text)).chars() {
        match c {
            '(' | '[' | '【' => depth += 1,
            ')' | ']' | '】' => depth = depth.saturating_sub(1),
            ' ' | '_' | '-' | '*' | ':' | '.' | '"' | '\'' | '#' => {}
            c if depth == 0 => out.extend(c.to_lowercase()),
            _ => {}
        }
    }
    out
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stray_white_space_goes() {
        assert_eq!(one_line("\u{feff} \t路灯\u{a0}\u{3000}不亮\u{200b}\r\n"), "路灯 不亮");
        assert_eq!(one_line("a\u{0}\u{7}b"), "ab");
        assert_eq!(one_line(" \t\u{a0}"), "");
        assert_eq!(
            paragraphs("\n\t\t\n\t\t第一段\t\r\n\r\n\r\n\u{3000}\u{3000}第二段_x000D_\n第三段\u{2028}四 \n"),
            "第一段\n\n\u{3000}\u{3000}第二段\n第三段\n四"
        );
        assert_eq!(paragraphs("👨\u{200d}👩\u{200d}👧"), "👨\u{200d}👩\u{200d}👧");
    }

    #[test]
    fn identifiers_are_one_form() {
        for (given, wanted) in [("2549.0", "2549"), (" ２５４９\t", "2549"), ("A-12.50", "A-12.50"), ("2549.5", "2549.5"), ("0021", "0021")] {
            assert_eq!(identifier(given), wanted);
        }
        assert!(lost_digits("2.54917E+17"));
        assert!(!lost_digits("A00E+1"));
        assert!(!lost_digits("25E17"));
    }

    #[test]
    fn headings_are_compared_by_what_they_say() {
        assert_eq!(heading_key(" 留言\n时间（必填）："), "留言时间");
        assert_eq!(heading_key("*Raised_At"), heading_key("ＲＡＩＳＥＤ ａｔ"));
        assert_eq!(heading_key("ID"), "id");
    }
}
