//! Rosters (花名册): rows of residents, gathered to households, or rows of households.

use std::collections::HashMap;

use gridwalk_core::error::Error as CoreError;
use gridwalk_core::records::JsonMap;
use gridwalk_core::text::day::day;
use gridwalk_core::text::phones::{BETWEEN, phones};
use gridwalk_core::text::{is_nothing, one_form};
use jiff::civil::Date;
use jiff::tz::Offset;

use super::cells::{Cell, Row};
use super::community::Household;
use super::error::ReadError;
use super::fields::one_line;
use super::household::{NewHousehold, NewResident};
use super::kept::{Kept, Placed};
use super::rejects::{Place, Problem, Reason, Reject};
use super::roster_headings::IDENTITY;
use super::table::{RowReader, Table};

/// What the head of a household is to it.
const HEAD: &str = "户主";

/// The households of all sheets of a file.
pub struct Roster<'a> {
    grid: Option<&'a str>,
    today: Date,
    kept: Kept<Household>,
    repeats: usize,
    notes: Vec<(String, String)>,
}

/// What one row says.
struct Line {
    place: Place,
    grid: Option<String>,
    micro_grid: Option<String>,
    number: Option<String>,
    address: String,
    tenure: Option<String>,
    visit_every_days: Option<String>,
    head: Option<String>,
    members: Option<String>,
    resident: NewResident,
    /// The community's own fields of the household.
    own: JsonMap,
    /// What the row is refused for as a whole.
    unfit: bool,
    problems: Vec<Problem>,
}

/// The rows of one household.
struct Home {
    key: String,
    grid: String,
    head: Option<String>,
    lines: Vec<usize>,
}

impl<'a> Roster<'a> {
    /// `grid` is that of rows that name none; `today` is what no birth may be later than.
    pub fn new(grid: Option<&'a str>, today: Date) -> Self {
        Self { grid, today, kept: Kept::default(), repeats: 0, notes: Vec::new() }
    }

    /// The households, how many rows repeated an earlier one, and what a person should know.
    pub fn into_parts(self) -> (Vec<Placed<Household>>, usize, Vec<(String, String)>) {
        let (households, repeats) = self.kept.into_parts();
        (households, repeats + self.repeats, self.notes)
    }

    /// Reads the households of a table. The error: nothing says in which grid they lie.
    pub fn read(&mut self, file: &str, table: &Table<'_>) -> Result<Vec<Reject>, ReadError> {
        let found = self.grid.map(|name| one_form(name).into_owned()).or_else(|| grid_of(file, table));
        if !table.has("grid") {
            let Some(name) = &found else { return Err(ReadError::NoGrid { file: file.to_owned() }) };
            self.notes.push((format!("网格：{name}"), format!("the grid is {name}")));
        }
        if table.has(IDENTITY) {
            let heading = table.heading(IDENTITY);
            self.notes.push((format!("“{heading}”一列不导入"), format!("the column \"{heading}\" is never imported")));
        }
        // A roster holds days, no times: the clock does not matter.
        let mut lines: Vec<Line> = Vec::new();
        for row in table.rows(Offset::UTC) {
            let line = line(row, table, lines.last());
            lines.push(line);
        }
        let homes = gather(&mut lines, table, found.as_deref());
        for home in &homes {
            self.keep(home, &mut lines, table);
        }
        let bad = lines.iter().filter(|line| !line.problems.is_empty());
        Ok(bad.map(|line| Reject::new(file, &line.place, &line.problems)).collect())
    }

