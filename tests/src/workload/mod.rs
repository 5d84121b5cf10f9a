//! The reference community that every measurement of this project runs on.
//!
//! The numbers follow a published account of one large community of a Hubei city: 13,322 households, 38,000 people. Names, phone
//! numbers and places are invented. The same [`Spec`] gives the same bytes everywhere, and the bytes of the generator in Python
//! (`shared/workload/make.py`) that other systems are measured with, so that all of them do the same work.
//!
//! Days are working days from Monday 2 March 2026, 08:30 to about 18:30 in China (UTC+8). Times are seconds since the Unix epoch
//! (UTC), positions are WGS-84 degrees, ids are stable strings.

mod day;
mod python_random;
mod words;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::str::FromStr;

use gridwalk_core::clock::beijing;
use serde::{Deserialize, Serialize};

pub use day::{AddResident, Attendance, EditPhone, NewReport, Operation, ReportEvent, Visit};
use python_random::{PythonRandom, round6};
use words::{CATEGORIES, DETAILS, GIVEN, MEMBER_TASKS, NOTES, SKILLS, STREETS, SURNAMES, TAGS};

/// Monday 2026-03-02 00:00 in China.
const DAY0: i64 = 1_772_380_800;
const DAY: i64 = 86_400;

/// How the community is staffed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scene {
    /// 33 grids of some 404 households, one phone each: the staffing that is aimed at.
    #[default]
    Standard,
    /// 7 grids of 1,903 households, one phone each: the staffing of many places now.
    Today,
    /// 33 grids, 4 phones each, which meet on the same doors and edit the same people while offline.
    Team,
}

impl Scene {
    /// The grids of the community, unless a [`Spec`] names another number.
    pub fn grids(self) -> usize {
        if self == Self::Today { 7 } else { 33 }
    }

    /// The phones of each grid.
    pub fn phones(self) -> usize {
        if self == Self::Team { 4 } else { 1 }
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Standard => "standard",
            Self::Today => "today",
            Self::Team => "team",
        })
    }
}

impl FromStr for Scene {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Standard, Self::Today, Self::Team]
            .into_iter()
            .find(|scene| scene.to_string() == text)
            .ok_or_else(|| format!("`{text}` is no scene: standard, today or team"))
    }
}

/// Which community to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The staffing.
    pub scene: Scene,
    /// The number of households; every grid needs 20.
    pub households: usize,
    /// The number of grids, at least 2; without it, that of the scene.
    pub grids: Option<usize>,
    /// The working days to record.
    pub days: usize,
    /// The seed of the random numbers.
    pub seed: u64,
}

impl Default for Spec {
    fn default() -> Self {
        Self { scene: Scene::Standard, households: 13_322, grids: None, days: 1, seed: 1 }
    }
}

/// A community, and what is recorded in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Community {
    /// The households, grid by grid.
    pub households: Vec<Household>,
    /// Problem reports already open when the first day begins.
    pub reports: Vec<Report>,
    /// Volunteer activities of all days.
    pub activities: Vec<Activity>,
    /// What the workers and members record on all days, in time order.
    pub day: Vec<Operation>,
}

/// The people behind one door.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Household {
    /// Its id, such as `h00017`.
    pub id: String,
    /// The grid it belongs to, such as `g00`.
    pub grid: String,
    /// The building it belongs to, such as `g00-b001`.
    pub micro_grid: String,
    /// Its postal address.
    pub address: String,
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lon: f64,
    /// On what terms it lives there: `自有`, `租赁` or `单位房`.
    pub tenure: String,
    /// How many days may pass between two visits.
    pub visit_every_days: u32,
    /// Who lives there; the head comes first.
    pub residents: Vec<Resident>,
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resident {
    /// The id, which begins with that of the household, such as `h00017-0`.
    pub id: String,
    /// The full name, surname first.
    pub name: String,
    /// `男` or `女`.
    pub sex: String,
    /// The date of birth, such as `1954-02-11`.
    pub birth: String,
    /// What the person is to the household's head; `户主` is the head.
    pub relation: String,
    /// The phone number; empty for small children.
    pub phone: String,
    /// What the workers have to know, sorted.
    pub tags: Vec<String>,
}

