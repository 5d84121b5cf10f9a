//! What a user typed, understood.

use std::fmt::Write as _;

use super::phones::{index_phones, last_four, phone_digits};
use super::pinyin::index_pinyin;
use super::{Class, class, index_characters, index_names};
use crate::text::one_form;

/// The columns that hold text character by character.
const TEXT_COLUMNS: &str = "{names tags address}";
/// The columns a Latin term is looked for in, when one word says it all.
const LATIN_COLUMNS: &str = "{names pinyin tags address}";

const MAX_TERMS: usize = 8;
const MAX_TERM_CHARS: usize = 32;
/// Fewer digits than this begin nearly every phone number and tell nothing.
const MIN_PHONE_PREFIX: usize = 3;
/// This many digits with spaces or dashes between them are one phone number.
const WHOLE_PHONE_DIGITS: std::ops::RangeInclusive<usize> = 11..=12;
/// From this many digits on, digits with dashes between them may be a phone number; with fewer
/// they are an address such as 3-502.
const DASHED_PHONE_DIGITS: usize = 7;

/// What a user typed into the search field, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    /// Text with Chinese characters, or a mixture such as 3栋: the words of the phrase.
    Text { phrase: String },
    /// Pinyin, initials, or a Latin word: all letters together, and the words of the phrase.
    Latin { letters: String, phrase: String },
    /// A phone number, its beginning or its end, or a number in an address.
    Digits { phone: Option<String>, phrase: String },
}

/// Reads what a user typed: terms separated by white space, all of which a household must match.
/// None if there is nothing to search for.
pub fn parse(user_text: &str) -> Option<Query> {
    // A phone number is often written in groups, which must not become terms.
    let is_phone_text = |c: char| class(c) == Class::Digit || matches!(c, '+' | '-' | '(' | ')') || c.is_whitespace();
    let terms: Vec<Term> = if user_text.chars().count() <= MAX_TERM_CHARS
        && one_form(user_text).chars().all(is_phone_text)
        && WHOLE_PHONE_DIGITS.contains(&phone_digits(user_text).len())
    {
        Term::parse(&phone_digits(user_text)).into_iter().collect()
    } else {
        user_text.split_whitespace().filter_map(Term::parse).take(MAX_TERMS).collect()
    };
    (!terms.is_empty()).then_some(Query { terms })
}

impl Query {
    /// The expression for `MATCH`. It consists of quoted words of ASCII letters, digits and Chinese
    /// characters only, so nothing a user types can break its syntax.
    pub fn fts_match(&self) -> String {
        let terms: Vec<String> = self.terms.iter().map(Term::fts_match).collect();
        terms.join(" AND ")
    }

    /// Which residents of a household that was found to show: those that any term matches.
    /// False for all of them when only the address was found.
    pub fn matches_resident(&self, name: &str, phone: &str, tags: &[String]) -> bool {
        let texts = index_names(std::iter::once(name).chain(tags.iter().map(String::as_str)));
        let pinyin = index_pinyin(std::iter::once(name));
        let phones = index_phones(std::iter::once(phone));
        self.terms.iter().any(|term| term.matches(&texts, &pinyin, &phones))
    }
}

impl Term {
    fn parse(text: &str) -> Option<Term> {
        let text: String = text.chars().take(MAX_TERM_CHARS).collect();
        let phrase = index_characters(&text);
        if phrase.is_empty() {
            return None;
        }
        let consists_of = |known: fn(&u8) -> bool| phrase.bytes().all(|byte| byte == b' ' || known(&byte));
        if consists_of(u8::is_ascii_digit) {
            let digits = phone_digits(&text);
            let is_dashed = phrase.contains(' ');
            let enough = if is_dashed { DASHED_PHONE_DIGITS } else { MIN_PHONE_PREFIX };
            let phone = (digits.len() >= enough).then_some(digits);
            return Some(Term::Digits { phone, phrase });
        }
        if consists_of(u8::is_ascii_alphabetic) {
            // An apostrophe parts syllables (xi'an), the index has them together.
            let letters = phrase.replace(' ', "");
            return Some(Term::Latin { letters, phrase });
        }
        Some(Term::Text { phrase })
    }

    fn fts_match(&self) -> String {
        match self {
            Term::Text { phrase } => format!("({TEXT_COLUMNS} : \"{phrase}\")"),
            Term::Latin { letters, phrase } if letters == phrase => {
                format!("({LATIN_COLUMNS} : \"{letters}\" *)")
            }
            Term::Latin { letters, phrase } => {
                format!("({{pinyin}} : \"{letters}\" * OR {TEXT_COLUMNS} : \"{phrase}\" *)")
            }
            Term::Digits { phone: None, phrase } => format!("({TEXT_COLUMNS} : \"{phrase}\")"),
            Term::Digits { phone: Some(phone), phrase } => {
                let mut expression = format!("({{phones}} : \"{phone}\" *");
                if phone.len() == 4 {
                    let _ = write!(expression, " OR {{phones}} : \"{}\"", last_four(phone));
                }
                let _ = write!(expression, " OR {TEXT_COLUMNS} : \"{phrase}\")");
                expression
            }
        }
    }

    /// The same question as [`Term::fts_match`], asked of the words of one resident.
    fn matches(&self, texts: &str, pinyin: &str, phones: &str) -> bool {
        match self {
            Term::Text { phrase } => has_phrase(texts, phrase),
            Term::Latin { letters, phrase } => has_beginning(pinyin, letters) || has_beginning(texts, phrase),
            Term::Digits { phone, phrase } => {
                has_phrase(texts, phrase)
                    || phone.as_deref().is_some_and(|phone| has_beginning(phones, phone) || (phone.len() == 4 && has_phrase(phones, &last_four(phone))))
            }
        }
    }
}

/// Whether these words stand next to each other in the index text.
fn has_phrase(index: &str, phrase: &str) -> bool {
    format!(" {index} ").contains(&format!(" {phrase} "))
}

/// The same, when the last word may go on.
pub(super) fn has_beginning(index: &str, phrase: &str) -> bool {
    format!(" {index}").contains(&format!(" {phrase}"))
}