    /// Keeps the household of these lines, or says at each of them why it does not come in.
    fn keep(&mut self, home: &Home, lines: &mut [Line], table: &Table<'_>) {
        let mut people: Vec<(NewResident, usize)> = Vec::new();
        for at in home.lines.iter().copied() {
            for resident in residents(&lines[at]) {
                match people.iter().find(|(other, _)| other.name == resident.name && other.birth == resident.birth) {
                    Some((other, _)) if *other == resident => self.repeats += 1,
                    Some((_, earlier)) => {
                        let place = lines[*earlier].place.clone();
                        lines[at].problems.push(Problem { column: table.heading("name").to_owned(), reason: Reason::Repeated(place) });
                    }
                    None => people.push((resident, at)),
                }
            }
        }
        let first = home.lines[0];
        if let Some(head) = &home.head {
            match people.iter_mut().find(|(resident, _)| resident.name == *head) {
                Some((resident, _)) if resident.relation.is_empty() => resident.relation = HEAD.into(),
                Some(_) => {}
                // Who is named as the head of the household belongs to it.
                None => people.insert(0, (NewResident { name: head.clone(), relation: HEAD.into(), ..NewResident::default() }, first)),
            }
        }
        people.sort_by_key(|(resident, _)| !is_head(&resident.relation));
        let stated = |read: fn(&Line) -> Option<&String>| home.lines.iter().find_map(|at| read(&lines[*at])).cloned();
        let visit_every_days = stated(|line| line.visit_every_days.as_ref()).map(|days| days.trim_end_matches('天').parse::<u32>());
        let (residents, origins): (Vec<_>, Vec<_>) = people.into_iter().unzip();
        let input = NewHousehold {
            address: lines[first].address.clone(),
            tenure: stated(|line| line.tenure.as_ref()).unwrap_or_default(),
            lat: None,
            lon: None,
            visit_every_days: visit_every_days.clone().and_then(Result::ok),
            residents,
            own: home.lines.iter().rev().flat_map(|at| lines[*at].own.clone()).collect(),
        };
        let micro_grid = stated(|line| line.micro_grid.as_ref());
        if let Some(Err(_)) = visit_every_days {
            lines[first].problems.push(Problem { column: table.heading("visit_every_days").to_owned(), reason: Reason::WrongType });
        }
        let checked = input.checked(self.today).map_err(|flaws| {
            for flaw in &flaws {
                let (at, key) = origin(flaw, &origins, first);
                let key = if key == "name" && !table.has(key) { "head" } else { key };
                let column = table.heading(key);
                // A cell that could not be read is not wrong as well.
                if !lines[at].problems.iter().any(|problem| problem.column == column) {
                    lines[at].problems.push(Problem::of_core(column, flaw));
                }
            }
        });
        let bad = home.lines.iter().find(|at| !lines[**at].problems.is_empty()).map(|at| lines[*at].place.clone());
        if let (Ok(home_input), None) = (checked, &bad) {
            let resident_ids = home_input.residents.iter().map(|resident| format!("{}/{}/{}", home.key, resident.name, resident.birth)).collect();
            let household = Household { id: home.key.clone(), grid: home.grid.clone(), micro_grid, resident_ids, home: home_input };
            if let Err(earlier) = self.kept.keep(&home.key, lines[first].place.clone(), household) {
                for at in &home.lines {
                    lines[*at].problems.push(Problem { column: String::new(), reason: Reason::SameHousehold(earlier.clone()) });
                }
            }
        } else if let Some(bad) = bad {
            for at in &home.lines {
                if lines[*at].problems.is_empty() {
                    lines[*at].problems.push(Problem { column: String::new(), reason: Reason::OfHousehold(bad.clone()) });
                }
            }
        }
    }
}

/// The line and the field that an error of the core speaks of.
fn origin<'e>(flaw: &'e CoreError, origins: &[usize], first: usize) -> (usize, &'e str) {
    let field = flaw.field().unwrap_or_default();
    let of_resident = field.strip_prefix("residents[").and_then(|rest| rest.split_once("]."));
    let found = of_resident.and_then(|(at, key)| Some((*origins.get(at.parse::<usize>().ok()?)?, key)));
    found.unwrap_or((first, field))
}

