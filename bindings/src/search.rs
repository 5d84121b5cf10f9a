//! Search and near-me.

use gridwalk_core::households::ResidentView;
use gridwalk_core::search::{FoundView, HitView, NearView};

use crate::error::Result;
use crate::phone::Phone;
use crate::values::{Id, Position};

/// A household that was found, with the residents that the search meant (all of them if it meant the address).
#[uniffi::remote(Record)]
pub struct FoundView {
    /// The household.
    pub household: Id,
    /// Its address.
    pub address: String,
    /// The residents meant.
    pub residents: Vec<ResidentView>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A record that was found.
#[uniffi::remote(Record)]
pub struct HitView {
    /// Its kind's stable name.
    pub kind: String,
    /// The record.
    pub id: Id,
    /// What it is named by.
    pub title: String,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A household nearby.
#[uniffi::remote(Record)]
pub struct NearView {
    /// The household.
    pub household: Id,
    /// Its address.
    pub address: String,
    /// Metres as the crow flies.
    pub metres: i64,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Households and residents by what a person types: parts of names, pinyin or its initials, parts of addresses,
    /// beginnings or the last four digits of telephone numbers, tags.
    pub async fn find(&self, typed: String, limit: u32) -> Result<Vec<FoundView>> {
        self.call(move |core| core.find(&typed, limit)).await
    }

    /// Records of every kind by what a person types, as households are found: at most `limit` households, and as many of all else, latest
    /// recorded first.
    pub async fn search(&self, typed: String, limit: u32) -> Result<Vec<HitView>> {
        self.call(move |core| core.search(&typed, limit)).await
    }

    /// Households within `metres` of a position, nearest first.
    pub async fn near(&self, position: Position, metres: u32, limit: u32) -> Result<Vec<NearView>> {
        self.call(move |core| core.near(position.lat, position.lon, metres, limit)).await
    }
}
