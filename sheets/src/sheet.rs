//! Workbooks as plain rows of cells.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, Dimensions, Ods, Reader, SheetType, SheetVisible, Xls, Xlsb, Xlsx};
use jiff::civil::{Date, DateTime, Time};

use crate::cells::{Cell, MAX_COLUMNS, Row, Sheet};
use crate::shown::{general, shown};

/// The sheets of a workbook that are looked at, and the names of the hidden ones that hold something and are not.
pub type Sheets = (Vec<Sheet>, Vec<String>);

/// Whether these bytes begin as a workbook does.
pub fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(ZIP) || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0])
}

/// Reads the sheets of a workbook: .xlsx, .xlsm, .xls, .xlsb, .ods; the content decides. Hidden sheets are left out unless one is `wanted`.
///
/// # Errors
/// Why it cannot be read.
pub fn read_workbook(bytes: &[u8], wanted: Option<&str>) -> Result<Sheets, Fault> {
    // calamine 0.38 can panic on a damaged .xls (an index past the end in cfb.rs); that file is only damaged, too.
    let read = std::panic::catch_unwind(|| Book::open(bytes, bytes.starts_with(ZIP))?.sheets(wanted));
    read.unwrap_or(Err(Fault::Panic)).map_err(|fault| if fault.is_password() { Fault::Password } else { fault })
}

/// How a file begins that is zipped.
const ZIP: &[u8] = b"PK";

/// Why a workbook cannot be read.
#[derive(Debug)]
pub enum Fault {
    /// It is damaged, as its reader says.
    Calamine(calamine::Error),
    /// It is damaged, and its reader gave up.
    Panic,
    /// It is protected by a password.
    Password,
    /// It has no sheet of the name that is wanted.
    NoSheet {
        /// That name.
        wanted: String,
        /// The names that it has.
        found: String,
    },
}

impl Fault {
    fn is_password(&self) -> bool {
        matches!(self, Self::Calamine(error) if is_password(error))
    }
}

impl<E: Into<calamine::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Calamine(error.into())
    }
}

fn is_password(error: &calamine::Error) -> bool {
    use calamine::{Error, OdsError, XlsError, XlsbError, XlsxError};
    matches!(error, Error::Xlsx(XlsxError::Password) | Error::Xls(XlsError::Password) | Error::Xlsb(XlsbError::Password) | Error::Ods(OdsError::Password))
}

