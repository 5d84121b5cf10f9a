//! Hybrid logical time: orders the steps of one case the same way on every replica, near to when they happened.

use serde::{Deserialize, Serialize};

/// A time that another device claims may be at most this many seconds ahead of ours to move our own order.
pub const SKEW_SECONDS: i64 = 120;

/// Seconds since the Unix epoch (UTC) in the upper 48 bits, a counter in the lower 16. Written once with a step, never changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hybrid(pub i64);

impl Hybrid {
    /// The physical part: seconds since the Unix epoch (UTC).
    pub fn seconds(self) -> i64 {
        self.0 >> 16
    }

    /// The last hybrid time of this second (since the Unix epoch, UTC): after all that was seen by then.
    pub fn last_of(at: i64) -> Self {
        Self(at.clamp(0, i64::MAX >> 17) << 16 | 0xffff)
    }

    /// The hybrid time of something that happens at `at`, after all of `seen` (the steps of the case its author saw) and
    /// not before `hub_time`, the newest hub time seen. Times in `seen` more than [`SKEW_SECONDS`] ahead are ignored, so
    /// that one wrong phone spoils only its own records.
    pub fn after(at: i64, hub_time: Option<i64>, seen: impl IntoIterator<Item = Hybrid>) -> Self {
        let physical = at.max(hub_time.unwrap_or(i64::MIN)).clamp(0, i64::MAX >> 17);
        let start = Hybrid(physical << 16);
        let newest = seen.into_iter().filter(|h| h.seconds() <= physical + SKEW_SECONDS).max();
        match newest {
            Some(h) if h >= start => Hybrid(h.0 + 1),
            _ => start,
        }
    }
}
