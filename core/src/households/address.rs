//! Where a door is, read from an address as people write it: building, stairway, floor, room.

/// The parts of an address. What it does not say is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Door {
    /// The building with all that stands before it: `人民路12号3栋`.
    pub building: String,
    /// The stairway within it: `1单元`.
    pub stairway: String,
    /// The floor; `None` if neither it nor a room of three or four digits says so.
    pub floor: Option<i64>,
    /// The room: `502`.
    pub room: String,
}

/// Words that end the number of a building.
const BUILDINGS: [&str; 6] = ["号楼", "栋", "幢", "座", "楼", "棟"];
/// Words that end the number of a stairway.
const STAIRWAYS: [&str; 4] = ["单元", "單元", "梯", "门栋"];
/// Words that end a floor's number.
const FLOORS: [&str; 2] = ["层", "層"];

impl Door {
    /// The parts of `address`. Full-width letters and digits are read as half-width ones, blanks are left out, and a house number
    /// behind a street (`12号`) is no building by itself.
    pub fn of(address: &str) -> Self {
        let text: Vec<char> = address.chars().filter(|c| !c.is_whitespace()).map(fold_width).collect();
        let mut door = Self::default();
        let mut rest = 0;
        if let Some((_, end)) = last_numbered(&text, 0, &BUILDINGS) {
            door.building = text[..end].iter().collect();
            rest = end;
        }
        if let Some((start, end)) = last_numbered(&text, rest, &STAIRWAYS) {
            if door.building.is_empty() {
                // A stairway that follows a house number directly is in that house: 人民路12号2单元.
                door.building = text[..start].iter().collect::<String>().trim_end_matches(is_joint).to_owned();
            }
            door.stairway = text[start..end].iter().collect();
            rest = end;
        }
        let mut floor = None;
        if let Some((start, end)) = last_numbered(&text, rest, &FLOORS) {
            floor = number(&text[start..end]);
            rest = end;
        }
        if !door.building.is_empty() {
            door.room = room(&text[rest..]);
        }
        door.floor = floor.or_else(|| floor_of(&door.room));
        door
    }
}

fn fold_width(c: char) -> char {
    match c {
        // The full-width forms mirror ASCII at a fixed distance.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '—' | '–' => '-',
        other => other,
    }
}

/// What stands between two parts and says nothing.
fn is_joint(c: char) -> bool {
    matches!(c, '-' | ',' | '，' | '、' | '#' | '/' | '.')
}

/// A character of a number, in digits, letters or Chinese.
fn is_numeral(c: char) -> bool {
    c.is_ascii_alphanumeric() || "一二三四五六七八九十百甲乙丙丁东西南北中".contains(c)
}

/// Where the last number with one of these words behind it begins and ends, from `from` on.
fn last_numbered(text: &[char], from: usize, words: &[&str]) -> Option<(usize, usize)> {
    (from..text.len()).rev().find_map(|at| {
        let word = words.iter().find(|word| starts_with(&text[at..], word))?;
        // 号楼 is one word: 楼 within it ends nothing by itself, and 楼道 is no building.
        let end = at + word.chars().count();
        let begins = (from..at).rev().take_while(|n| is_numeral(text[*n])).last()?;
        (text.get(end) != Some(&'道')).then_some((begins, end))
    })
}

fn starts_with(text: &[char], word: &str) -> bool {
    word.chars().enumerate().all(|(n, c)| text.get(n) == Some(&c))
}

/// The room in what stands behind the stairway: its first run of letters and digits.
fn room(rest: &[char]) -> String {
    let run: String = rest.iter().skip_while(|c| is_joint(**c)).take_while(|c| c.is_ascii_alphanumeric()).collect();
    run.to_ascii_uppercase()
}

/// The floor of a room numbered by floors: 502 is on 5, 1203 on 12.
fn floor_of(room: &str) -> Option<i64> {
    let digits: String = room.chars().take_while(char::is_ascii_digit).collect();
    if (3..=4).contains(&digits.len()) { digits[..digits.len() - 2].parse().ok().filter(|floor| *floor > 0) } else { None }
}

/// A number in digits or Chinese numerals up to 99.
fn number(text: &[char]) -> Option<i64> {
    let digits: String = text.iter().take_while(|c| c.is_ascii_digit()).collect();
    if !digits.is_empty() {
        return digits.parse().ok();
    }
    let value = |c: &char| "一二三四五六七八九".chars().position(|n| n == *c).and_then(|n| i64::try_from(n + 1).ok());
    let text: Vec<char> = text.iter().copied().take_while(|c| value(c).is_some() || *c == '十').collect();
    match text.as_slice() {
        [one] if *one == '十' => Some(10),
        [one] => value(one),
        [ten, one] if *ten == '十' => Some(10 + value(one)?),
        [tens, ten] if *ten == '十' => Some(value(tens)? * 10),
        [tens, ten, one] if *ten == '十' => Some(value(tens)? * 10 + value(one)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_people_write_it() {
        let table: [(&str, &str, &str, Option<i64>, &str); 22] = [
            ("人民路12号3栋1单元502", "人民路12号3栋", "1单元", Some(5), "502"),
            ("人民路12号3栋1单元502室", "人民路12号3栋", "1单元", Some(5), "502"),
            ("人民路12号3栋502室", "人民路12号3栋", "", Some(5), "502"),
            ("人民路１２号 ３栋 １单元 ５０２", "人民路12号3栋", "1单元", Some(5), "502"),
            ("3幢2单元1203", "3幢", "2单元", Some(12), "1203"),
            ("阳光小区5号楼二单元三层302", "阳光小区5号楼", "二单元", Some(3), "302"),
            ("A座1502", "A座", "", Some(15), "1502"),
            ("阳光小区3栋-1单元-502", "阳光小区3栋", "1单元", Some(5), "502"),
            ("人民路12号2单元301", "人民路12号", "2单元", Some(3), "301"),
            ("南楼12", "南楼", "", None, "12"),
            ("7号楼3单元", "7号楼", "3单元", None, ""),
            ("7号楼十二层B", "7号楼", "", Some(12), "B"),
            ("7号楼二十层6", "7号楼", "", Some(20), "6"),
            ("7号楼二十一层6", "7号楼", "", Some(21), "6"),
            ("7号楼1单元101b", "7号楼", "1单元", Some(1), "101B"),
            ("1期2区3栋4单元502", "1期2区3栋", "4单元", Some(5), "502"),
            ("1栋001", "1栋", "", None, "001"),
            ("人民路12号", "", "", None, ""),
            ("502", "", "", None, ""),
            ("王家湾", "", "", None, ""),
            ("高楼村委会旁", "", "", None, ""),
            ("", "", "", None, ""),
        ];
        for (address, building, stairway, floor, room) in table {
            let found = Door::of(address);
            assert_eq!((found.building.as_str(), found.stairway.as_str(), found.floor, found.room.as_str()), (building, stairway, floor, room), "{address}");
        }
    }
}
