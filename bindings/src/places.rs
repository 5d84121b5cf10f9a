//! Places.

use gridwalk_core::places::AddPlace;

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::Id;

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Adds a place to the community; its level is `grid`. The outcome's value is the place's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn add_place(&self, level: String, name: String, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, AddPlace { level, name }).await
    }
}
