//! What a workbook shows in a cell that holds a number or a day: its value in its number format (ECMA-376, 18.8.31). A format, or
//! a part of one, that is not known here gives nothing: the cell is refused then, and not guessed.

use jiff::civil::DateTime;

/// Formats that are known by their number alone, and as Excel and WPS show them in China.
fn of_china(id: u32) -> Option<&'static str> {
    Some(match id {
        14 => "yyyy/m/d",
        22 => "yyyy/m/d h:mm",
        27 | 36 | 50 | 52 | 57 => "yyyy年m月",
        28 | 29 | 51 | 53 | 54 | 58 => "m月d日",
        30 => "m-d-yy",
        31 => "yyyy年m月d日",
        32 => "h时mm分",
        33 => "h时mm分ss秒",
        34 | 55 => "上午/下午h时mm分",
        35 | 56 => "上午/下午h时mm分ss秒",
        _ => return None,
    })
}

/// What a cell with this value shows in the format of this id and code. `moment` is the value as a day and time, where it is one.
pub fn shown(value: f64, moment: Option<DateTime>, id: Option<u32>, code: &str) -> Option<String> {
    let sections = sections(id.and_then(of_china).unwrap_or(code))?;
    let (section, value) = match &sections[..] {
        [_, below, ..] if value < 0.0 => (below, -value),
        [_, _, zero, ..] if value == 0.0 => (zero, value),
        [first, ..] => (first, value),
        [] => return None,
    };
    let text = if section.iter().any(Token::is_of_time) { time(section, value, moment?)? } else { number(section, value)? };
    // A format that shows nothing hides something.
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Literal(String),
    /// The value as it would be without a format.
    General,
    /// `0`, `#` or `?`.
    Digit(char),
    Point,
    Comma,
    Percent,
    /// `y`, `m`, `d`, `h`, `s` or `a` (a Chinese weekday) and how many of it.
    Part(char, usize),
    /// `[h]` and the like: all hours, minutes or seconds.
    Elapsed(char),
    /// What stands for the halves of the day.
    Half(&'static str, &'static str),
}

impl Token {
    fn is_of_time(&self) -> bool {
        matches!(self, Self::Part(..) | Self::Elapsed(_) | Self::Half(..))
    }
}

/// The sections of a code (above zero, below, zero, text).
fn sections(code: &str) -> Option<Vec<Vec<Token>>> {
    let mut sections = vec![Vec::new()];
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        if c == ';' {
            rest = &rest[1..];
            sections.push(Vec::new());
            continue;
        }
        let (token, after) = token(rest)?;
        rest = after;
        if let (Some(token), Some(section)) = (token, sections.last_mut()) {
            section.push(token);
        }
    }
    Some(sections)
}

/// The token that `text` begins with, `None` inside for one that shows nothing, and what follows.
fn token(text: &str) -> Option<(Option<Token>, &str)> {
    let lower: String = text.chars().take(7).collect::<String>().to_ascii_lowercase();
    for (word, token) in [
        ("general", Token::General),
        ("am/pm", Token::Half("AM", "PM")),
        ("上午/下午", Token::Half("上午", "下午")),
        ("a/p", Token::Half("A", "P")),
        ("@", Token::General),
    ] {
        if lower.starts_with(word) {
            return Some((Some(token), &text[word.len()..]));
        }
    }
    let c = text.chars().next()?;
    let rest = &text[c.len_utf8()..];
    let literal = |text: &str| Some(Token::Literal(text.to_owned()));
    Some(match c {
        '"' => {
            let (quoted, after) = rest.split_once('"')?;
            (literal(quoted), after)
        }
        '\\' | '!' => {
            let next = rest.chars().next()?;
            (literal(next.encode_utf8(&mut [0; 4])), &rest[next.len_utf8()..])
        }
        // As wide as the next character, or filled with it.
        '_' | '*' => (literal(" "), &rest[rest.chars().next()?.len_utf8()..]),
        '[' => {
            let (inside, after) = rest.split_once(']')?;
            (bracket(inside)?, after)
        }
        '0' | '#' | '?' => (Some(Token::Digit(c)), rest),
        '.' => (Some(Token::Point), rest),
        ',' => (Some(Token::Comma), rest),
        '%' => (Some(Token::Percent), rest),
        'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' | 'a' | 'A' | 'e' | 'E' => {
            let count = text.chars().take_while(|other| other.eq_ignore_ascii_case(&c)).count();
            let part = c.to_ascii_lowercase();
            let rest = &text[count..];
            match part {
                // `E+` is an exponent, a lone `e` is the year in China.
                'e' if rest.starts_with(['+', '-']) => return None,
                'e' => (Some(Token::Part('y', 4)), rest),
                'a' if count < 3 => return None,
                _ => (Some(Token::Part(part, count)), rest),
            }
        }
        c if c.is_ascii_alphabetic() => return None,
        c => (literal(c.encode_utf8(&mut [0; 4])), rest),
    })
}

