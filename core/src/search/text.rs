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
//! The table has the columns names, pinyin, phones, tags and address; the functions that fill them are
//! [`index_names`], [`index_pinyin`], [`index_phones`], [`index_tags`] and [`index_characters`]
//! (for the address).

use std::fmt::Write as _;

use pinyin::ToPinyinMulti;

/// The columns that hold text character by character.
const TEXT_COLUMNS: &str = "{names tags address}";
/// The columns a Latin term is looked for in, when one word says it all.
const LATIN_COLUMNS: &str = "{names pinyin tags address}";

/// Begins the word that stands for one character unknown to the tokenizer. Words from ordinary text
/// never mix letters and digits, so no search text can collide with it; it begins with a digit so
/// that a Latin search, which looks for beginnings of words, does not find it either.
const HEX_MARK: &str = "0x";
/// Stands between two names or tags, so that no phrase reaches from one into the next.
const BOUNDARY: &str = "0z";
/// Begins the word for the last four digits of a phone number. A word of its own, so that a room
/// number such as 502 does not find every phone number that ends in 502x.
const LAST_FOUR_MARK: char = 'e';

const MAX_TERMS: usize = 8;
const MAX_TERM_CHARS: usize = 32;
/// Fewer digits than this begin nearly every phone number and tell nothing.
const MIN_PHONE_PREFIX: usize = 3;
/// This many digits with spaces or dashes between them are one phone number.
const WHOLE_PHONE_DIGITS: std::ops::RangeInclusive<usize> = 11..=12;
/// From this many digits on, digits with dashes between them may be a phone number; with fewer
/// they are an address such as 3-502.
const DASHED_PHONE_DIGITS: usize = 7;

const MAX_READINGS: usize = 3;
const MAX_SPELLINGS: usize = 12;
const MAX_SYLLABLES: usize = 16;

// ---------------------------------------------------------------------------------------------
// Characters