enum Book<'a> {
    Xlsx(Box<Xlsx<Cursor<&'a [u8]>>>),
    Xls(Box<Xls<Cursor<&'a [u8]>>>),
    Xlsb(Box<Xlsb<Cursor<&'a [u8]>>>),
    Ods(Box<Ods<Cursor<&'a [u8]>>>),
}

impl<'a> Book<'a> {
    fn open(bytes: &'a [u8], zipped: bool) -> Result<Self, Fault> {
        let opened = Xlsx::new(Cursor::new(bytes));
        match opened {
            Ok(book) => return Ok(Self::Xlsx(Box::new(book))),
            Err(error) if is_password_xlsx(&error) => return Err(error.into()),
            Err(_) if !zipped => return Ok(Self::Xls(Box::new(Xls::new(Cursor::new(bytes))?))),
            Err(_) => {}
        }
        if let Ok(book) = Xlsb::new(Cursor::new(bytes)) {
            return Ok(Self::Xlsb(Box::new(book)));
        }
        Ok(Self::Ods(Box::new(Ods::new(Cursor::new(bytes))?)))
    }

    fn sheets(&mut self, wanted: Option<&str>) -> Result<Sheets, Fault> {
        let all = match self {
            Self::Xlsx(book) => book.sheets_metadata(),
            Self::Xls(book) => book.sheets_metadata(),
            Self::Xlsb(book) => book.sheets_metadata(),
            Self::Ods(book) => book.sheets_metadata(),
        };
        let tables = all.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let named = |visible: bool| tables.clone().filter(move |sheet| (sheet.visible == SheetVisible::Visible) == visible).map(|sheet| sheet.name.clone());
        let (names, hidden): (Vec<String>, Vec<String>) = match wanted {
            Some(wanted) => (tables.clone().map(|sheet| sheet.name.clone()).filter(|name| name.trim() == wanted.trim()).collect(), Vec::new()),
            None => (named(true).collect(), named(false).collect()),
        };
        if let (Some(wanted), true) = (wanted, names.is_empty()) {
            let found: Vec<&str> = all.iter().map(|sheet| sheet.name.as_str()).collect();
            return Err(Fault::NoSheet { wanted: wanted.to_owned(), found: found.join("、") });
        }
        let sheets = names.into_iter().map(|name| self.sheet(name)).collect::<Result<_, _>>()?;
        let mut unseen = Vec::new();
        for name in hidden {
            if !self.sheet(name.clone())?.rows.is_empty() {
                unseen.push(name);
            }
        }
        Ok((sheets, unseen))
    }

    fn sheet(&mut self, name: String) -> Result<Sheet, Fault> {
        let mut grid = Grid::default();
        let mut merged = Vec::new();
        match self {
            Self::Xlsx(book) => {
                merged = book.merge_cells_by_sheet_name(&name)?;
                // Cell by cell: a whole range would take memory for every empty cell up to the farthest one.
                let mut cells = book.worksheet_cells_reader(&name)?;
                while let Some((cell, style)) = cells.next_cell_with_style_id()? {
                    let (row, column) = cell.get_position();
                    let format = cells.styles().get(style).and_then(|style| style.number_format.as_ref());
                    let (id, code) = format.map_or((None, "General"), |format| (format.format_id, format.format_code.as_str()));
                    grid.put(row, column, cell_of(cell.get_value().clone().into(), |value, moment| shown(value, moment, id, code)));
                }
                drop(cells);
                // A second pass: calamine tells formats and formulas in passes of their own.
                let mut cells = book.worksheet_cells_reader(&name)?;
                while let Some(cell) = cells.next_cell_with_formula_metadata()? {
                    if cell.formula.is_some() && is_uncomputed(&cell.value.into()) {
                        grid.put(cell.pos.0, cell.pos.1, Cell::Uncomputed);
                    }
                }
            }
            Self::Xls(book) => {
                merged = book.merge_cells_by_sheet_name(&name)?;
                grid.fill(&book.worksheet_range(&name)?);
            }
            Self::Xlsb(book) => grid.fill(&book.worksheet_range(&name)?),
            Self::Ods(book) => grid.fill(&book.worksheet_range(&name)?),
        }
        for region in merged {
            grid.spread(region);
        }
        Ok(grid.into_sheet(name))
    }
}

fn is_password_xlsx(error: &calamine::XlsxError) -> bool {
    matches!(error, calamine::XlsxError::Password)
}

/// The cells that hold something, by row.
#[derive(Default)]
struct Grid {
    rows: BTreeMap<u32, Vec<Cell>>,
    too_wide: Option<u32>,
}

impl Grid {
    fn put(&mut self, row: u32, column: u32, cell: Cell) {
        let column = column as usize;
        if cell == Cell::Empty {
            return;
        }
        if column >= MAX_COLUMNS {
            self.too_wide.get_or_insert(row);
            return;
        }
        let cells = self.rows.entry(row).or_default();
        if cells.len() <= column {
            cells.resize(column + 1, Cell::Empty);
        }
        cells[column] = cell;
    }

    fn fill(&mut self, range: &calamine::Range<Data>) {
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, value) in range.used_cells() {
            self.put(top + row as u32, left + column as u32, cell_of(value.clone(), |_, _| None));
        }
    }

    /// A cell merged over several rows holds for each of them; the file keeps its content in the first only. Merging to
    /// the right is how titles are centred, so nothing is copied that way: the cells there are marked as covered.
    fn spread(&mut self, region: Dimensions) {
        let ((top, left), (bottom, right)) = (region.start, region.end);
        let content = self.rows.get(&top).and_then(|cells| cells.get(left as usize)).cloned();
        let Some(content) = content.filter(|cell| !cell.is_blank()) else { return };
        let rows: Vec<u32> = self.rows.range(top..=bottom.max(top)).map(|(row, _)| *row).collect();
        for row in rows {
            self.put(row, left, content.clone());
            for column in left + 1..=right.min(MAX_COLUMNS as u32 - 1) {
                self.put(row, column, Cell::Covered);
            }
        }
    }

    fn into_sheet(self, name: String) -> Sheet {
        let too_wide = self.too_wide.map(|row| u64::from(row) + 1);
        let rows = self.rows.into_iter().map(|(row, cells)| Row { number: u64::from(row) + 1, cells, open_quote: false });
        Sheet { name, rows: rows.filter(|row| !row.cells.iter().all(Cell::is_blank)).collect(), separated: false, too_wide }
    }
}

/// Whether a formula's value was never computed: it is not in the file, or it is the 0 that programs write in its stead (and that
/// Excel shows for a reference to an empty cell).
fn is_uncomputed(value: &Data) -> bool {
    matches!(value, Data::Empty | Data::Int(0)) || matches!(value, Data::Float(number) if *number == 0.0)
}

/// The cell of a value; `show` tells what the workbook shows for a number or a day.
fn cell_of(value: Data, show: impl Fn(f64, Option<DateTime>) -> Option<String>) -> Cell {
    match value {
        Data::Empty => Cell::Empty,
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::Text(text),
        Data::Int(number) => Cell::Number(number as f64, show(number as f64, None)),
        Data::Float(number) => Cell::Number(number, show(number, None)),
        Data::Bool(value) => Cell::Text(if value { "TRUE" } else { "FALSE" }.into()),
        Data::Error(_) => Cell::Error,
        Data::DateTime(moment) => {
            let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
            let date = Date::new(year as i16, month as i8, day as i8);
            let time = Time::new(hour as i8, minute as i8, second as i8, i32::from(milli) * 1_000_000);
            match (date, time) {
                (Ok(date), Ok(time)) => {
                    // A day number is a fraction: 9:32:09 comes back as 9:32:08.9995.
                    let exact = DateTime::from_parts(date, time);
                    let whole = exact.round(jiff::Unit::Second).unwrap_or(exact);
                    Cell::Moment(whole, moment.as_f64().fract() == 0.0, show(moment.as_f64(), Some(whole)))
                }
                _ => Cell::Number(moment.as_f64(), general(moment.as_f64())),
            }
        }
    }
}
