//! Clocks of a Linux host, and one set by hand.

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{HostClock, Reading};

/// The clocks of the machine this runs on (Linux and Android kernels; elsewhere the shell passes its own).
#[derive(Debug, Default)]
pub struct SystemClock;

impl HostClock for SystemClock {
    fn read(&self) -> Reading {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX));
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|s| s.trim().to_owned());
        // /proc/uptime counts suspended time too.
        let uptime = std::fs::read_to_string("/proc/uptime").ok().and_then(|s| s.split(['.', ' ']).next().and_then(|n| n.parse().ok()));
        match (boot, uptime) {
            (Ok(boot), Some(since_boot)) => Reading { wall, boot, since_boot },
            // Without a boot clock nothing can be anchored: a boot id of its own each time says so.
            _ => Reading { wall, boot: format!("unknown-{wall}"), since_boot: 0 },
        }
    }
}

/// A clock set by hand: tests, simulations and replays decide what time it is.
#[derive(Debug)]
pub struct ManualClock(Mutex<Reading>);

impl ManualClock {
    /// A clock at `wall` seconds, one hour after its first boot.
    pub fn new(wall: i64) -> Self {
        Self(Mutex::new(Reading { wall, boot: "boot-1".into(), since_boot: 3600 }))
    }

    fn with(&self, f: impl FnOnce(&mut Reading)) {
        f(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// Lets `seconds` pass; sleep counts.
    pub fn advance(&self, seconds: i64) {
        self.with(|r| {
            r.wall += seconds;
            r.since_boot += seconds;
        });
    }

    /// Lets time pass until the wall clock shows `wall` (nothing happens if it is later already).
    pub fn advance_to(&self, wall: i64) {
        self.with(|r| {
            let seconds = (wall - r.wall).max(0);
            r.wall += seconds;
            r.since_boot += seconds;
        });
    }

    /// Puts the wall clock wrong by `seconds`, as a person or a bad network time would.
    pub fn shift_wall(&self, seconds: i64) {
        self.with(|r| r.wall += seconds);
    }

    /// Restarts the device: a new boot.
    pub fn reboot(&self) {
        self.with(|r| {
            r.boot.push('\'');
            r.since_boot = 1;
        });
    }
}

impl HostClock for ManualClock {
    fn read(&self) -> Reading {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}