/// One form for what users see as the same character: half width, lower case, no accent.
fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    // Chinese characters are most of the text and have nothing to fold.
    if is_plain_han(c) {
        return c;
    }
    let half = match c {
        // The full-width forms mirror ASCII at a fixed distance.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    };
    without_accent(half.to_lowercase().next().unwrap_or(half))
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
    for c in text.chars() {
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

// ---------------------------------------------------------------------------------------------
// Phone numbers

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
fn phone_digits(text: &str) -> String {
    let digits: String = text.chars().map(fold).filter(char::is_ascii_digit).collect();
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
    let behind = phone.chars().map(fold).rev().take_while(|c| *c != '-').filter(char::is_ascii_digit).count();
    let local = digits.get(digits.len().checked_sub(behind)?..)?;
    (local.len() >= 7 && local.len() < digits.len()).then_some(local)
}

fn last_four(digits: &str) -> String {
    format!("{LAST_FOUR_MARK}{digits}")
}

fn push_word(out: &mut String, word: &str) {
    if !out.is_empty() {
        out.push(' ');
    }
    out.push_str(word);
}

// ---------------------------------------------------------------------------------------------
// Pinyin

/// Readings that come first when the character is a surname: where the dictionary has another one
/// first, or lacks it.
fn surname_readings(c: char) -> &'static [&'static str] {
    match c {
        '曾' => &["zeng"],
        '单' | '單' => &["shan"],
        '乐' | '樂' => &["yue", "le"],
        '仇' => &["qiu"],
        '解' => &["xie"],
        '区' | '區' => &["ou"],
        '查' => &["zha"],
        '盖' | '蓋' => &["ge", "gai"],
        '朴' => &["piao"],
        '覃' => &["qin", "tan"],
        '翟' => &["zhai", "di"],
        '缪' | '繆' => &["miao"],
        '员' | '員' => &["yun"],
        '谌' | '諶' => &["chen", "shen"],
        '召' => &["shao", "zhao"],
        '种' => &["chong"],
        '洗' => &["xian"],
        '繁' => &["po"],
        '阚' => &["kan"],
        '黑' => &["he", "hei"],
        '折' => &["she"],
        '牟' => &["mu", "mou"],
        '佴' => &["nai"],
        '都' => &["du"],
        '乜' => &["nie"],
        '祭' => &["zhai"],
        '卜' => &["bu"],
        '秘' => &["bi"],
        '隗' => &["wei", "kui"],
        '炅' => &["gui"],
        '句' => &["gou"],
        '郇' => &["xun", "huan"],
        '藏' => &["zang"],
        '薄' => &["bo"],
        '适' => &["kuo", "shi"],
        '重' => &["chong"],
        '费' | '費' => &["fei", "bi"],
        _ => &[],
    }
}

/// Frequent characters of names whose other readings are of old books only, such as 王 (yù) and
/// 明 (mèng). They would multiply the spellings of every other name and only find wrong people.
fn has_one_reading(c: char) -> bool {
    "王吴朱许邓彭董潘蔡余于杜丁任姚沈陆汪石贾夏方白陶郝莫汤施殷齐俞温庄倪涂古包甘游舒邢焦裴阮路房柴童宁冉詹祝屈\
     叶葉冯馮尹万萬盛英强洋明超平红鑫浩莉波桃喜倩思昕炎焱南信才俊地洁冰六大立家声胜彬羽土月可若宪前均"
        .contains(c)
}

/// The surnames of two characters that are in use.
#[rustfmt::skip]
const COMPOUND_SURNAMES: &[&str] = &[
    "欧阳", "歐陽", "上官", "司马", "司馬", "诸葛", "諸葛", "夏侯", "东方", "東方",
    "皇甫", "尉迟", "尉遲", "公孙", "公孫", "慕容", "令狐", "宇文", "长孙", "長孫",
    "司徒", "司空", "轩辕", "軒轅", "端木", "百里", "东郭", "南宫", "西门", "西門",
    "独孤", "呼延", "万俟", "澹台", "公冶", "宗政", "濮阳", "淳于", "单于", "太叔",
    "申屠", "仲孙", "钟离", "闾丘", "鲜于", "赫连", "拓跋", "完颜", "叶赫", "那拉",
    "纳兰", "第五", "左丘", "东野", "公羊", "谷梁", "贺兰", "耶律", "爱新", "乐正",
    "漆雕", "公西", "巫马", "梁丘", "亓官", "司寇", "子车", "颛孙", "壤驷",
];

/// Compound surnames that are not read as their characters usually are.
fn compound_reading(surname: &str) -> Option<[&'static str; 2]> {
    Some(match surname {
        "万俟" => ["mo", "qi"],
        "尉迟" | "尉遲" => ["yu", "chi"],
        "单于" => ["chan", "yu"],
        "澹台" => ["tan", "tai"],
        "乐正" => ["yue", "zheng"],
        _ => return None,
    })
}

/// The readings of one syllable of a name, the likeliest first. A Latin word is one syllable.
struct Syllable<'a> {
    readings: [&'a str; MAX_READINGS],
    count: usize,
}

impl<'a> Syllable<'a> {
    fn empty() -> Self {
        Syllable { readings: [""; MAX_READINGS], count: 0 }
    }

    fn word(word: &'a str) -> Self {
        let mut syllable = Syllable::empty();
        syllable.add(word);
        syllable
    }

    /// `first` readings come before those of the dictionary.
    fn of_character(c: char, first: &[&'static str]) -> Self {
        let mut syllable = Syllable::empty();
        for reading in first {
            syllable.add(reading);
        }
        if c == '𠮷' {
            // The commonest rare character of names, and not in the dictionary.
            syllable.add("ji");
        }
        let wanted = if has_one_reading(c) { 1 } else { usize::MAX };
        for reading in c.to_pinyin_multi().into_iter().flatten().take(wanted) {
            // No keyboard has ü: input methods write v, passports and the careless u.
            match reading.plain() {
                "lü" => syllable.add_both("lv", "lu"),
                "nü" => syllable.add_both("nv", "nu"),
                "lüe" => syllable.add_both("lve", "lue"),
                "nüe" => syllable.add_both("nve", "nue"),
                plain if plain.is_ascii() => syllable.add(plain),
                // Interjections such as ê; nobody is called that.
                _ => {}
            }
        }
        syllable
    }

    fn add(&mut self, reading: &'a str) {
        if self.count < MAX_READINGS && !self.readings[..self.count].contains(&reading) {
            self.readings[self.count] = reading;
            self.count += 1;
        }
    }

    fn add_both(&mut self, one: &'a str, other: &'a str) {
        self.add(one);
        self.add(other);
    }
}

/// Names as Latin letters: for the whole name and for the given name, all syllables together and
/// the initials. Characters with several readings give several spellings, likely ones first, up to
/// a bound. Searched by the beginning of the word, so what only begins another word is left out.
///
/// ```text
/// 王小明  ->  wangxiaoming wxm xiaoming xm
/// ```
pub fn index_pinyin<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::with_capacity(96);
    for name in names {
        push_pinyin(&mut out, name);
    }
    out
}

fn push_pinyin(out: &mut String, name: &str) {
    let folded: String = name.chars().filter(|c| !is_ignored(*c)).map(fold).collect();
    let (syllables, starts) = syllables_of(&folded);
    if syllables.is_empty() {
        return;
    }
    let mut speller = Speller { first_byte: out.len(), out, syllables: &syllables, starts: &starts, left: MAX_SPELLINGS, chosen: [""; MAX_SYLLABLES] };
    // A spelling that needs one unlikely reading is likelier than one that needs two.
    let most_unlikely = syllables.iter().map(|s| s.count - 1).sum::<usize>();
    for unlikeliness in 0..=most_unlikely {
        speller.spell(0, unlikeliness);
        if speller.left == 0 {
            break;
        }
    }
}

/// The syllables of a name, and the syllables a search may begin at: the first of the name, of the
/// given name, and of every part of a name written in parts (阿卜杜拉·买买提, Li Wei).
fn syllables_of(folded: &str) -> (Vec<Syllable<'_>>, Vec<usize>) {
    let surname = folded.char_indices().nth(2).map(|(end, _)| &folded[..end]).filter(|two| COMPOUND_SURNAMES.contains(two));
    let compound = surname.and_then(compound_reading);
    // Names with a dot in them are those of peoples without surnames.
    let given_at = match surname {
        _ if folded.contains(['·', '•', '‧', '・']) => usize::MAX,
        Some(_) => 2,
        None => 1,
    };

    let mut syllables = Vec::with_capacity(4);
    let mut starts = Vec::with_capacity(2);
    let mut begins_part = true;
    let mut word_at = None;
    for (position, (at, c)) in folded.char_indices().enumerate() {
        let class = class(c);
        if class == Class::Gap {
            begins_part = true;
            continue;
        }
        let is_letter = class == Class::Letter;
        if is_letter {
            word_at.get_or_insert(at);
            if folded[at + 1..].starts_with(|next: char| next.is_ascii_alphabetic()) {
                continue;
            }
        }
        let syllable = match (word_at.take(), compound, position) {
            (Some(word_at), _, _) => Syllable::word(&folded[word_at..=at]),
            (None, Some(readings), 0 | 1) => Syllable::of_character(c, &readings[position..=position]),
            (None, None, 0) => Syllable::of_character(c, surname_readings(c)),
            (None, _, _) => Syllable::of_character(c, &[]),
        };
        // A Latin word is a part of its own, even without a space.
        let is_given_name = position == given_at && !is_letter;
        if (begins_part || is_given_name || is_letter) && !starts.contains(&syllables.len()) {
            starts.push(syllables.len());
        }
        begins_part = is_letter;
        // A character without a reading leaves no trace; the rest of the name is still found.
        if syllable.count > 0 {
            syllables.push(syllable);
        }
        if syllables.len() == MAX_SYLLABLES {
            break;
        }
    }
    starts.retain(|start| *start < syllables.len());
    (syllables, starts)
}

/// Writes the spellings of one name.
struct Speller<'a> {
    out: &'a mut String,
    /// Where the words of this name begin.
    first_byte: usize,
    syllables: &'a [Syllable<'a>],
    starts: &'a [usize],
    /// How many more spellings may be written.
    left: usize,
    chosen: [&'a str; MAX_SYLLABLES],
}