/// What stands in brackets: a colour or a language shows nothing, a currency its sign, `[h]` all hours. Conditions and other ways
/// of writing digits are not known.
fn bracket(inside: &str) -> Option<Option<Token>> {
    let lower = inside.to_ascii_lowercase();
    if let Some(currency) = inside.strip_prefix('$') {
        let sign = currency.split('-').next().unwrap_or_default();
        return Some((!sign.is_empty()).then(|| Token::Literal(sign.to_owned())));
    }
    let colours = ["black", "blue", "cyan", "green", "magenta", "red", "white", "yellow"];
    if colours.contains(&lower.as_str()) || lower.starts_with("color") || matches!(inside, "黑色" | "蓝色" | "绿色" | "红色" | "白色" | "黄色") {
        return Some(None);
    }
    let first = lower.chars().next()?;
    (matches!(first, 'h' | 'm' | 's') && lower.chars().all(|c| c == first)).then_some(Some(Token::Elapsed(first)))
}

const MONTHS: [&str; 12] = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const WEEKDAYS: [(&str, &str); 7] =
    [("Monday", "一"), ("Tuesday", "二"), ("Wednesday", "三"), ("Thursday", "四"), ("Friday", "五"), ("Saturday", "六"), ("Sunday", "日")];

fn time(section: &[Token], value: f64, at: DateTime) -> Option<String> {
    let halves = section.iter().any(|token| matches!(token, Token::Half(..)));
    let mut out = String::new();
    for (place, token) in section.iter().enumerate() {
        let padded = |value: i64, width: usize| format!("{value:0width$}");
        let name = |name: &str, count: usize| name[..if count == 3 { 3 } else { name.len() }].to_owned();
        let weekday = WEEKDAYS[usize::try_from(at.date().weekday().to_monday_zero_offset()).ok()?];
        match token {
            Token::Literal(text) => out.push_str(text),
            Token::Comma => out.push(','),
            Token::Point => out.push('.'),
            Token::Part('y', count) => {
                out.push_str(&if *count <= 2 { padded(i64::from(at.year()) % 100, 2) } else { padded(at.year().into(), 4) });
            }
            Token::Part('m', count @ 1..=2) if is_minute(section, place) => out.push_str(&padded(at.minute().into(), *count)),
            Token::Part('m', count @ 1..=2) => out.push_str(&padded(at.month().into(), *count)),
            Token::Part('m', count @ 3..=4) => out.push_str(&name(MONTHS[usize::try_from(at.month() - 1).ok()?], *count)),
            Token::Part('d', count @ 1..=2) => out.push_str(&padded(at.day().into(), *count)),
            Token::Part('d', count @ 3..=4) => out.push_str(&name(weekday.0, *count)),
            Token::Part('a', count) => out.push_str(&format!("{}{}", if *count == 4 { "星期" } else { "" }, weekday.1)),
            Token::Part('h', count @ 1..=2) => {
                let hour = if halves { (i64::from(at.hour()) + 11) % 12 + 1 } else { at.hour().into() };
                out.push_str(&padded(hour, *count));
            }
            Token::Part('s', count @ 1..=2) => out.push_str(&padded(at.second().into(), *count)),
            Token::Half(first, second) => out.push_str(if at.hour() < 12 { first } else { second }),
            Token::Elapsed(part) => {
                let seconds = (value * 86_400.0).round();
                let parts = match part {
                    'h' => (seconds / 3600.0).floor(),
                    'm' => (seconds / 60.0).floor(),
                    _ => seconds,
                };
                out.push_str(&format!("{parts}"));
            }
            // Parts of a second, and what has no meaning here.
            _ => return None,
        }
    }
    Some(out)
}

