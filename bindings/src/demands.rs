//! Demands: what somebody told, in their own words.

use gridwalk_core::demands::{MergeDemand, RaiseDemand, TakeApart};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::{Id, JsonMap};

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Raises a demand, of values by field (`title`, `detail`, `category`, `urgency`, `address`, `position`, `reporter`, `phone`, `place`); the hub makes
    /// a case of it. The outcome's value is the demand's id. `list` and `record` of kind `demand` show it; what whoever raised it says of the
    /// result is an entry of it (`evaluations`).
    #[uniffi::method(default(command_id = None))]
    pub async fn raise_demand(&self, fields: JsonMap, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, RaiseDemand { fields }).await
    }

    /// Puts a demand under another case that is about the same. The outcome's value is the demand's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn merge_demand(&self, demand: Id, into: Id, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, MergeDemand::of(demand, into)).await
    }

    /// Gives a merged demand its own case again. The outcome's value is the demand's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn take_demand_apart(&self, demand: Id, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, TakeApart { demand }).await
    }
}
