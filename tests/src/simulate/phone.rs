//! A simulated phone and its owner.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gridwalk_core::clock::{HostClock, ManualClock};
use gridwalk_core::identity::SeededRandom;
use gridwalk_core::{Config, Phone};

use super::{Done, Failure};
use crate::harness::{MORNING, key_of};

/// A phone and its owner.
pub struct SimPhone {
    pub(super) phone: Option<Phone>,
    /// Its clocks.
    pub clock: Arc<ManualClock>,
    /// Its owner, by their place in the template.
    pub person: usize,
    pub(super) folder: PathBuf,
    pub(super) key: usize,
    opened: u64,
    /// Whether the hub does not know its device any more.
    pub(super) refused: bool,
}

impl SimPhone {
    pub(super) fn new(folder: PathBuf, key: usize, person: usize) -> Self {
        Self { phone: None, clock: Arc::new(ManualClock::new(MORNING)), person, folder, key, opened: 0, refused: false }
    }

    /// The phone, whose app is running.
    pub fn phone(&self) -> &Phone {
        self.phone.as_ref().expect("a phone is open between events")
    }

    pub(super) fn open(&mut self, seed: u64) -> Done {
        self.phone = None;
        self.opened += 1;
        let random = Arc::new(SeededRandom::new(seed ^ (self.opened << 32) ^ short_of(&self.folder)));
        let config = Config { folder: self.folder.clone(), key: key_of(self.key as u64), clock: self.clock.clone(), random };
        self.phone = Some(Phone::open(config).map_err(|e| Failure::new("acknowledged", format!("a phone does not open: {e:?}")))?);
        Ok(())
    }

    /// What its clock has counted since it was made.
    pub(super) fn phone_time(&self) -> i64 {
        self.clock.read().wall
    }
}

/// A number of a phone's folder: phones of one history have randomness of their own.
fn short_of(folder: &Path) -> u64 {
    folder.file_name().map_or(0, |name| name.as_encoded_bytes().iter().fold(7, |sum, b| sum * 31 + u64::from(*b)))
}
