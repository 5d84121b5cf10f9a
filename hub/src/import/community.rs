//! JSON lines of a community: households with their residents, open reports, volunteer activities.

use std::collections::HashMap;

use gridwalk_core::text::one_form;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::fields::{MAX_NUMBER, MAX_TEXT, heading_key, one_line, paragraphs};
use super::headings::is_heading;
use super::household::{NewHousehold, NewResident};
use super::kept::Kept;
use super::rejects::{Place, Problem, Reason, Reject};
use super::stamp::DateFault;

/// A position, WGS-84 degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// Latitude.
    pub lat: f64,
    /// Longitude.
    pub lon: f64,
}

/// One household.
#[derive(Debug, Clone, PartialEq)]
pub struct Household {
    /// Its stable id.
    pub id: String,
    /// The grid that it belongs to.
    pub grid: String,
    /// The part of the grid.
    pub micro_grid: Option<String>,
    /// The stable ids of its residents, in their order.
    pub resident_ids: Vec<String>,
    /// The household with its residents, every field in its one form; its place is not known before the grid is.
    pub home: NewHousehold,
}

/// One report that is open when the file is made.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenReport {
    /// Its stable id.
    pub id: String,
    /// The grid that it belongs to.
    pub grid: String,
    /// The code of its category.
    pub category: String,
    /// Its title.
    pub title: String,
    /// Its text; may be empty.
    pub detail: String,
    /// Where the matter is.
    pub position: Option<Position>,
    /// When it was reported, Unix seconds.
    pub at: i64,
    /// How urgent it is, as the file says.
    pub urgency: Option<String>,
}

/// One volunteer activity.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// Its stable id.
    pub id: String,
    /// The grid that it takes place in.
    pub grid: String,
    /// Its title.
    pub title: String,
    /// The task that it counts for.
    pub task: Option<String>,
    /// When it begins, Unix seconds.
    pub start: i64,
    /// When it ends, Unix seconds.
    pub end: i64,
    /// How many may take part.
    pub places: Option<u32>,
    /// The ids of the members who claimed it.
    pub members: Vec<String>,
}

/// What the lines of a file gave.
#[derive(Debug, Default)]
pub struct Lines {
    /// The households.
    pub households: Kept<Household>,
    /// The reports.
    pub reports: Kept<OpenReport>,
    /// The activities.
    pub activities: Kept<Activity>,
    /// The bad lines.
    pub rejects: Vec<Reject>,
    /// How many lines were of a known kind, good or bad.
    pub known: usize,
}

/// Reads the lines of a file. `ignored` are keys that are left out on purpose; `today` is what no birth may be later than.
pub fn read(file: &str, text: &str, ignored: &[String], today: Date) -> Lines {
    let mut lines = Lines::default();
    let mut residents = HashMap::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = Place { sheet: String::new(), row: at as u64 + 1 };
        let problems = read_line(line, &place, (ignored, today), &mut lines, &mut residents);
        if !problems.is_empty() {
            lines.rejects.push(Reject::new(file, &place, &problems));
        }
    }
    lines
}

/// Where each resident was seen: the id of the household and its place.
type Homes = HashMap<String, (String, Place)>;

fn read_line(line: &str, place: &Place, (ignored, today): (&[String], Date), lines: &mut Lines, homes: &mut Homes) -> Vec<Problem> {
    let whole = |reason| vec![Problem { column: String::new(), reason }];
    if line.contains('\u{fffd}') {
        return whole(Reason::Undecodable);
    }
    // What serde_json says about an error can quote the line, so it is not passed on.
    let Ok(Value::Object(object)) = serde_json::from_str(line) else { return whole(Reason::NotJson) };
    let mut keys = Keys { object: &object, prefix: String::new(), read: Vec::new(), ignored, problems: Vec::new() };
    // Lines of day.jsonl have "op": they are what phones did, not what there is to begin with.
    let has = |key| object.contains_key(key) && !object.contains_key("op");
    if has("residents") {
        let household = household(&mut keys, today);
        move_in(&mut keys, &household, place, homes);
        let id = household.id.clone();
        keys.keep(&id, place, household, &mut lines.households);
    } else if has("members") && has("start") {
        let activity = activity(&mut keys);
        keys.name_unread();
        let id = activity.id.clone();
        keys.keep(&id, place, activity, &mut lines.activities);
    } else if has("category") {
        let report = report(&mut keys);
        keys.name_unread();
        let id = report.id.clone();
        keys.keep(&id, place, report, &mut lines.reports);
    } else {
        return whole(Reason::UnknownLine);
    }
    lines.known += 1;
    keys.problems
}

