//! Time. The host gives a wall clock, which may be wrong, and a boot id with a clock that counts seconds since boot, sleep
//! included, which cannot. Each answer of a hub anchors a boot to the hub's time; from then on that boot's times are trusted.

mod beijing;
mod hybrid;
mod system;

pub use beijing::{beijing, parse_beijing};
pub use hybrid::{Hybrid, SKEW_SECONDS};
pub use system::{ManualClock, SystemClock};

use serde::{Deserialize, Serialize};

/// What the host's clocks say at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The wall clock, in seconds since the Unix epoch (UTC). May be days wrong.
    pub wall: i64,
    /// Names this boot of the device.
    pub boot: String,
    /// Seconds since that boot, counting sleep.
    pub since_boot: i64,
}

/// The host's clocks. Given by the shell (Android: `SystemClock.elapsedRealtime` and the boot count), never read elsewhere.
pub trait HostClock: Send + Sync {
    /// Reads all clocks at once.
    fn read(&self) -> Reading;
}

/// The hub's time at a moment of a boot: turns that boot's clock into trusted time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The boot that is anchored.
    pub boot: String,
    /// Seconds since that boot when the hub's answer came.
    pub since_boot: i64,
    /// The hub's time then, in seconds since the Unix epoch (UTC).
    pub hub_time: i64,
}

impl Anchor {
    /// When the boot began, in seconds since the Unix epoch (UTC).
    pub fn start(&self) -> i64 {
        self.hub_time.saturating_sub(self.since_boot)
    }

    /// The trusted time of a moment of the same boot, in seconds since the Unix epoch (UTC); `None` for another boot.
    pub fn time_of(&self, boot: &str, since_boot: i64) -> Option<i64> {
        (self.boot == boot).then(|| self.hub_time.saturating_add(since_boot.saturating_sub(self.since_boot)))
    }
}

/// When a command was run: the three readings and the best time known then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// What the clocks said.
    pub reading: Reading,
    /// Trusted time where the boot was anchored, else the best guess; seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether `at` is trusted. An unanchored time is not wrong, only unproven.
    pub anchored: bool,
}

impl Stamp {
    /// The stamp of `reading` under the anchor known for its boot. Without one it is the wall clock's, but not earlier than `seen`,
    /// the hub's time when it last answered: a phone that starts in 2010 is not believed.
    pub fn new(reading: Reading, anchor: Option<&Anchor>, seen: Option<i64>) -> Self {
        let trusted = anchor.and_then(|a| a.time_of(&reading.boot, reading.since_boot));
        let at = trusted.unwrap_or_else(|| reading.wall.max(seen.unwrap_or(i64::MIN)));
        Self { at, anchored: trusted.is_some(), reading }
    }
}
