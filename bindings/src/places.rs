//! Grids and micro-grids.

use gridwalk_core::places::{AddMicroGrid, AddPlace, EditPlace, PlaceView};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::Id;

/// A place.
#[uniffi::remote(Record)]
pub struct PlaceView {
    /// The place.
    pub id: Id,
    /// Its level: `grid` or `micro_grid`.
    pub level: String,
    /// What people call it.
    pub name: String,
    /// Of a micro-grid, the grid it lies in.
    pub grid: Option<Id>,
    /// Of one that was merged into another, that one.
    pub successor: Option<Id>,
    /// Households on this phone that lie in it; a grid's are those of its micro-grids too.
    pub households: i64,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The places on this phone: grids by name, each before its micro-grids; those that were merged away come last.
    pub async fn places(&self) -> Result<Vec<PlaceView>> {
        self.call(|core| core.places()).await
    }

    /// Adds a place to the community; its level is `grid`. The outcome's value is the place's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn add_place(&self, level: String, name: String, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, AddPlace { level, name }).await
    }

    /// Adds a micro-grid (a building or stairway) to a grid. The outcome's value is its id.
    #[uniffi::method(default(command_id = None))]
    pub async fn add_micro_grid(&self, grid: Id, name: String, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, AddMicroGrid { grid, name }).await
    }

    /// Renames a place. The outcome's value is the place's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn rename_place(&self, place: Id, name: String, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, EditPlace { place, name }).await
    }
}