fn household(keys: &mut Keys<'_>, today: Date) -> Household {
    let (id, grid) = (keys.id("id"), keys.id("grid"));
    let micro_grid = keys.optional_text("micro_grid").map(|name| one_form(&name).into_owned()).filter(|name| !name.is_empty());
    let (address, tenure) = (keys.plain("address"), keys.plain("tenure"));
    let (position, visit_every_days) = (keys.position(), keys.count("visit_every_days"));
    let (resident_ids, residents) = keys.objects("residents", resident).into_iter().unzip();
    keys.name_unread();
    let (lat, lon) = position.map(|p| (p.lat, p.lon)).unzip();
    let mut home = NewHousehold { address, tenure, lat, lon, visit_every_days, residents, own: serde_json::Map::new() };
    match home.checked(today) {
        Ok(clean) => home = clean,
        Err(flaws) => {
            for flaw in flaws {
                let column = flaw.field().unwrap_or_default();
                // Of a value of the wrong type, that is enough.
                if !keys.has_problem(column) {
                    keys.problems.push(Problem::of_core(column, &flaw));
                }
            }
        }
    }
    Household { id, grid: one_form(&grid).into_owned(), micro_grid, resident_ids, home }
}

fn resident(keys: &mut Keys<'_>) -> (String, NewResident) {
    let id = keys.id("id");
    let [name, sex, birth, relation, phone] = ["name", "sex", "birth", "relation", "phone"].map(|key| keys.plain(key));
    let resident = NewResident { name, sex, birth, relation, phone, tags: keys.texts("tags"), own: serde_json::Map::new() };
    keys.name_unread();
    (id, resident)
}

fn report(keys: &mut Keys<'_>) -> OpenReport {
    OpenReport {
        id: keys.id("id"),
        grid: keys.id("grid"),
        category: keys.text("category"),
        title: keys.text("title"),
        detail: keys.long_text("detail").unwrap_or_default(),
        position: keys.position(),
        at: keys.time("at"),
        urgency: keys.optional_text("urgency"),
    }
}

fn activity(keys: &mut Keys<'_>) -> Activity {
    let activity = Activity {
        id: keys.id("id"),
        grid: keys.id("grid"),
        title: keys.text("title"),
        task: keys.optional_text("task"),
        start: keys.time("start"),
        end: keys.time("end"),
        places: keys.count("places"),
        members: keys.texts("members"),
    };
    // The how-manieth day of a plan it is on: its times say that.
    keys.value("day");
    if keys.problems.is_empty() && activity.end <= activity.start {
        keys.problem("end", Reason::EndBeforeStart);
    }
    activity
}

/// One person lives in one home: a resident who is already in another household of the file is a problem.
fn move_in(keys: &mut Keys<'_>, household: &Household, place: &Place, homes: &mut Homes) {
    for (at, resident) in household.resident_ids.iter().enumerate() {
        let key = format!("residents[{at}].id");
        if !resident.is_empty() && household.resident_ids[..at].contains(resident) {
            keys.problem(&key, Reason::Repeated(place.clone()));
        } else if let Some((home, earlier)) = homes.get(resident)
            && *home != household.id
        {
            keys.problem(&key, Reason::Repeated(earlier.clone()));
        }
    }
    if keys.problems.is_empty() {
        for resident in &household.resident_ids {
            homes.entry(resident.clone()).or_insert_with(|| (household.id.clone(), place.clone()));
        }
    }
}

/// Reads the keys of one JSON object and gathers what is wrong with them. A value that has a problem is replaced by an
/// empty one; its line is refused, so the value is never used.
struct Keys<'a> {
    object: &'a Map<String, Value>,
    prefix: String,
    /// The keys that were looked at.
    read: Vec<String>,
    ignored: &'a [String],
    problems: Vec<Problem>,
}

impl<'a> Keys<'a> {
    fn keep<T: PartialEq>(&mut self, id: &str, place: &Place, content: T, kept: &mut Kept<T>) {
        if self.problems.is_empty()
            && let Err(earlier) = kept.keep(id, place.clone(), content)
        {
            self.problem("id", Reason::Repeated(earlier));
        }
    }

    fn problem(&mut self, key: &str, reason: Reason) {
        self.problems.push(Problem { column: format!("{}{key}", self.prefix), reason });
    }

    fn has_problem(&self, column: &str) -> bool {
        self.problems.iter().any(|problem| problem.column == column)
    }

