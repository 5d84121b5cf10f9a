//! What the search index stores and what a search asks of it: plain text in, plain text out.
//!
//! SQLite's full text search (FTS5) knows words, and Chinese has no spaces; its trigram tokenizer
//! cannot find a two-character name. So every Chinese character becomes a word of its own here,
//! and a search for a piece of text becomes a phrase of such words. The tokenizer of the table
//! must be `unicode61`, and the table must keep positions (`detail=full`), or phrases do not work.
//!
//! Everything that is put into the table consists of ASCII letters, ASCII digits and those Chinese
//! characters the tokenizer knows. Every other character is written as [`HEX_MARK`] and its number,
//! because the Unicode tables of `unicode61` are those of 2012 and drop what was added since.
//!
//! The tables have the columns names, pinyin, phones, tags and address; the functions that fill them are
//! [`index_names`], [`index_pinyin`], [`index_phones`], [`index_tags`] and [`index_characters`]
//! (for the address, and other texts of a record's own).

mod asked;
mod phones;
mod pinyin;
#[cfg(test)]
mod tests;
mod wanted;

pub use asked::parse;
pub use phones::index_phones;
pub use pinyin::index_pinyin;
pub use wanted::{Wanted, plain};

use std::fmt::Write as _;

use crate::text::one_form;

/// Begins the word that stands for one character unknown to the tokenizer. Words from ordinary text
/// never mix letters and digits, so no search text can collide with it; it begins with a digit so
/// that a Latin search, which looks for beginnings of words, does not find it either.
const HEX_MARK: &str = "0x";
/// Stands between two names or tags, so that no phrase reaches from one into the next.
const BOUNDARY: &str = "0z";

/// Lower case, no accent: what a search does not tell apart in a text in its one form ([`one_form`]).
fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    // Chinese characters are most of the text and have nothing to fold.
    if is_plain_han(c) {
        return c;
    }
    without_accent(c.to_lowercase().next().unwrap_or(c))
}

fn without_accent(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ǐ' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' | 'ǹ' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ǒ' => 'o',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ß' => 's',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ǔ' | 'ǖ' | 'ǘ' | 'ǚ' | 'ǜ' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

/// The Chinese characters that `unicode61` (Unicode 6.1) takes for letters.
fn is_plain_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fcc}' | '\u{3400}'..='\u{4db5}')
}

/// Marks that change how the character before them looks, not what it is.
fn is_ignored(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{300}'..='\u{36f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2060}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{1f3fb}'..='\u{1f3ff}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Blanks and punctuation: they separate words and are not stored. Symbols such as emoji are.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || c.is_ascii_punctuation()
        || matches!(
            c,
            '\u{80}'..='\u{bf}'
                | '×'
                | '÷'
                | '\u{2000}'..='\u{206f}'
                | '\u{2e00}'..='\u{2e7f}'
                | '\u{3001}'..='\u{3004}'
                | '\u{3008}'..='\u{3020}'
                | '\u{3030}'
                | '\u{30fb}'
                | '\u{fe10}'..='\u{fe1f}'
                | '\u{fe30}'..='\u{fe6f}'
                | '\u{ff5f}'..='\u{ff65}'
                | '\u{fff0}'..='\u{ffff}'
        )
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    /// A character that is a word of its own.
    Single,
    Gap,
}

fn class(c: char) -> Class {
    if c.is_ascii_alphabetic() {
        Class::Letter
    } else if c.is_ascii_digit() {
        Class::Digit
    } else if is_plain_han(c) || !is_separator(c) {
        Class::Single
    } else {
        Class::Gap
    }
}

/// Text as words for the index: each Chinese character alone, runs of Latin letters and runs of
/// digits whole (so that 3栋 does not find 13栋), separated by spaces.
///
/// ```text
/// A座3单元502室  ->  a 座 3 单 元 502 室
/// ```
pub fn index_characters(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 4 / 3 + 8);
    push_characters(&mut out, text);
    out
}

fn push_characters(out: &mut String, text: &str) {
    let mut before = Class::Gap;
    for c in one_form(text).chars() {
        if is_ignored(c) {
            continue;
        }
        let c = fold(c);
        let class = class(c);
        if class != Class::Gap {
            let goes_on = class == before && class != Class::Single;
            if !goes_on && !out.is_empty() {
                out.push(' ');
            }
            if c.is_ascii() || is_plain_han(c) {
                out.push(c);
            } else {
                // Writing to a String cannot fail.
                let _ = write!(out, "{HEX_MARK}{:x}", u32::from(c));
            }
        }
        before = class;
    }
}

/// The names of all residents of a household, with a boundary between each two.
pub fn index_names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::with_capacity(64);
    for name in names {
        if !out.is_empty() {
            out.push(' ');
            out.push_str(BOUNDARY);
        }
        push_characters(&mut out, name);
    }
    out
}

/// The tags of all residents of a household, with a boundary between each two.
pub fn index_tags<'a>(tags: impl Iterator<Item = &'a str>) -> String {
    index_names(tags)
}
