//! What the shell gives the core.

use std::sync::Arc;

use gridwalk_core::clock::{HostClock as CoreClock, Reading};

/// What the host's clocks say at one moment.
#[uniffi::remote(Record)]
pub struct Reading {
    /// The wall clock, in seconds since the Unix epoch (UTC). May be days wrong.
    pub wall: i64,
    /// Names this boot of the device.
    pub boot: String,
    /// Seconds since that boot, counting sleep.
    pub since_boot: i64,
}

/// The host's clocks (Android: `SystemClock.elapsedRealtime` and the boot count).
#[uniffi::export(with_foreign)]
pub trait HostClock: Send + Sync {
    /// Reads all clocks at once. Called from any thread.
    fn read(&self) -> Reading;
}

/// The shell's clock as the core sees it.
pub(crate) struct ShellClock(pub Arc<dyn HostClock>);

impl CoreClock for ShellClock {
    fn read(&self) -> Reading {
        self.0.read()
    }
}
