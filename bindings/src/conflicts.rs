//! Fields that people set differently at the same time.

use gridwalk_core::conflicts::{ConflictValue, ConflictView, SettleConflict};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::Id;

/// A field with the values that people set at the same time.
#[uniffi::remote(Record)]
pub struct ConflictView {
    /// The document.
    pub document: Id,
    /// The field, keys from the root joined by `/`.
    pub path: String,
    /// The values, the shown one first.
    pub values: Vec<ConflictValue>,
    /// What people call the field.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// One of the values.
#[uniffi::remote(Record)]
pub struct ConflictValue {
    /// The value as JSON.
    pub value: String,
    /// Who set it (a person's id).
    pub by: String,
    /// Their name, empty if not known here.
    pub by_name: String,
    /// When, in seconds since the Unix epoch (UTC).
    pub at: i64,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// All conflicts on this phone.
    pub async fn conflicts(&self) -> Result<Vec<ConflictView>> {
        self.call(|core| core.conflicts()).await
    }

    /// Chooses one of the values of `conflict`, counted from 0 as listed; if others have come meanwhile, nothing is settled
    /// unseen. The outcome's value is the document's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn settle_conflict(&self, conflict: ConflictView, choose: u32, command_id: Option<Id>) -> Result<Outcome> {
        let ConflictView { document, path, values, .. } = conflict;
        let seen = values.into_iter().map(|v| v.value).collect();
        self.run(command_id, SettleConflict { document, path, choose: choose as usize, seen }).await
    }
}