impl Speller<'_> {
    /// Chooses a reading for the syllables from `at` on, so that the places of the chosen readings
    /// in their lists add up to `unlikeliness`.
    fn spell(&mut self, at: usize, unlikeliness: usize) {
        if self.left == 0 {
            return;
        }
        let Some(syllable) = self.syllables.get(at) else {
            if unlikeliness == 0 {
                self.write();
                self.left -= 1;
            }
            return;
        };
        for place in 0..syllable.count.min(unlikeliness + 1) {
            self.chosen[at] = syllable.readings[place];
            self.spell(at + 1, unlikeliness - place);
        }
    }

    fn write(&mut self) {
        for start in self.starts {
            let chosen = &self.chosen[*start..self.syllables.len()];
            push_new(self.out, self.first_byte, |out| chosen.iter().for_each(|s| out.push_str(s)));
            // A single initial begins its own syllable, which is there already.
            if chosen.len() > 1 {
                push_new(self.out, self.first_byte, |out| {
                    out.extend(chosen.iter().filter_map(|s| s.chars().next()));
                });
            }
        }
    }
}

/// Appends a word unless a word that begins with it is there already, from `first_byte` on.
fn push_new(out: &mut String, first_byte: usize, write: impl FnOnce(&mut String)) {
    let end = out.len();
    if !out.is_empty() {
        out.push(' ');
    }
    let word_at = out.len();
    write(out);
    let (before, word) = out.split_at(word_at);
    if before[first_byte..].split(' ').any(|known| known.starts_with(word)) {
        out.truncate(end);
    }
}

// ---------------------------------------------------------------------------------------------
// Queries

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
        && user_text.chars().map(fold).all(is_phone_text)
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
fn has_beginning(index: &str, phrase: &str) -> bool {
    format!(" {index}").contains(&format!(" {phrase}"))
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
