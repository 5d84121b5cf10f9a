//! A sheet whose columns are known, and the reading of its rows cell by cell.

use gridwalk_core::dictionary::Type;
use gridwalk_core::dictionary::own::OwnField;
use gridwalk_core::records::{Json, given_for};
use gridwalk_sheets::Flaw;
use jiff::tz::Offset;

use super::cells::{Cell, Row};
use super::fields::{MAX_NUMBER, MAX_TEXT, heading_key, identifier, is_no_value, lost_digits, means_blank, one_line, paragraphs};
use super::headings::{Kind, counts_rows};
use super::rejects::{Place, Problem, Reason, Reject};
use super::stamp::{self, Stamp};

/// A number that Excel can still hold exactly: it keeps 15 digits.
const EXACT: f64 = 1e15;

/// Number cells of a column of days that are taken for Excel's day numbers: 1927 to 2099. A year alone is less.
const DAY_NUMBERS: std::ops::Range<f64> = 10_000.0..73_051.0;

/// A column and the field that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The key of the field.
    pub key: &'static str,
    /// Its place in the rows; the first is 0.
    pub at: usize,
    /// Its heading in the file.
    pub heading: String,
}

/// A sheet whose columns are known.
#[derive(Debug)]
pub struct Table<'a> {
    /// What the rows are.
    pub kind: Kind,
    /// The community's own fields that it may have columns of.
    pub own: Vec<&'static OwnField>,
    /// The name of the sheet.
    pub sheet: &'a str,
    /// The columns that were found.
    pub columns: Vec<Column>,
    /// The rows below the headings.
    pub rows: &'a [Row],
    /// For separated text the number of headings: no row may have more cells.
    pub width: Option<usize>,
    /// The rows above the headings: titles and remarks.
    pub above: &'a [Row],
    /// The headings as they stand, by column, and the row that they stand in.
    pub headings: Vec<String>,
    /// That row's number.
    pub heading_row: u64,
}

impl Table<'_> {
    /// The heading of a field; its key where the file has no column for it.
    pub fn heading<'b>(&'b self, key: &'b str) -> &'b str {
        self.columns.iter().find(|column| column.key == key).map_or(key, |column| column.heading.as_str())
    }

    /// Whether there is a column for a field.
    pub fn has(&self, key: &str) -> bool {
        self.columns.iter().any(|column| column.key == key)
    }

    /// What the sheet holds and nobody reads: columns whose heading is not known (but for those that only count rows), and rows
    /// that say something in such a counting column alone. `ignored` are headings that are left out on purpose.
    pub fn unread(&self, file: &str, ignored: &[String]) -> Vec<Reject> {
        let width = self.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let at = |row| Place { sheet: self.sheet.to_owned(), row };
        let mut unread = Vec::new();
        let mut counting = Vec::new();
        for column in (0..width).filter(|at| !self.columns.iter().any(|column| column.at == *at)) {
            let heading = self.headings.get(column).map_or("", String::as_str);
            let key = heading_key(heading);
            let says = |row: &Row| row.cells.get(column).is_some_and(|cell| !cell.is_blank() && !matches!(cell, Cell::Text(text) if heading_key(text) == key));
            if counts_rows(&key) {
                counting.push(column);
            } else if !ignored.contains(&key) && self.width.is_none_or(|width| column < width) && self.rows.iter().any(says) {
                let name = if heading.is_empty() { format!("第{}列", letters(column)) } else { heading.to_owned() };
                unread.push(Reject::one(file, &at(self.heading_row), &name, Reason::UnreadColumn));
            }
        }
        for row in self.rows.iter().filter(|row| !row.open_quote) {
            let cell = |at: usize| row.cells.get(at).filter(|cell| !cell.is_blank());
            let remark = |at: &usize| matches!(cell(*at), Some(Cell::Text(text)) if text.trim().parse::<u64>().is_err() && !counts_rows(&heading_key(text)));
            if self.columns.iter().all(|column| cell(column.at).is_none()) && counting.iter().any(remark) {
                unread.push(Reject::one(file, &at(row.number), "", Reason::UnreadRow));
            }
        }
        unread
    }

    /// The rows that hold something in a known column. Headings that are repeated further down (as printed lists do on
    /// each page) are left out.
    pub fn rows(&self, offset: Offset) -> impl Iterator<Item = RowReader<'_>> {
        let rows = self.rows.iter().filter(|row| {
            let mut cells = self.columns.iter().map(|column| (column, row.cells.get(column.at)));
            let empty = cells.clone().all(|(_, cell)| cell.is_none_or(Cell::is_blank));
            let headings = cells.all(|(column, cell)| matches!(cell, Some(Cell::Text(text)) if heading_key(text) == heading_key(&column.heading)));
            row.open_quote || !(empty || headings)
        });
        rows.map(move |row| RowReader::new(self, row, offset))
    }
}