    /// Names the keys that nobody asked for: what they say would be lost without a word.
    fn name_unread(&mut self) {
        let unread = self.object.keys().filter(|key| !self.read.contains(key) && !self.ignored.contains(&heading_key(key)));
        for key in unread.cloned().collect::<Vec<_>>() {
            // In a file gone wrong a person's name may stand where a key belongs; what cannot be one is not shown.
            let plain = key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-');
            let shown = if plain || is_heading(&heading_key(&key)) { key.as_str() } else { "?" };
            self.problem(shown, Reason::UnknownKey);
        }
    }

    /// The value of a key; `null` is no value.
    fn value(&mut self, key: &str) -> Option<&'a Value> {
        self.read.push(key.to_owned());
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// The value as `read` takes it; one that it does not take is of the wrong type.
    fn read<T>(&mut self, key: &str, read: impl Fn(&'a Value) -> Option<T>) -> Option<T> {
        let value = self.value(key)?;
        let read = read(value);
        if read.is_none() {
            self.problem(key, Reason::WrongType);
        }
        read
    }

    fn required<T: Default>(&mut self, key: &str, value: Option<T>) -> T {
        // A key that has a problem already is not missing as well.
        if value.is_none() && !self.has_problem(&format!("{}{key}", self.prefix)) {
            self.problem(key, Reason::Missing);
        }
        value.unwrap_or_default()
    }

    fn cleaned(&mut self, key: &str, clean: fn(&str) -> String) -> Option<String> {
        let text = clean(self.read(key, Value::as_str)?);
        if text.chars().count() > MAX_TEXT {
            self.problem(key, Reason::TooLong);
            return None;
        }
        (!text.is_empty()).then_some(text)
    }

    fn optional_text(&mut self, key: &str) -> Option<String> {
        self.cleaned(key, one_line)
    }

    /// A text that the core checks; empty without one.
    fn plain(&mut self, key: &str) -> String {
        self.cleaned(key, one_line).unwrap_or_default()
    }

    fn long_text(&mut self, key: &str) -> Option<String> {
        self.cleaned(key, paragraphs)
    }

    fn text(&mut self, key: &str) -> String {
        let text = self.optional_text(key);
        self.required(key, text)
    }

    fn id(&mut self, key: &str) -> String {
        let id = self.text(key);
        if id.chars().count() > MAX_NUMBER {
            self.problem(key, Reason::NumberTooLong);
        }
        id
    }

    fn texts(&mut self, key: &str) -> Vec<String> {
        let read = |value: &'a Value| value.as_array()?.iter().map(|text| text.as_str().map(one_line)).collect::<Option<Vec<_>>>();
        let texts = self.read(key, read).unwrap_or_default();
        if texts.iter().any(String::is_empty) {
            self.problem(key, Reason::Missing);
        }
        if texts.iter().any(|text| text.chars().count() > MAX_NUMBER) {
            self.problem(key, Reason::NumberTooLong);
        }
        texts
    }

    fn objects<T>(&mut self, key: &str, read: fn(&mut Keys<'a>) -> T) -> Vec<T> {
        let objects = self.read(key, |value| value.as_array()?.iter().map(Value::as_object).collect::<Option<Vec<_>>>());
        let Some(objects) = objects else { return self.required(key, None) };
        let mut all = Vec::with_capacity(objects.len());
        for (at, object) in objects.into_iter().enumerate() {
            let mut keys = Keys { object, prefix: format!("{key}[{at}]."), read: Vec::new(), ignored: self.ignored, problems: Vec::new() };
            all.push(read(&mut keys));
            self.problems.append(&mut keys.problems);
        }
        all
    }

    fn count(&mut self, key: &str) -> Option<u32> {
        let count = self.read(key, |value| u32::try_from(value.as_u64()?).ok())?;
        if count == 0 {
            self.problem(key, Reason::Outside("≥ 1"));
        }
        Some(count)
    }

    /// Unix seconds within 1970 to 2100; milliseconds are far outside and so cannot pass unseen.
    fn time(&mut self, key: &str) -> i64 {
        let time = self.read(key, Value::as_i64);
        let time = self.required(key, time);
        if !(0..4_133_980_800).contains(&time) {
            self.problem(key, Reason::Date(DateFault::OutOfRange));
        }
        time
    }

    /// Both parts of the position or neither.
    fn position(&mut self) -> Option<Position> {
        let lat = self.read("lat", Value::as_f64);
        let lon = self.read("lon", Value::as_f64);
        for (key, value, most, range) in [("lat", lat, 90.0, "-90–90"), ("lon", lon, 180.0, "-180–180")] {
            match value {
                Some(degrees) if !(-most..=most).contains(&degrees) => self.problem(key, Reason::Outside(range)),
                None if lat.is_some() || lon.is_some() => {
                    self.required::<f64>(key, None);
                }
                _ => {}
            }
        }
        Some(Position { lat: lat?, lon: lon? })
    }
}
