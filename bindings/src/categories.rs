//! Categories of reports.

use gridwalk_core::categories::CategoryView;

use crate::error::Result;
use crate::phone::Phone;

/// A category of reports.
#[uniffi::remote(Record)]
pub struct CategoryView {
    /// Its code.
    pub code: String,
    /// First, second and third level.
    pub levels: Vec<String>,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The categories that match what was typed, by code: parts of a level's name, its pinyin or initials, or of the code. Nothing
    /// typed is all of them.
    #[uniffi::method(default(typed = ""))]
    pub async fn categories(&self, limit: u32, typed: String) -> Result<Vec<CategoryView>> {
        self.call(move |core| core.categories(&typed, limit)).await
    }

    /// The categories of the reports that the person signed in raised, the last one used first.
    pub async fn recent_categories(&self, limit: u32) -> Result<Vec<CategoryView>> {
        self.call(move |core| core.recent_categories(limit)).await
    }
}
