//! Words that are looked for in short texts without an index: titles of reports, names of categories.

use super::asked::has_beginning;
use super::pinyin::index_pinyin;
use super::{Class, class, fold, is_ignored};
use crate::text::one_form;

/// More words than these are not looked at.
const MAX_WORDS: usize = 8;

/// Words that someone typed, all of which are to be found.
#[derive(Debug, Clone)]
pub struct Wanted(Vec<String>);

impl Wanted {
    /// What was typed, in words between blanks.
    pub fn parse(typed: &str) -> Self {
        Self(typed.split_whitespace().map(plain).filter(|word| !word.is_empty()).take(MAX_WORDS).collect())
    }

    /// Whether each word is a part of one of these texts, whatever their width, case, blanks and punctuation; of those in `spoken`
    /// also by pinyin or its initials from any character on. Nothing typed is in all.
    pub fn all_in(&self, spoken: &[&str], written: &[&str]) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let texts: Vec<String> = spoken.iter().chain(written).map(|text| plain(text)).collect();
        self.0.iter().all(|word| {
            let is_latin = word.bytes().all(|b| b.is_ascii_alphabetic());
            texts.iter().any(|text| text.contains(word.as_str())) || is_latin && spoken.iter().any(|text| sounds(text, word))
        })
    }
}

/// A text as it is compared: folded, without what only separates.
pub fn plain(text: &str) -> String {
    one_form(text).chars().filter(|c| !is_ignored(*c)).map(fold).filter(|c| class(*c) != Class::Gap).collect()
}

fn sounds(text: &str, letters: &str) -> bool {
    text.char_indices().filter(|(_, c)| !c.is_ascii()).any(|(at, _)| has_beginning(&index_pinyin(std::iter::once(&text[at..])), letters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_however_they_are_written() {
        let found = |typed: &str| Wanted::parse(typed).all_in(&["三单元路灯不亮", "LED灯"], &["WY-2026-0031"]);
        for typed in ["", "路灯", "路灯 不亮", "ludeng", "ld", "ldbl", "sdy", "led", "ＬＥＤ", "wy2026", "WY-2026-0031", "0031 灯"] {
            assert!(found(typed), "{typed}");
        }
        for typed in ["井盖", "路灯 井盖", "jg", "2025", "灯路"] {
            assert!(!found(typed), "{typed}");
        }
    }
}