fn line(mut row: RowReader<'_>, table: &Table<'_>, before: Option<&Line>) -> Line {
    let place = row.place();
    if !row.is_whole() {
        let (resident, own, problems) = (NewResident::default(), JsonMap::new(), row.into_problems());
        let (grid, micro_grid, number, tenure, visit_every_days, head, members) = Default::default();
        return Line { place, grid, micro_grid, number, address: String::new(), tenure, visit_every_days, head, members, resident, own, unfit: true, problems };
    }
    let mut text = |key: &str| row.optional_text(key, one_line).map(|text| one_form(&text).into_owned()).filter(|text| !is_nothing(text));
    let [grid, micro_grid, tenure, visit_every_days, head, members] = ["grid", "micro_grid", "tenure", "visit_every_days", "head", "members"].map(&mut text);
    let [name, sex, relation] = ["name", "sex", "relation"].map(|key| text(key).unwrap_or_default());
    let written = ["address", "estate", "building", "unit", "room"].map(&mut text);
    let tags = row.optional_text("tags", one_line).map(|all| words(&all)).unwrap_or_default();
    // In their one form already, so that a person written twice is seen to be one; what has none, the core refuses.
    let birth = row.optional_day("birth").map(|text| day(&text).map_or(text, |day| day.to_string())).unwrap_or_default();
    let phone = row.optional_phone("phone").map(|text| phones(&text).map_or(text, |all| all.join(BETWEEN.encode_utf8(&mut [0; 4])))).unwrap_or_default();
    let (mut own, mut of_resident) = (JsonMap::new(), JsonMap::new());
    for field in &table.own {
        if let Some(json) = row.optional_own(field) {
            let fields = if field.of == "household" { &mut own } else { &mut of_resident };
            fields.insert(field.field.key.to_owned(), json);
        }
    }
    let mut line = Line {
        place,
        grid,
        micro_grid,
        number: row.optional_number("household_number"),
        address: address(&written),
        tenure,
        visit_every_days,
        head,
        members,
        resident: NewResident { name, sex, birth, relation, phone, tags, own: of_resident },
        own,
        unfit: false,
        problems: row.into_problems(),
    };
    // What is written once for a household and left empty below it, as merged cells are when they are saved as text.
    let of_member = !line.resident.name.is_empty() && !is_head(&line.resident.relation) && (!line.resident.relation.is_empty() || table.has("head"));
    let written_nowhere = line.address.is_empty() && line.number.is_none() && line.head.is_none();
    if let Some(before) = before.filter(|before| !before.unfit && of_member && written_nowhere && line.problems.is_empty()) {
        line.address.clone_from(&before.address);
        line.number.clone_from(&before.number);
        line.head.clone_from(&before.head);
        line.grid = line.grid.or_else(|| before.grid.clone());
        line.micro_grid = line.micro_grid.or_else(|| before.micro_grid.clone());
    }
    line
}

/// The lines by household: those of one number in a grid, or of one head at one address, or of one address.
fn gather(lines: &mut [Line], table: &Table<'_>, grid: Option<&str>) -> Vec<Home> {
    let mut homes: Vec<Home> = Vec::new();
    let mut by_key: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for (at, line) in lines.iter_mut().enumerate().filter(|(_, line)| !line.unfit) {
        let Some(grid) = line.grid.clone().or_else(|| grid.map(str::to_owned)) else {
            line.problems.push(Problem { column: table.heading("grid").to_owned(), reason: Reason::NoGrid });
            continue;
        };
        if line.address.is_empty() && line.number.is_none() {
            let key = ["address", "room", "building"].into_iter().find(|key| table.has(key)).unwrap_or("address");
            if !line.problems.iter().any(|problem| problem.column == table.heading(key)) {
                line.problems.push(Problem { column: table.heading(key).to_owned(), reason: Reason::Missing });
            }
            continue;
        }
        if !line.has_someone() && line.says_of_someone() {
            line.problems.push(Problem { column: table.heading("name").to_owned(), reason: Reason::Missing });
        }
        let name = line.number.as_ref().map_or_else(|| line.address.clone(), |number| format!("#{number}"));
        let here = by_key.entry((grid.clone(), name.clone())).or_default();
        let same = |home: &&usize| line.number.is_some() || homes[**home].head.is_none() || line.head.is_none() || homes[**home].head == line.head;
        if let Some(home) = here.iter().find(same).copied() {
            homes[home].lines.push(at);
            homes[home].head = homes[home].head.take().or_else(|| line.head.clone());
        } else {
            // Several families at one address: the key lies in a table that outlives an erasure, so nobody's name is in it.
            let number = if here.is_empty() { String::new() } else { format!("/{}", here.len() + 1) };
            here.push(homes.len());
            homes.push(Home { key: format!("roster/{grid}/{name}{number}"), grid, head: line.head.clone(), lines: vec![at] });
        }
    }
    // Of one number there may be one address, written in any of its rows.
    for home in &homes {
        let address = home.lines.iter().map(|at| lines[*at].address.clone()).find(|address| !address.is_empty()).unwrap_or_default();
        for at in &home.lines {
            let line = &mut lines[*at];
            if line.address.is_empty() {
                line.address.clone_from(&address);
            } else if line.address != address {
                line.problems.push(Problem { column: table.heading("address").to_owned(), reason: Reason::OtherAddress });
            }
        }
    }
    homes
}

impl Line {
    fn has_someone(&self) -> bool {
        !self.resident.name.is_empty() || self.head.is_some() || self.members.is_some()
    }

    fn says_of_someone(&self) -> bool {
        let NewResident { sex, birth, relation, phone, tags, own, .. } = &self.resident;
        !(own.is_empty() && sex.is_empty() && birth.is_empty() && relation.is_empty() && phone.is_empty() && tags.is_empty())
    }
}

