//! Lists as workbooks, and the way back. A library that was built without the feature `sheets` has the calls and refuses them.

use gridwalk_core::records::Filter;

use crate::error::Result;
use crate::phone::Phone;

/// A list as a workbook.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Workbook {
    /// Its bytes, of an .xlsx file.
    pub bytes: Vec<u8>,
    /// How many rows it has.
    pub rows: u64,
}

/// What a workbook that came in again did.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ReturnedWorkbook {
    /// Rows that are still there.
    pub rows: u64,
    /// Cells that became edits.
    pub edited: u64,
    /// Of these, cells that were changed here as well: both values stand as a conflict.
    pub conflicts: u64,
    /// Rows and cells that could not be taken, rows that were deleted, and columns that are not of the list.
    pub flaws: Vec<WorkbookFlaw>,
}

/// What of a workbook was not taken.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct WorkbookFlaw {
    /// The row as a spreadsheet program numbers it; 0 for the sheet as a whole.
    pub row: u64,
    /// The column by its heading; empty for the row as a whole.
    pub column: String,
    /// Why, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

#[cfg(feature = "sheets")]
mod files {
    use gridwalk_core::records::Filter;
    use gridwalk_core::{Phone, Result};
    use gridwalk_sheets::{Only, phone};

    use super::{ReturnedWorkbook, Workbook, WorkbookFlaw};

    pub fn export(core: &Phone, list: &str, only: Vec<Filter>) -> Result<Workbook> {
        let only: Vec<Only> = only.into_iter().map(|f| Only { column: f.field, value: f.value }).collect();
        let (bytes, rows) = phone::export(core, list, &only)?;
        Ok(Workbook { bytes, rows: rows as u64 })
    }

    pub fn take(core: &Phone, bytes: &[u8], preview: bool) -> Result<ReturnedWorkbook> {
        let done = phone::take_returned(core, bytes, preview)?;
        let flaw = |f: phone::FlawView| WorkbookFlaw { row: f.row, column: f.column, zh: f.zh, en: f.en };
        let flaws = done.flaws.into_iter().map(flaw).collect();
        Ok(ReturnedWorkbook { rows: done.rows as u64, edited: done.edited as u64, conflicts: done.conflicts as u64, flaws })
    }
}

/// What is generated for the shells has these calls whatever the library was built with.
#[cfg(not(feature = "sheets"))]
mod files {
    use gridwalk_core::records::Filter;
    use gridwalk_core::{Error, Phone, Result};

    use super::{ReturnedWorkbook, Workbook};

    pub fn export(_: &Phone, _: &str, _: Vec<Filter>) -> Result<Workbook> {
        Err(left_out())
    }

    pub fn take(_: &Phone, _: &[u8], _: bool) -> Result<ReturnedWorkbook> {
        Err(left_out())
    }

    fn left_out() -> Error {
        Error::invalid("这个应用不读写工作簿，请用电脑上的 gridwalk", "this app reads and writes no workbooks; use gridwalk on a computer")
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The list of this name (a kind's, or of a kind's entries: `residents`) as a workbook that may be edited and taken in again. `only` are
    /// columns, by key or label, with what their cells must hold. What only a circle reads is in no workbook.
    #[uniffi::method(default(only = []))]
    pub async fn export_list(&self, list: String, only: Vec<Filter>) -> Result<Workbook> {
        self.call(move |core| files::export(core, &list, only)).await
    }

    /// Takes in a workbook that this phone exported: what was changed in it since becomes edits, and conflicts where it was changed here as
    /// well. With `preview` nothing is written.
    #[uniffi::method(default(preview = false))]
    pub async fn take_workbook(&self, bytes: Vec<u8>, preview: bool) -> Result<ReturnedWorkbook> {
        self.call(move |core| files::take(core, &bytes, preview)).await
    }
}
