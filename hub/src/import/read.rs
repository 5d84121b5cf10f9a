//! Reading one input file, whatever its kind, into good rows and rejects.

use std::collections::HashMap;
use std::path::Path;

use super::categories::{self, Category};
use super::community::{self, Activity, Household, OpenReport};
use super::error::ReadError;
use super::headings::Kind;
use super::kept::{Kept, Placed};
use super::mapping::Mapping;
use super::messages::{self, Message};
use super::rejects::Reject;
use super::sheet::read_sheets;
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
    /// Sheets that hold something but lack the headings of a known kind.
    pub skipped_sheets: Vec<String>,
}

/// Reads a file. `now` (Unix seconds) is what no message or answer may be later than.
pub fn read_file(path: &Path, mapping: &Mapping, now: i64) -> Result<Input, ReadError> {
    let bytes = std::fs::read(path).map_err(|source| ReadError::Io { path: path.display().to_string(), source })?;
    read_bytes(path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(), &bytes, mapping, now)
}

/// Reads what a file of this name holds.
pub fn read_bytes(file: String, bytes: &[u8], mapping: &Mapping, now: i64) -> Result<Input, ReadError> {
    match json_lines(&file, bytes) {
        Some(text) => read_lines(file, &text),
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

fn read_lines(file: String, text: &str) -> Result<Input, ReadError> {
    let lines = community::read(&file, text);
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
    let sheets = read_sheets(&file, bytes, mapping)?;
    let (mut messages, mut categories, mut codes) = (Kept::default(), Kept::default(), HashMap::new());
    let mut input = Input::default();
    let mut tables = 0;
    for sheet in sheets.iter().filter(|sheet| !sheet.rows.is_empty()) {
        let Some(table) = mapping.table(&file, sheet)? else {
            input.skipped_sheets.push(sheet.name.clone());
            continue;
        };
        tables += 1;
        input.rejects.extend(match table.kind {
            Kind::Messages => messages::read(&file, &table, mapping.offset(), now, &mut messages),
            Kind::Categories => categories::read(&file, &table, &mut categories, &mut codes),
        });
    }
    if tables == 0 {
        return Err(mapping.no_table(&file, &sheets));
    }
    let (messages, repeated_messages) = messages.into_parts();
    let (categories, repeated_categories) = categories.into_parts();
    Ok(Input { file, messages, categories, repeats: repeated_messages + repeated_categories, ..input })
}
