//! What people type in many ways and mean as one: names, addresses and tags ([`one_form`]), telephone numbers ([`phones`]), days
//! ([`day`]). Commands, imports and the search all go through these, so that what one of them took another finds.

pub mod day;
pub mod phones;

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Radicals (U+2E80 to U+2EF3), each before the character that it looks like (Unicode's EquivalentUnifiedIdeograph). Text copied
/// out of a PDF holds them. Compatibility normalisation knows the Kangxi radicals, but only two of these.
const RADICALS: &str = "⺁厂⺂乛⺃乚⺄乙⺅亻⺆冂⺇𠘨⺈刀⺉刂⺊卜⺋㔾⺌小⺍小⺎兀⺏尣⺐尢⺑𡯂⺒巳⺓幺⺔彑⺕彐⺖忄⺗心⺘扌⺙攵⺛旡⺜日⺝月\
     ⺞歺⺟母⺠民⺡氵⺢氺⺣灬⺤爫⺥爫⺦丬⺧牛⺨犭⺩王⺪𤴔⺫目⺬示⺭礻⺮𥫗⺯糹⺰纟⺱罓⺲罒⺳㓁⺴冗⺵𦉫⺶羊⺷𦍌⺸𦍋⺹耂\
     ⺺肀⺻聿⺼肉⺽𦥑⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻇𧢲⻈讠⻉贝⻊𧾷⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑長⻒镸⻓长⻔门⻕𨸏\
     ⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞𩙿⻟飠⻠饣⻡𩠐⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜\
     ⻲亀⻳龟";

/// The words for "there is none" that people write where they could have left a field empty.
const NOTHING: [&str; 17] = ["-", "--", "/", "//", "\\", "无", "暂无", "没有", "空", "未知", "不详", "不明", "未填", "null", "none", "nan", "n/a"];

/// The one form of a name, an address or a tag: compatibility forms (full-width letters and digits, radicals, compatibility
/// ideographs) become the plain characters, what shows nothing goes, dashes and middle dots are each one sign, and a blank stays
/// only between two words of letters or digits: 第　１ 网格 is 第1网格, 张  三 is 张三, John Smith stays. Characters of the CJK
/// extensions are plain characters and stay.
pub fn one_form(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| c.is_ascii_graphic() || is_han(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.chars().map(of_radical).nfkc() {
        if c.is_whitespace() {
            blank = true;
            continue;
        }
        if is_invisible(c) {
            continue;
        }
        let c = one_sign(c);
        if blank && is_word(c) && out.chars().next_back().is_some_and(is_word) {
            out.push(' ');
        }
        blank = false;
        out.push(c);
    }
    Cow::Owned(out)
}

/// Whether a text, in its one form, says that there is nothing: it is empty or a word such as 无.
pub fn is_nothing(text: &str) -> bool {
    text.chars().all(|c| c == '-') || NOTHING.contains(&text.to_lowercase().as_str())
}

fn of_radical(c: char) -> char {
    if !('\u{2e80}'..='\u{2ef3}').contains(&c) {
        return c;
    }
    let mut pairs = RADICALS.chars();
    while let (Some(radical), Some(plain)) = (pairs.next(), pairs.next()) {
        if radical == c {
            return plain;
        }
    }
    c
}

/// One sign for what keyboards and programs write as dash, middle dot (of Uyghur and Tibetan names) or tilde.
fn one_sign(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2500}' => '-',
        '\u{2022}' | '\u{2027}' | '\u{2219}' | '\u{22c5}' | '\u{30fb}' => '·',
        '\u{301c}' => '~',
        other => other,
    }
}

/// What shows nothing. The selectors of ideographic variants (U+E0100 and above) stay: they are how a name is written.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Chinese characters of every block that no normalisation changes.
fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{2f7ff}' | '\u{30000}'..='\u{3ffff}')
}

/// Letters and digits of writing that parts its words by blanks.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !is_han(c) && !('\u{2e80}'..='\u{33ff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_mean_as_one_is_one() {
        for (given, wanted) in [
            ("第１网格", "第1网格"),
            ("第 1 网格", "第1网格"),
            ("第\u{3000}１\u{a0}网格\u{feff}", "第1网格"),
            ("\u{200b}第1\u{200d}网格\n", "第1网格"),
            ("张  三", "张三"),
            ("⻓\u{2f08}路", "长人路"),
            ("\u{f9fd}\u{fa0e}", "什\u{fa0e}"),
            ("\u{2f800}", "丽"),
            ("阿依古丽•买买提", "阿依古丽·买买提"),
            ("阿依古丽・买买提", "阿依古丽·买买提"),
            ("Ｊｏｈｎ   Smith", "John Smith"),
            ("A 座 ２ 单元", "A座2单元"),
            ("人民路１２号３－２（东）", "人民路12号3-2(东)"),
            ("３—２", "3-2"),
            ("e\u{301}", "é"),
        ] {
            assert_eq!(one_form(given), wanted, "{given:?}");
            assert_eq!(one_form(&one_form(given)), one_form(given), "{given:?}: the one form is its own one form");
        }
    }

    #[test]
    fn characters_of_the_extensions_stay() {
        // One of each extension from A to H, and a variant of 葛 chosen by a selector.
        for name in ["\u{3400}\u{20000}\u{2a700}\u{2b740}\u{2b820}\u{2ceb0}\u{30000}\u{31350}", "葛\u{e0100}"] {
            assert_eq!(one_form(name), name);
        }
    }

    #[test]
    fn every_radical_has_its_character() {
        let odd = RADICALS.chars().step_by(2);
        assert!(odd.clone().all(|c| ('\u{2e80}'..='\u{2ef3}').contains(&c)));
        assert_eq!(odd.count() * 2, RADICALS.chars().count());
        assert!(RADICALS.chars().skip(1).step_by(2).all(|c| !('\u{2e80}'..='\u{2fd5}').contains(&c)));
    }

    #[test]
    fn nothing_has_many_words() {
        for text in ["", "无", "-", "——", "／", "None", "N/A", "不详"] {
            assert!(is_nothing(&one_form(text)), "{text}");
        }
        assert!(!is_nothing("无锡路"));
    }
}
