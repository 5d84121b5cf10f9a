//! What a change must be before Automerge sees it. A gap in an actor's numbers panics Automerge, a start_op near 2³² bricks
//! the document, and neither is noticed when it happens.

use std::fmt;

use automerge::Change;

use super::Doc;

/// A change's largest size, in bytes.
pub const MAX_CHANGE_BYTES: usize = 256 * 1024;

/// Why a change cannot be applied to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// A change it depends on is not here.
    MissingDependency,
    /// Its actor already has another change with this number here.
    ActorReused,
    /// Its numbers contradict its dependencies, or it is too large.
    Hostile,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingDependency => "a dependency is missing",
            Self::ActorReused => "the actor's number is taken",
            Self::Hostile => "the change contradicts itself",
        })
    }
}

impl std::error::Error for Obstacle {}

impl Doc {
    /// What stands against applying `change`, which is not in the document yet.
    pub fn obstacle(&self, change: &Change) -> Option<Obstacle> {
        if change.raw_bytes().len() > MAX_CHANGE_BYTES || change.deps().is_empty() {
            return Some(Obstacle::Hostile);
        }
        let mut highest = 0;
        for dependency in change.deps() {
            match self.automerge().get_change_meta_by_hash(dependency) {
                Some(meta) => highest = highest.max(meta.max_op),
                None => return Some(Obstacle::MissingDependency),
            }
        }
        let last = self.automerge().get_changes_meta(&[]).iter().filter(|m| *m.actor == *change.actor_id()).map(|m| m.seq).max().unwrap_or(0);
        if change.seq() <= last {
            return Some(Obstacle::ActorReused);
        }
        let fits = change.seq() == last + 1 && change.start_op().get() == highest + 1 && u32::try_from(highest + 1 + change.len() as u64).is_ok();
        (!fits).then_some(Obstacle::Hostile)
    }
}
