//! A list as a workbook: a visible sheet with typed cells, and for one that may come in again a hidden sheet of digests.

use gridwalk_core::dictionary::Type;
use gridwalk_core::{Error, ErrorKind, Result};
use jiff::civil::Date;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::{Column, Content, Digests, List, Listed, Source};

/// The hidden sheet's name, and what its first cell holds.
pub(crate) const HIDDEN_SHEET: &str = "_gridwalk";
pub(crate) const MARK: &str = "gridwalk export 1";
/// The heading of the hidden column of ids.
pub(crate) const ID_HEADING: &str = "gridwalk id";

/// Excel's days begin in 1900, and its first two months there have a day too many.
const FIRST_DAY: Date = Date::constant(1900, 3, 1);

/// The bytes of a workbook. With `digests` its rows carry their ids, and may come in again.
///
/// # Errors
/// If there are more rows or columns than a workbook has.
pub fn written(list: &List, columns: &[Column], headings: &[&str], rows: &[Listed], digests: Option<&Digests>) -> Result<Vec<u8>> {
    write(list, columns, headings, rows, digests)
        .map_err(|e| Error::new(ErrorKind::Invalid, format!("工作簿写不了：{e}"), format!("the workbook cannot be written: {e}")))
}

fn write(list: &List, columns: &[Column], headings: &[&str], rows: &[Listed], digests: Option<&Digests>) -> std::result::Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(list.label())?;
    let bold = Format::new().set_bold();
    let text = Format::new().set_num_format("@");
    let formats: Vec<Format> = columns.iter().map(format).collect();
    for ((at, heading), format) in (0..).zip(headings).zip(&formats) {
        sheet.set_column_format(at, format)?.set_column_width(at, 16)?;
        sheet.write_string_with_format(0, at, *heading, &bold)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (row, listed) in (1..).zip(rows) {
        for ((at, content), format) in (0..).zip(&listed.contents).zip(&formats) {
            put(sheet, row, at, content, format, &text)?;
        }
    }
    let width = u16::try_from(columns.len()).unwrap_or(u16::MAX);
    let height = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    if let Some(digests) = digests {
        // Within the filter's range, so that a program that sorts the list sorts the ids with it.
        sheet.write_string(0, width, ID_HEADING)?;
        for (row, listed) in (1..).zip(rows) {
            sheet.write_string_with_format(row, width, &listed.id, &text)?;
        }
        sheet.set_column_hidden(width)?;
        sheet.autofilter(0, 0, height, width)?;
        hidden(book.add_worksheet(), list, columns, rows, digests)?;
    } else if width > 0 {
        sheet.autofilter(0, 0, height, width - 1)?;
    }
    book.save_to_buffer()
}

/// The sheet that says by id what stood in each cell, as digests.
fn hidden(sheet: &mut Worksheet, list: &List, columns: &[Column], rows: &[Listed], digests: &Digests) -> std::result::Result<(), XlsxError> {
    sheet.set_name(HIDDEN_SHEET)?.set_hidden(true);
    let keys: Vec<&str> = columns.iter().map(|column| column.key).collect();
    for (at, text) in (0..).zip([MARK, list.name, &digests.sheet(list.name, &keys)]) {
        sheet.write_string(0, at, text)?;
    }
    for (at, key) in (2..).zip(&keys) {
        sheet.write_string(1, at, *key)?;
    }
    for (row, listed) in (2..).zip(rows) {
        sheet.write_string(row, 0, &listed.id)?;
        sheet.write_string(row, 1, &listed.heads)?;
        for ((at, key), content) in (2..).zip(&keys).zip(&listed.contents) {
            sheet.write_string(row, at, digests.cell(&listed.id, key, content))?;
        }
    }
    Ok(())
}

/// How a column's cells are shown, also those that are filled later. Text is marked as text twice: programs that keep no number
/// formats of text keep the quotation mark before it.
fn format(column: &Column) -> Format {
    let ty = column.field().map(|field| field.ty);
    let code = match (column.source, ty) {
        (Source::At, _) | (_, Some(Type::Time | Type::PastTime)) => "yyyy-mm-dd hh:mm:ss",
        (_, Some(Type::Number { .. } | Type::Minutes)) => "0",
        (_, Some(Type::Money)) => "0.00",
        (_, Some(Type::Date | Type::PastDate)) => "yyyy-mm-dd",
        _ => return Format::new().set_num_format("@"),
    };
    Format::new().set_num_format(code)
}

fn put(sheet: &mut Worksheet, row: u32, at: u16, content: &Content, format: &Format, text: &Format) -> std::result::Result<(), XlsxError> {
    match content {
        Content::Empty => sheet.write_blank(row, at, format)?,
        Content::Text(words) if words.starts_with(['=', '+', '-', '@']) => sheet.write_string_with_format(row, at, words, &text.clone().set_quote_prefix())?,
        Content::Text(words) => sheet.write_string_with_format(row, at, words, text)?,
        Content::Number(n) => sheet.write_number_with_format(row, at, *n, format)?,
        Content::Date(date) if *date < FIRST_DAY => sheet.write_string_with_format(row, at, date.to_string(), text)?,
        Content::Date(date) => sheet.write_datetime_with_format(row, at, day(*date)?, format)?,
        Content::Moment(moment) => {
            let [hour, minute, second] = [moment.hour(), moment.minute(), moment.second()].map(i8::unsigned_abs);
            let at_hour = day(moment.date())?.and_hms(hour.into(), minute, second)?;
            sheet.write_datetime_with_format(row, at, at_hour, format)?
        }
    };
    Ok(())
}

fn day(date: Date) -> std::result::Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_ymd(date.year().unsigned_abs(), date.month().unsigned_abs(), date.day().unsigned_abs())
}