/// Whether the `m` at this place is minutes: hours stand before it or seconds after it.
fn is_minute(section: &[Token], place: usize) -> bool {
    let part = |token: &&Token| token.is_of_time() && !matches!(token, Token::Half(..));
    let before = section[..place].iter().rev().find(part);
    let after = section[place + 1..].iter().find(part);
    matches!(before, Some(Token::Part('h', _) | Token::Elapsed('h'))) || matches!(after, Some(Token::Part('s', _) | Token::Elapsed('s')))
}

fn number(section: &[Token], value: f64) -> Option<String> {
    let digit = |token: &Token| matches!(token, Token::Digit(_));
    if !section.iter().any(digit) {
        let mut out = String::new();
        for token in section {
            match token {
                Token::Literal(text) => out.push_str(text),
                Token::General => out.push_str(&general(value)?),
                _ => return None,
            }
        }
        return Some(out);
    }
    let first = section.iter().position(digit)?;
    let point = section.iter().position(|token| *token == Token::Point).unwrap_or(section.len());
    let last = section[..point].iter().rposition(digit).unwrap_or(first);
    // A slash between digits is a fraction.
    let between = section.get(first..=last).unwrap_or_default();
    if between.iter().any(|token| matches!(token, Token::Literal(text) if text == "/")) || section.contains(&Token::General) {
        return None;
    }
    let grouped = between.contains(&Token::Comma);
    // A comma behind the last digit, before the point or after it, leaves out three digits.
    let commas_after = |place: usize| section.iter().skip(place + 1).take_while(|token| **token == Token::Comma).count();
    let end = section.iter().rposition(digit).unwrap_or(last);
    let thousands = commas_after(last) + if end == last { 0 } else { commas_after(end) };
    let percent = section.iter().filter(|token| **token == Token::Percent).count();
    let value = value * 100_f64.powi(i32::try_from(percent).ok()?) / 1000_f64.powi(i32::try_from(thousands).ok()?);
    let places = section[point..].iter().filter(|token| digit(token)).count();
    // To the nearest, as decimal digits say it: 2.675 is 2.68 although its binary form lies below.
    let scale = 10_f64.powi(i32::try_from(places).ok()?);
    let rounded = (value.abs() * scale * (1.0 + f64::EPSILON)).round() / scale;
    let text = format!("{rounded:.places$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.trim_start_matches('0');
    let sign = if value < 0.0 && rounded != 0.0 { "-" } else { "" };
    Some(format!("{sign}{}{}", before_point(&section[..point], whole, grouped), after_point(section.get(point..).unwrap_or_default(), fraction)))
}

/// The digits before the point fall into their places from the right; the leftmost place takes all that are left.
fn before_point(tokens: &[Token], whole: &str, grouped: bool) -> String {
    let places = tokens.iter().filter(|token| matches!(token, Token::Digit(_))).count();
    let mut digits = whole.chars().rev();
    let (mut done, mut written) = (0, 0);
    let mut out: Vec<char> = Vec::new();
    let mut push = |out: &mut Vec<char>, c: char| {
        if grouped && written > 0 && written % 3 == 0 && c.is_ascii_digit() {
            out.push(',');
        }
        written += 1;
        out.push(c);
    };
    for token in tokens.iter().rev() {
        match token {
            Token::Digit(kind) => {
                done += 1;
                match (digits.next(), kind) {
                    (Some(c), _) => push(&mut out, c),
                    (None, '0') => push(&mut out, '0'),
                    (None, '?') => out.push(' '),
                    _ => {}
                }
                if done == places {
                    digits.by_ref().for_each(|c| push(&mut out, c));
                }
            }
            Token::Literal(text) => out.extend(text.chars().rev()),
            Token::Percent => out.push('%'),
            _ => {}
        }
    }
    // `.5` has no place before the point.
    if places == 0 {
        digits.for_each(|c| push(&mut out, c));
    }
    out.iter().rev().collect()
}

fn after_point(tokens: &[Token], fraction: &str) -> String {
    let mut out = String::new();
    let wanted = tokens.iter().filter(|token| matches!(token, Token::Digit(_))).collect::<Vec<_>>();
    // `#` leaves out zeros at the end, `0` does not.
    let zeros = fraction.len() - fraction.trim_end_matches('0').len();
    let optional = wanted.iter().rev().take_while(|token| matches!(token, Token::Digit('#'))).count();
    let kept = fraction.len() - zeros.min(optional);
    let mut digits = fraction.chars().take(kept);
    for token in tokens {
        match token {
            Token::Point => out.push('.'),
            Token::Digit(_) => out.extend(digits.next()),
            Token::Literal(text) => out.push_str(text),
            Token::Percent => out.push('%'),
            _ => {}
        }
    }
    out
}

/// A number without a format: whole numbers with all their digits, others with ten digits at most.
pub fn general(value: f64) -> Option<String> {
    if value.fract() == 0.0 {
        return (value.abs() < 1e15).then(|| format!("{value}"));
    }
    let whole = format!("{:.0}", value.abs().trunc());
    let places = 10_usize.saturating_sub(whole.len());
    let text = format!("{value:.places$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    // So small that only an exponent shows it.
    (text.parse() != Ok(0.0)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_a_workbook_shows_them() {
        for (value, code, wanted) in [
            (12.0, "0\"号楼\"", Some("12号楼")),
            (12.0, "0号楼", Some("12号楼")),
            (3.0, "\"第\"0\"网格\"", Some("第3网格")),
            (12.0, "General\"号\"", Some("12号")),
            (1234.0, "000000", Some("001234")),
            (13_800_000_001.0, "000\\-0000\\-0000", Some("138-0000-0001")),
            (13_800_000_001.0, "General", Some("13800000001")),
            (1_234_567.5, "#,##0.00", Some("1,234,567.50")),
            (0.0, "#,##0", Some("0")),
            (0.5, "0%", Some("50%")),
            (0.125, "0.00%", Some("12.50%")),
            (2.675, "0.00", Some("2.68")),
            (2.5, "0.##", Some("2.5")),
            (-3.0, "0_);(0)", Some("(3)")),
            (-3.0, "0", Some("-3")),
            (0.0, "0;-0;\"无\"", Some("无")),
            (5.0, "[Red]0\"人\"", Some("5人")),
            (80.0, "[$¥-804]#,##0", Some("¥80")),
            (1_500.0, "0.0,\"千\"", Some("1.5千")),
            (0.1 + 0.2, "General", Some("0.3")),
            (12.0, "@", Some("12")),
            (12.0, ";;;", None),
            (12.0, "[DBNum1]General", None),
            (0.5, "# ?/?", None),
            (12.0, "0.00E+00", None),
            (12.0, "[>=10]0\"大\";0\"小\"", None),
            (4.2e17, "General", None),
        ] {
            assert_eq!(shown(value, None, None, code).as_deref(), wanted, "{value} in {code}");
        }
    }

    #[test]
    fn days_as_a_workbook_shows_them() {
        let at = jiff::civil::date(2024, 12, 3).at(14, 5, 9, 0);
        for (id, code, wanted) in [
            (None, "m\"月\"d\"日\"", Some("12月3日")),
            (Some(58), "General", Some("12月3日")),
            (Some(14), "mm-dd-yy", Some("2024/12/3")),
            (Some(31), "General", Some("2024年12月3日")),
            (Some(57), "General", Some("2024年12月")),
            (None, "yyyy\\-mm\\-dd;@", Some("2024-12-03")),
            (None, "[$-804]yyyy\"年\"m\"月\"d\"日\"\\ aaaa", Some("2024年12月3日 星期二")),
            (None, "d-mmm", Some("3-Dec")),
            (None, "m-d", Some("12-3")),
            (None, "yy.mm.dd", Some("24.12.03")),
            (None, "yyyy/m/d h:mm:ss", Some("2024/12/3 14:05:09")),
            (None, "h:mm AM/PM", Some("2:05 PM")),
            (None, "上午/下午h\"时\"mm\"分\"", Some("下午2时05分")),
            (None, "mm:ss", Some("05:09")),
            (None, "mm:ss.0", None),
        ] {
            assert_eq!(shown(45_629.587, Some(at), id, code).as_deref(), wanted, "{code}");
        }
        assert_eq!(shown(1.5, Some(at), None, "[h]:mm").as_deref(), Some("36:05"));
    }
}