/// Who a row speaks of: a resident; in a row of a household its head, and the members that it lists.
fn residents(line: &Line) -> Vec<NewResident> {
    let mut all = Vec::new();
    if !line.resident.name.is_empty() {
        all.push(line.resident.clone());
    } else if let Some(head) = &line.head {
        all.push(NewResident { name: head.clone(), relation: HEAD.into(), ..line.resident.clone() });
    }
    for member in words(line.members.as_deref().unwrap_or_default()) {
        // 李四(妻)
        let (name, relation) = member.split_once('(').unwrap_or((&member, ""));
        let resident = NewResident { name: name.to_owned(), relation: relation.trim_end_matches(')').to_owned(), ..NewResident::default() };
        if !resident.name.is_empty() && !all.iter().any(|other| other.name == resident.name) {
            all.push(resident);
        }
    }
    all
}

fn is_head(relation: &str) -> bool {
    matches!(relation, "户主" | "本人" | "户主本人" | "本人(户主)")
}

/// The words of a cell that lists several.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(['、', '，', ',', '；', ';', '/', '／', '|', '\n', ' ', '\u{3000}']);
    parts.map(|word| one_form(word).into_owned()).filter(|word| !is_nothing(word)).collect()
}

/// An address that stands in several columns: estate, building, unit, room.
fn address([whole, estate, building, unit, room]: &[Option<String>; 5]) -> String {
    let mut out = whole.clone().unwrap_or_default();
    for (part, word) in [(estate, ""), (building, "栋"), (unit, "单元"), (room, "室")] {
        let Some(part) = part else { continue };
        // What the address says already.
        if out.contains(part.as_str()) && word.is_empty() {
            continue;
        }
        out.push_str(part);
        if part.bytes().all(|b| b.is_ascii_alphanumeric()) {
            out.push_str(word);
        }
    }
    out
}

/// The grid that the titles above the headings, the sheet or the file names.
fn grid_of(file: &str, table: &Table<'_>) -> Option<String> {
    let titles = table.above.iter().flat_map(|row: &Row| &row.cells).filter_map(|cell| match cell {
        Cell::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let file = file.rsplit_once('.').map_or(file, |(name, _)| name);
    titles.chain([table.sheet, file]).find_map(grid_in)
}

/// 五堰社区一网格居民花名册 speaks of 一网格, 网格3名册 of 网格3; 网格员 and 微网格 are no grid.
fn grid_in(text: &str) -> Option<String> {
    const WORD: &str = "网格";
    let text = one_form(text);
    for (at, _) in text.match_indices(WORD) {
        let (before, after) = (&text[..at], &text[at + WORD.len()..]);
        if before.ends_with('微') || after.starts_with(['员', '长', '化']) {
            continue;
        }
        let apart = ["社区", "街道", "居委会", "村", "镇", "乡", "区", "市", "县", "年", "月", "日", "度", "-", "_", "(", ")", "、", "·", ":", "《", " "];
        let from = apart.iter().filter_map(|word| before.rfind(word).map(|at| at + word.len())).max().unwrap_or(0);
        if !before[from..].is_empty() {
            return Some(format!("{}{WORD}", &before[from..]));
        }
        let number: String = after.chars().take_while(|c| c.is_ascii_digit() || "一二三四五六七八九十百".contains(*c)).collect();
        if !number.is_empty() {
            return Some(format!("{WORD}{number}"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_its_grid() {
        for (title, grid) in [
            ("一网格居民花名册", Some("一网格")),
            ("五堰社区第１网格2024年花名册", Some("第1网格")),
            ("2024年3月五堰街道五堰社区二网格住户", Some("二网格")),
            ("网格3名册", Some("网格3")),
            ("网格员花名册", None),
            ("微网格住户", None),
            ("网格花名册", None),
            ("居民花名册", None),
        ] {
            assert_eq!(grid_in(title).as_deref(), grid, "{title}");
        }
    }

    #[test]
    fn an_address_in_parts_is_put_together() {
        let part = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let put = |parts: [&str; 5]| address(&parts.map(part));
        assert_eq!(put(["", "幸福小区", "3", "2", "502"]), "幸福小区3栋2单元502室");
        assert_eq!(put(["", "幸福小区", "3号楼", "二单元", "502室"]), "幸福小区3号楼二单元502室");
        assert_eq!(put(["人民路12号", "", "", "", "502"]), "人民路12号502室");
    }
}
