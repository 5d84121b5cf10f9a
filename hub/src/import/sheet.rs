//! Workbooks and separated text as plain rows of cells.

use std::path::Path;

pub use gridwalk_sheets::sheet::Sheets;
use gridwalk_sheets::sheet::{Fault, is_workbook, read_workbook};

use super::error::ReadError;
use super::mapping::Mapping;
use super::text;

/// Reads the sheets of a file: .xlsx, .xlsm, .xls, .xlsb, .ods, or separated text in UTF-8, UTF-16 or GB 18030. The
/// content decides, not the ending of the name. Hidden sheets are left out unless the mapping names one.
pub fn read_sheets(file: &str, bytes: &[u8], mapping: &Mapping) -> Result<Sheets, ReadError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty { file: file.into() });
    }
    if is_workbook(bytes) {
        return read_workbook(bytes, mapping.sheet.as_deref()).map_err(|fault| match fault {
            Fault::NoSheet { wanted, found } => ReadError::NoSheet { file: file.into(), wanted, found },
            Fault::Password => ReadError::Password { file: file.into() },
            Fault::Calamine(error) => ReadError::Damaged { file: file.into(), source: Some(error.into()) },
            Fault::Panic => ReadError::Damaged { file: file.into(), source: None },
        });
    }
    let ending = Path::new(file).extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let text = text::decode(bytes).ok_or_else(|| ReadError::NotATable { file: file.into() })?;
    // Many offices' systems give a web page the ending .xls.
    let markup = text.trim_start().starts_with('<');
    if markup || matches!(ending.as_deref(), Some("xlsx" | "xlsm" | "xlsb" | "ods")) {
        return Err(ReadError::NotATable { file: file.into() });
    }
    Ok((vec![text::separated(&text, mapping)], Vec::new()))
}
