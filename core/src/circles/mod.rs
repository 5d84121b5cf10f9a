//! Confidential circles (保密圈): who may read what concerns health, minors and mediation. From its document the hub derives the
//! roles of its members.

pub mod document;
mod member;
mod queries;

pub use document::{PURPOSES, Purpose, readers};
pub use member::{ApproveMember, SetMember};
pub use queries::{CircleMemberView, CircleView, circles};
