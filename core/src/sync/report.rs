//! What a sync did, in numbers.

use serde::Serialize;

/// What a sync did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SyncReport {
    /// Requests answered.
    pub requests: u32,
    /// Changes that the hub has now.
    pub sent: u64,
    /// Commands that were refused, with their reasons in the quarantine.
    pub refused: u64,
    /// Commands that were run again on the hub's state.
    pub rerun: u64,
    /// Documents with news.
    pub received: u64,
    /// Documents that left this phone.
    pub withdrawn: u64,
    /// Households among them that lie in another grid now.
    pub moved: u64,
    /// Documents among them that left because a role of the person's ended.
    pub ended: u64,
    /// Envelopes of others that were delivered.
    pub carried: u64,
    /// Commands that were too young for a sync that nobody asked for, with what builds on them: sync again in a minute.
    pub young: u64,
}

impl SyncReport {
    pub(super) fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.carried += other.carried;
        self.refused += other.refused;
        self.rerun += other.rerun;
        self.received += other.received;
        self.withdrawn += other.withdrawn;
        self.moved += other.moved;
        self.ended += other.ended;
    }
}