/// A problem that somebody reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Its id.
    pub id: String,
    /// The grid it lies in.
    pub grid: String,
    /// The code of its category, such as `0101`.
    pub category: String,
    /// The name of its category.
    pub title: String,
    /// What was seen.
    pub detail: String,
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lon: f64,
    /// When it was reported.
    pub at: i64,
    /// `一般`, `较急` or `紧急`.
    pub urgency: String,
}

/// A volunteer activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Its id, such as `a000`.
    pub id: String,
    /// The day it is on, counted from 0.
    pub day: usize,
    /// The grid it is held in.
    pub grid: String,
    /// Its title.
    pub title: String,
    /// The kind of task it counts as.
    pub task: String,
    /// When it begins.
    pub start: i64,
    /// When it ends.
    pub end: i64,
    /// How many members it has places for.
    pub places: u32,
    /// The members who claimed a place, sorted.
    pub members: Vec<String>,
}

impl Community {
    /// Writes `households.jsonl`, `reports.jsonl`, `activities.jsonl` and `day.jsonl` into a folder, which is made if need be.
    ///
    /// # Errors
    ///
    /// Fails if the folder or a file cannot be written.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir_all(dir)?;
        write_lines(&dir.join("households.jsonl"), &self.households)?;
        write_lines(&dir.join("reports.jsonl"), &self.reports)?;
        write_lines(&dir.join("activities.jsonl"), &self.activities)?;
        write_lines(&dir.join("day.jsonl"), &self.day)
    }
}

fn write_lines<T: Serialize>(path: &Path, rows: &[T]) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for row in rows {
        serde_json::to_writer(&mut file, row)?;
        file.write_all(b"\n")?;
    }
    file.flush()
}

/// Makes a community.
///
/// The order of the random draws is that of `make.py`: whoever moves a line that draws changes every byte after it.
///
/// # Panics
///
/// Panics if there are fewer than 2 grids, or fewer than 20 households in one, as `make.py` does.
pub fn make(spec: &Spec) -> Community {
    let grids = spec.grids.filter(|&grids| grids > 0).unwrap_or(spec.scene.grids());
    let r = &mut PythonRandom::new(spec.seed);
    let households: Vec<_> = (0..spec.households).map(|i| household(r, i, spec.households, grids)).collect();
    let reports: Vec<_> = (0..grids * 12)
        .map(|i| {
            let grid = format!("g{:02}", r.below(grids));
            let at = DAY0 - r.int(1, 20) * DAY + minutes(10, 0);
            report(r, format!("r{i:04}"), &grid, at)
        })
        .collect();
    let activities: Vec<_> = (0..spec.days * 6).map(|i| activity(r, i, i % spec.days, grids)).collect();
    let day = (0..spec.days).flat_map(|d| day::day(r, d, &households, &reports, &activities, grids, spec.scene.phones())).collect();
    Community { households, reports, activities, day }
}

impl Community {
    /// Takes away the dates of birth that are later than `at` (seconds since the Unix epoch, UTC) by China's time: the youngest are born in any
    /// month of 2026, and no roster takes in who is not born yet.
    pub fn born_by(&mut self, at: i64) {
        let today = beijing(at);
        let newcomers = self.day.iter_mut().filter_map(|op| if let Operation::AddResident(new) = op { Some(&mut new.resident) } else { None });
        let residents = self.households.iter_mut().flat_map(|home| &mut home.residents).chain(newcomers);
        residents.filter(|resident| resident.birth.as_str() > &today[..10]).for_each(|resident| resident.birth.clear());
    }
}

fn household(r: &mut PythonRandom, i: usize, n: usize, grids: usize) -> Household {
    let grid = i * grids / n;
    let id = format!("h{i:05}");
    let (building, unit, floor, door) = (i / 48 + 1, i % 48 / 12 + 1, i % 12 / 2 + 1, i % 2 + 1);
    let size = *r.weighted(&[1, 2, 3, 4, 5, 6], &[20, 26, 27, 15, 8, 4]);
    let head = r.character(SURNAMES);
    Household {
        grid: format!("g{grid:02}"),
        micro_grid: format!("g{grid:02}-b{building:03}"),
        address: format!("{}{}号院{building}栋{unit}单元{floor}0{door}室", STREETS[grid % STREETS.len()], grid + 1),
        lat: round6(32.62 + building as f64 * 4e-5 + r.random() * 1e-5),
        lon: round6(110.78 + grid as f64 * 6e-4 + r.random() * 1e-5),
        tenure: (*r.choice(&["自有", "自有", "自有", "租赁", "单位房"])).into(),
        visit_every_days: *r.choice(&[7, 30, 90, 90, 180]),
        residents: (0..size).map(|k| resident(r, format!("{id}-{k}"), k == 0, head, size)).collect(),
        id,
    }
}

