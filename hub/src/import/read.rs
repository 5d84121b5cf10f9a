//! Reading one input file, whatever its kind, into good rows and rejects.

use std::collections::HashMap;
use std::path::Path;

use gridwalk_core::text::day::china_day;

use super::categories::{self, Category};
use super::community::{self, Activity, Household, OpenReport};
use super::error::ReadError;
use super::fields::heading_key;
use super::headings::Kind;
use super::kept::{Kept, Placed};
use super::mapping::Mapping;
use super::messages::{self, Message};
use super::rejects::{Place, Reason, Reject};
use super::roster::Roster;
use super::sheet::read_sheets;
use super::table::Column;
use super::text;

/// What a file holds.
#[derive(Debug, Default)]
pub struct Input {
    /// The name of the file, without its folder.
    pub file: String,
    /// Residents' messages.
    pub messages: Vec<Placed<Message>>,
    /// Categories.
    pub categories: Vec<Placed<Category>>,
    /// Households.
    pub households: Vec<Placed<Household>>,
    /// Reports.
    pub reports: Vec<Placed<OpenReport>>,
    /// Volunteer activities.
    pub activities: Vec<Placed<Activity>>,
    /// The rows that were not taken, one entry a row.
    pub rejects: Vec<Reject>,
    /// How many rows repeated an earlier one word for word and were left out.
    pub repeats: usize,
    /// What else the file holds and was not read: columns, rows, sheets.
    pub unread: Vec<Reject>,
    /// What a person should know of how the file was read, in Chinese and in English.
    pub notes: Vec<(String, String)>,
    /// The columns of each sheet, for what is found out later about a row.
    pub columns: HashMap<String, Vec<Column>>,
}

/// Reads a file. `now` (Unix seconds) is what no message, answer or birth may be later than.
pub fn read_file(path: &Path, mapping: &Mapping, now: i64) -> Result<Input, ReadError> {
    let (file, bytes) = read_whole(path)?;
    read_bytes(file, &bytes, mapping, now)
}

/// A file's name without its folder, and its content.
pub(crate) fn read_whole(path: &Path) -> Result<(String, Vec<u8>), ReadError> {
    let bytes = std::fs::read(path).map_err(|source| ReadError::Io { path: path.display().to_string(), source })?;
    Ok((path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(), bytes))
}

/// Reads what a file of this name holds.
pub fn read_bytes(file: String, bytes: &[u8], mapping: &Mapping, now: i64) -> Result<Input, ReadError> {
    match json_lines(&file, bytes) {
        Some(text) => read_lines(file, &text, mapping, now),
        None => read_tables(file, bytes, mapping, now),
    }
}

/// The text of a file of JSON lines, known by its ending or its first character.
fn json_lines(file: &str, bytes: &[u8]) -> Option<String> {
    if bytes.starts_with(b"PK") {
        return None;
    }
    let named = [".jsonl", ".ndjson"].iter().any(|ending| file.to_lowercase().ends_with(ending));
    let text = text::decode(bytes)?;
    let first = text.trim_start().chars().next()?;
    (named || first == '{').then_some(text)
}

fn read_lines(file: String, text: &str, mapping: &Mapping, now: i64) -> Result<Input, ReadError> {
    let lines = community::read(&file, text, &mapping.ignored(), china_day(now));
    if lines.known == 0 {
        return Err(ReadError::UnknownLines { file });
    }
    let (households, repeats) = lines.households.into_parts();
    let mut input = Input { households, repeats, rejects: lines.rejects, ..Input::default() };
    let (reports, repeats) = lines.reports.into_parts();
    input.reports = reports;
    input.repeats += repeats;
    let (activities, repeats) = lines.activities.into_parts();
    input.activities = activities;
    input.repeats += repeats;
    input.file = file;
    Ok(input)
}

fn read_tables(file: String, bytes: &[u8], mapping: &Mapping, now: i64) -> Result<Input, ReadError> {
    let (sheets, hidden) = read_sheets(&file, bytes, mapping)?;
    let ignored = mapping.ignored();
    let whole = |name: &str| Place { sheet: name.to_owned(), row: 0 };
    let (mut messages, mut categories, mut codes) = (Kept::default(), Kept::default(), HashMap::new());
    let mut roster = Roster::new(mapping.grid.as_deref(), china_day(now));
    let mut input = Input::default();
    let mut tables = 0;
    for name in hidden.iter().filter(|name| !ignored.contains(&heading_key(name))) {
        input.unread.push(Reject::one(&file, &whole(name), "", Reason::HiddenSheet));
    }
    for sheet in sheets.iter().filter(|sheet| !sheet.rows.is_empty()) {
        let Some(table) = mapping.table(&file, sheet)? else {
            if !ignored.contains(&heading_key(&sheet.name)) {
                input.unread.push(Reject::one(&file, &whole(&sheet.name), "", Reason::NoHeadings));
            }
            continue;
        };
        tables += 1;
        input.unread.extend(table.unread(&file, &ignored));
        if let Some(row) = sheet.too_wide {
            input.unread.push(Reject::one(&file, &Place { row, ..whole(&sheet.name) }, "", Reason::TooWide));
        }
        input.rejects.extend(match table.kind {
            Kind::Messages => messages::read(&file, &table, mapping.offset(), now, &mut messages),
            Kind::Categories => categories::read(&file, &table, &mut categories, &mut codes),
            Kind::Roster => roster.read(&file, &table)?,
        });
        input.columns.insert(sheet.name.clone(), table.columns);
    }
    if tables == 0 {
        return Err(mapping.no_table(&file, &sheets));
    }
    let (messages, repeated_messages) = messages.into_parts();
    let (categories, repeated_categories) = categories.into_parts();
    let (households, repeated_residents, notes) = roster.into_parts();
    let repeats = repeated_messages + repeated_categories + repeated_residents;
    Ok(Input { file, messages, categories, households, notes, repeats, ..input })
}