/// A column as a spreadsheet program names it: A, B, …, Z, AA.
fn letters(column: usize) -> String {
    let last = char::from(b'A' + (column % 26) as u8);
    if column < 26 { last.to_string() } else { letters(column / 26 - 1) + &last.to_string() }
}

/// Reads the cells of one row and gathers what is wrong with them.
#[derive(Debug)]
pub struct RowReader<'a> {
    table: &'a Table<'a>,
    row: &'a Row,
    offset: Offset,
    problems: Vec<Problem>,
}

impl<'a> RowReader<'a> {
    fn new(table: &'a Table<'a>, row: &'a Row, offset: Offset) -> Self {
        let mut reader = Self { table, row, offset, problems: Vec::new() };
        let extra = table.width.and_then(|width| row.cells.get(width..)).unwrap_or_default();
        if row.open_quote {
            reader.problem_of_row(Reason::OpenQuote);
        } else if !extra.iter().all(Cell::is_blank) {
            reader.problem_of_row(Reason::ExtraCells);
        }
        reader
    }

    /// Whether the column of a field only counts the rows of the file.
    pub fn counts_rows(&self, key: &str) -> bool {
        counts_rows(&heading_key(self.table.heading(key)))
    }

    /// Where the row stands.
    pub fn place(&self) -> Place {
        Place { sheet: self.table.sheet.to_owned(), row: self.row.number }
    }

    /// False for a row that has slipped: its cells are not in their columns and must not be looked at.
    pub fn is_whole(&self) -> bool {
        !self.problems.iter().any(|problem| problem.column.is_empty())
    }

