//! Names as they sound: full pinyin and initials, with the readings that surnames have.

use pinyin::ToPinyinMulti;

use super::{Class, class, fold, is_ignored};
use crate::text::one_form;

const MAX_READINGS: usize = 3;
pub(super) const MAX_SPELLINGS: usize = 12;
const MAX_SYLLABLES: usize = 16;

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
    let folded: String = one_form(name).chars().filter(|c| !is_ignored(*c)).map(fold).collect();
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
