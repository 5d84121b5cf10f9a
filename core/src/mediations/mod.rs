//! Mediation (矛盾调解): parties, sessions, agreement, return visits; read by those who mediate.

mod add;
mod agree;
pub mod document;
mod queries;
mod session;

pub use add::AddMediation;
pub use agree::AgreeMediation;
pub use document::{State, state};
pub use queries::{MediationView, SessionView, mediation, mediations};
pub use session::AddSession;
