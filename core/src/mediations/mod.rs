//! Mediation (矛盾调解): parties, sessions, agreement, return visits; read by those who mediate.

pub mod document;
mod queries;

pub use document::{STATES, State, state};
pub use queries::{MediationView, SessionView, mediation, mediations};
