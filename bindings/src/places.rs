//! Grids and micro-grids.

use gridwalk_core::places::PlaceView;

use crate::error::Result;
use crate::phone::Phone;
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
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The places on this phone: grids by name, each before its micro-grids; those that were merged away come last.
    pub async fn places(&self) -> Result<Vec<PlaceView>> {
        self.call(|core| core.places()).await
    }
}