/// One person; `is_head` for the household's head, `family` the surname that kin share, `size` the people in the home.
fn resident(r: &mut PythonRandom, id: String, is_head: bool, family: char, size: usize) -> Resident {
    let age = if is_head {
        r.int(24, 95)
    } else {
        let ages = [r.int(0, 17), r.int(18, 59), r.int(18, 59), r.int(60, 95)];
        *r.choice(&ages)
    };
    let sex = r.character("男女");
    let mut tags: Vec<String> = Vec::new();
    for (tag, low, high) in r.sample(&TAGS, 6) {
        if (low..=high).contains(&age) && r.random() < 0.11 && !(tag == "孕产妇" && sex == '男') {
            tags.push(tag.into());
        }
    }
    if age >= 80 {
        tags.push("高龄老人".into());
    }
    if age >= 60 && size == 1 {
        tags.push("独居老人".into());
    }
    tags.sort();
    let full = name(r);
    Resident {
        id,
        name: if is_head || r.random() < 0.4 { full } else { full.chars().skip(1).fold(family.into(), push) },
        sex: sex.into(),
        birth: format!("{}-{:02}-{:02}", 2026 - age, r.int(1, 12), r.int(1, 28)),
        relation: if is_head {
            "户主".into()
        } else if age < 18 {
            "子女".into()
        } else {
            (*r.choice(&["配偶", "父母", "租客", "其他"])).into()
        },
        phone: if age > 11 { phone(r) } else { String::new() },
        tags,
    }
}

fn push(mut text: String, character: char) -> String {
    text.push(character);
    text
}

fn name(r: &mut PythonRandom) -> String {
    let surname = r.character(SURNAMES);
    let length = *r.choice(&[1, 2, 2]);
    (0..length).map(|_| r.character(GIVEN)).fold(surname.into(), push)
}

fn phone(r: &mut PythonRandom) -> String {
    (0..8).map(|_| r.character("0123456789")).fold("199".into(), push)
}

fn report(r: &mut PythonRandom, id: String, grid: &str, at: i64) -> Report {
    let (code, title) = *r.choice(&CATEGORIES);
    Report {
        id,
        grid: grid.into(),
        category: code.into(),
        title: title.into(),
        detail: [*r.choice(&NOTES[1..]), *r.choice(&DETAILS)].concat(),
        lat: round6(32.62 + r.random() * 0.01),
        lon: round6(110.78 + r.random() * 0.02),
        at,
        urgency: (*r.choice(&["一般", "一般", "较急", "紧急"])).into(),
    }
}

fn activity(r: &mut PythonRandom, i: usize, day: usize, grids: usize) -> Activity {
    let start = DAY0 + day as i64 * DAY + minutes(*r.choice(&[9, 14, 19]), 0);
    Activity {
        id: format!("a{i:03}"),
        day,
        // g00, which is measured, has none
        grid: format!("g{:02}", 1 + r.below(grids - 1)),
        title: [*r.choice(&MEMBER_TASKS), "·", *r.choice(&SKILLS)].concat(),
        task: (*r.choice(&MEMBER_TASKS)).into(),
        start,
        end: start + *r.choice(&[1, 2, 3]) * 3600,
        places: 30,
        members: {
            let everybody: Vec<usize> = (0..900).collect();
            let mut members = r.sample(&everybody, 25);
            members.sort_unstable();
            members.iter().map(|k| format!("m{k:04}")).collect()
        },
    }
}

/// The seconds from midnight to a time of day.
fn minutes(hours: i64, minutes: i64) -> i64 {
    hours * 3600 + minutes * 60
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test that cannot go on should panic
mod tests;
