//! Places: grids and what they lie in. A place has an internal id; administrative codes are attributes, because grids are
//! split, merged and handed over while phones are offline. A place is never deleted: one that was merged away is closed and
//! names its successor, and what is still recorded in it lies there.

mod add;
mod close;
pub mod document;
mod edit;
mod move_to;
mod split;

pub use add::AddPlace;
pub use close::{ClosePlace, ReopenPlace};
pub use edit::EditPlace;
pub use move_to::MoveTo;
pub use split::SplitPlace;

use crate::commands::Edit;
use crate::documents::Map;
use crate::error::Result;
use crate::ids::Id;

/// So many successors one after another are followed.
const MOST_SUCCESSORS: usize = 32;

/// Where a place with this state has gone: its successor, if it is closed.
pub fn successor(place: &Map) -> Option<Id> {
    if place.text("state") == document::CLOSED { place.id("successor") } else { None }
}

/// The place where something recorded in `place` lies: itself, or, if it was closed, the last of its successors known here.
///
/// # Errors
/// `not_found` if `place` itself is not here.
pub fn lies_in(edit: &mut Edit<'_>, place: Id) -> Result<Id> {
    let mut state = edit.state(place, document::PLACE.name, "这个网格", "grid")?;
    let mut last = place;
    for _ in 0..MOST_SUCCESSORS {
        let Some(next) = successor(&state) else { break };
        match edit.state(next, document::PLACE.name, "这个网格", "grid") {
            Ok(found) => (state, last) = (found, next),
            Err(e) if e.kind() == crate::error::ErrorKind::NotFound => break,
            Err(e) => return Err(e),
        }
    }
    Ok(last)
}