    /// True while nothing is wrong with the row.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty()
    }

    /// What is wrong with the row.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// The required number of the row. A number cell gives its digits, without a fraction.
    pub fn number(&mut self, key: &str) -> String {
        let number = self.optional_number(key);
        self.required(key, number)
    }

    /// A number that may be absent.
    pub fn optional_number(&mut self, key: &str) -> Option<String> {
        let text = match self.cell(key)? {
            Cell::Number(number, _) if number.abs() >= EXACT => return self.refuse(key, Reason::LostDigits),
            // Where the format is not known, a number is its digits.
            Cell::Number(number, shown) => identifier(shown.as_deref().unwrap_or(&format!("{number}"))),
            Cell::Text(text) if lost_digits(text.trim()) => return self.refuse(key, Reason::LostDigits),
            Cell::Text(text) => identifier(text),
            // A number shown as a date is a slip of formatting, and which number it was is not for us to guess.
            Cell::Moment(..) => return self.refuse(key, Reason::WrongType),
            _ => return None,
        };
        if text.chars().count() > MAX_NUMBER {
            return self.refuse(key, Reason::NumberTooLong);
        }
        (!means_blank(&text)).then_some(text)
    }

    /// A required text, cleaned by `clean`.
    pub fn text(&mut self, key: &str, clean: fn(&str) -> String) -> String {
        let text = self.any_text(key, clean);
        self.required(key, text)
    }

    /// A text that may be absent; `无`, `-` and the like count as absent.
    pub fn optional_text(&mut self, key: &str, clean: fn(&str) -> String) -> Option<String> {
        self.any_text(key, clean).filter(|text| !means_blank(text))
    }

    /// A required time.
    pub fn time(&mut self, key: &str) -> Option<Stamp> {
        let time = self.optional_time(key);
        if time.is_none() {
            self.required(key, None);
        }
        time
    }

    /// A time that may be absent.
    pub fn optional_time(&mut self, key: &str) -> Option<Stamp> {
        let offset = self.offset;
        let read = match self.cell(key)? {
            Cell::Moment(civil, day_only, _) => stamp::stamp(*civil, offset, *day_only),
            Cell::Number(number, _) => stamp::from_number(*number, offset),
            Cell::Text(text) => {
                let text = one_line(text);
                if means_blank(&text) {
                    return None;
                }
                stamp::parse(&text, offset)
            }
            _ => return None,
        };
        match read {
            Ok(stamp) => Some(stamp),
            Err(fault) => self.refuse(key, Reason::Date(fault)),
        }
    }

    /// A telephone number that may be absent: what the cell shows, or the digits of a number.
    pub fn optional_phone(&mut self, key: &str) -> Option<String> {
        match self.cell(key)? {
            Cell::Number(number, None) if number.fract() == 0.0 && number.abs() < EXACT => Some(format!("{number}")),
            _ => self.optional_text(key, one_line),
        }
    }

    /// A day that may be absent, as text that the core reads: that of a date cell or of a day number, else what the cell says.
    pub fn optional_day(&mut self, key: &str) -> Option<String> {
        match self.cell(key)? {
            Cell::Moment(civil, ..) => Some(civil.date().to_string()),
            Cell::Number(number, _) if DAY_NUMBERS.contains(number) => match stamp::serial_day(*number) {
                Ok(day) => Some(day.to_string()),
                Err(fault) => self.refuse(key, Reason::Date(fault)),
            },
            Cell::Number(number, _) if number.fract() == 0.0 => Some(format!("{number}")),
            _ => self.optional_text(key, one_line),
        }
    }

    /// What the row says for an own field of the community, checked by its type.
    pub fn optional_own(&mut self, own: &OwnField) -> Option<Json> {
        let text = match own.field.ty {
            Type::Date => self.optional_day(own.name),
            Type::Telephone => self.optional_phone(own.name),
            Type::Number { .. } => self.optional_number(own.name),
            Type::Note(_) => self.optional_text(own.name, paragraphs),
            // `无` may be one of the choices.
            Type::Choice(codes) => self.any_text(own.name, one_line).filter(|text| !means_blank(text) || codes.iter().any(|code| code.code == text)),
            _ => self.optional_text(own.name, one_line),
        }?;
        match given_for(own, &text.into()) {
            Ok(json) => Some(json),
            Err(e) => self.refuse(own.name, Reason::Cell(Flaw::of_core(&e))),
        }
    }

    /// Records what is wrong with a column.
    pub fn problem(&mut self, key: &str, reason: Reason) {
        // A field without a column (an answer time without an answer column) goes by its key.
        self.problems.push(Problem { column: self.table.heading(key).to_owned(), reason });
    }

    fn problem_of_row(&mut self, reason: Reason) {
        self.problems.push(Problem { column: String::new(), reason });
    }

    fn any_text(&mut self, key: &str, clean: fn(&str) -> String) -> Option<String> {
        let text = match self.cell(key)? {
            Cell::Number(number, _) if number.abs() >= EXACT => return self.refuse(key, Reason::LostDigits),
            Cell::Text(text) if lost_digits(text.trim()) => return self.refuse(key, Reason::LostDigits),
            Cell::Text(text) => clean(text),
            Cell::Number(_, Some(shown)) | Cell::Moment(.., Some(shown)) => clean(shown),
            Cell::Number(..) | Cell::Moment(..) => return self.refuse(key, Reason::Cell(Flaw::NotShown)),
            _ => return None,
        };
        if text.chars().count() > MAX_TEXT {
            return self.refuse(key, Reason::TooLong);
        }
        (!is_no_value(&text)).then_some(text)
    }

    /// The cell of a field; a cell that cannot be used at all is recorded.
    fn cell(&mut self, key: &str) -> Option<&'a Cell> {
        let at = self.table.columns.iter().find(|column| column.key == key)?.at;
        let cell = self.row.cells.get(at).unwrap_or(&Cell::Empty);
        match cell {
            Cell::Error => self.refuse(key, Reason::Cell(Flaw::FormulaError)),
            Cell::Uncomputed => self.refuse(key, Reason::Cell(Flaw::Uncomputed)),
            Cell::Covered => self.refuse(key, Reason::Cell(Flaw::Covered)),
            Cell::Text(text) if text.contains('\u{fffd}') => self.refuse(key, Reason::Undecodable),
            _ => Some(cell),
        }
    }

    fn refuse<T>(&mut self, key: &str, reason: Reason) -> Option<T> {
        self.problem(key, reason);
        None
    }

    /// The value, or an empty text and a problem: the row is refused then, and the text never used.
    fn required(&mut self, key: &str, value: Option<String>) -> String {
        let heading = self.table.columns.iter().find(|column| column.key == key).map(|column| column.heading.as_str());
        // One reason is enough: a cell that was refused is not missing as well.
        if value.is_none() && !self.problems.iter().any(|problem| Some(problem.column.as_str()) == heading) {
            self.problem(key, Reason::Missing);
        }
        value.unwrap_or_default()
    }
}
