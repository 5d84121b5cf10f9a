//! Lists as workbooks, and the way back.

use gridwalk_core::records::Filter;
use gridwalk_sheets::phone::{export, take_returned};
use gridwalk_sheets::{Only, phone};

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

impl From<phone::Returned> for ReturnedWorkbook {
    fn from(done: phone::Returned) -> Self {
        let flaw = |f: phone::FlawView| WorkbookFlaw { row: f.row, column: f.column, zh: f.zh, en: f.en };
        let flaws = done.flaws.into_iter().map(flaw).collect();
        Self { rows: done.rows as u64, edited: done.edited as u64, conflicts: done.conflicts as u64, flaws }
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The list of this name (a kind's, or of a kind's entries: `residents`) as a workbook that may be edited and taken in again. `only` are
    /// columns, by key or label, with what their cells must hold. What only a circle reads is in no workbook.
    #[uniffi::method(default(only = []))]
    pub async fn export_list(&self, list: String, only: Vec<Filter>) -> Result<Workbook> {
        let only: Vec<Only> = only.into_iter().map(|f| Only { column: f.field, value: f.value }).collect();
        let (bytes, rows) = self.call(move |core| export(core, &list, &only)).await?;
        Ok(Workbook { bytes, rows: rows as u64 })
    }

    /// Takes in a workbook that this phone exported: what was changed in it since becomes edits, and conflicts where it was changed here as
    /// well. With `preview` nothing is written.
    #[uniffi::method(default(preview = false))]
    pub async fn take_workbook(&self, bytes: Vec<u8>, preview: bool) -> Result<ReturnedWorkbook> {
        Ok(self.call(move |core| take_returned(core, &bytes, preview)).await?.into())
    }
}
