//! What is said of commands that the hub has not taken: why they wait, and what is left of those that were emptied.

use serde::{Deserialize, Serialize};

/// The code of an unsent command that waits for what another phone sends again.
pub(crate) const WAITING: &str = "waiting";

/// The code of an unsent command that the hub holds until it is upgraded, or that rests on one.
pub(crate) const HELD: &str = "held";

/// The code of a refused command that was emptied because what it was about was erased.
pub(crate) const GENERATION: &str = "generation";

/// What is left of a command that was emptied.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Emptied {
    /// The community.
    pub tenant: String,
    /// What it was, by its stable name.
    pub command: String,
    /// When it was run, in seconds since the Unix epoch (UTC).
    pub at: i64,
}
