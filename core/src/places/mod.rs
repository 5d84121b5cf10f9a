//! Places: grids, and the micro-grids (buildings, stairways) in them. What lies in a micro-grid names it beside its grid. A place
//! has an internal id; administrative codes are attributes, because grids are
//! split, merged and handed over while phones are offline. A place is never deleted: one that was merged away is closed and
//! names its successor, and what is still recorded in it lies there.

mod close;
pub mod document;
mod move_to;
mod queries;
mod split;

pub use close::{ClosePlace, ReopenPlace};
pub use move_to::MoveTo;
pub use queries::{PlaceView, places};
pub use split::SplitPlace;

use crate::commands::Edit;
use crate::documents::Map;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::Id;

/// So many successors one after another are followed.
const MOST_SUCCESSORS: usize = 32;

/// Where something lies that was recorded in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The grid.
    pub grid: Id,
    /// The micro-grid in it, if one was named.
    pub micro_grid: Option<Id>,
}

/// Where a place with this state has gone: its successor, if it is closed.
pub fn successor(place: &Map) -> Option<Id> {
    if place.text("state") == document::CLOSED { place.id("successor") } else { None }
}

/// Where something recorded in `place`, a grid or a micro-grid, lies.
///
/// # Errors
/// `not_found` if `place` itself is not here.
pub fn spot(edit: &mut Edit<'_>, place: Id) -> Result<Spot> {
    let state = edit.state(place, document::PLACE.name, "这个网格", "grid")?;
    match state.id("place") {
        None => Ok(Spot { grid: lies_in(edit, place)?, micro_grid: None }),
        // A micro-grid's lead does not have the grid's own document.
        Some(grid) => Ok(Spot { grid: known(lies_in(edit, grid))?.unwrap_or(grid), micro_grid: Some(place) }),
    }
}

/// Whether `micro_grid` is a micro-grid of `grid`, whatever became of both.
fn is_in(edit: &mut Edit<'_>, micro_grid: Id, grid: Id) -> Result<bool> {
    Ok(match known(spot(edit, micro_grid))? {
        Some(spot) => spot.micro_grid.is_some() && spot.grid == known(lies_in(edit, grid))?.unwrap_or(grid),
        None => false,
    })
}

/// What was found, `None` if it is not here.
fn known<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// The grid where something recorded in `place` lies: itself, or, if it was closed, the last of its successors known here.
///
/// # Errors
/// `not_found` if `place` itself is not here, `invalid` if it is a micro-grid.
pub fn lies_in(edit: &mut Edit<'_>, place: Id) -> Result<Id> {
    let mut state = edit.state(place, document::PLACE.name, "这个网格", "grid")?;
    if state.id("place").is_some() {
        return Err(Error::invalid("这里须填网格，不能填微网格", "a grid is asked for here, not a micro-grid"));
    }
    let mut last = place;
    for _ in 0..MOST_SUCCESSORS {
        let Some(next) = successor(&state) else { break };
        let Some(found) = known(edit.state(next, document::PLACE.name, "这个网格", "grid"))? else { break };
        (state, last) = (found, next);
    }
    Ok(last)
}
