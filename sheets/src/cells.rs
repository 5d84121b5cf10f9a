//! Rows of cells as they stand in a file.

use jiff::civil::DateTime;

use crate::fields::one_line;

/// Columns beyond this one are not read: no list has them, and a stray cell far to the right must not cost memory.
pub const MAX_COLUMNS: usize = 1_000;

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text as it stands in the file.
    Text(String),
    /// A number, and what the workbook shows for it; `None` where its format cannot be read or is not known.
    Number(f64, Option<String>),
    /// A date cell of a workbook, on the clock of the file; with the flag true it holds no time of day. Last what it shows.
    Moment(DateTime, bool, Option<String>),
    /// The error value of a formula.
    Error,
    /// A formula whose value is not in the file: a program wrote it and nobody computed it.
    Uncomputed,
    /// Merged with the cell to its left, which holds the content of both.
    Covered,
}

impl Cell {
    /// True when there is nothing to see in the cell.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Empty | Self::Covered => true,
            Self::Text(text) => one_line(text).is_empty(),
            _ => false,
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number as a spreadsheet program shows it; the first is 1.
    pub number: u64,
    /// Its cells from the first column on.
    pub cells: Vec<Cell>,
    /// True for a row of separated text in which a quotation mark is never closed.
    pub open_quote: bool,
}

/// One sheet of a workbook, or a file of separated text.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Its name; empty for separated text.
    pub name: String,
    /// The rows that hold something, in order.
    pub rows: Vec<Row>,
    /// True for separated text, where a cell too many means that the row has slipped.
    pub separated: bool,
    /// The first row that holds something beyond [`MAX_COLUMNS`].
    pub too_wide: Option<u64>,
}
