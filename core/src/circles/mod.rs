//! Confidential circles (保密圈): who may read what concerns health, minors and mediation. From its document the hub derives the
//! roles of its members.

mod add;
pub mod document;
mod edit;
mod member;
mod queries;

pub use add::AddCircle;
pub use document::{Purpose, readers};
pub use edit::EditCircle;
pub use member::{ApproveMember, SetMember};
pub use queries::{CircleMemberView, CircleView, circles};
