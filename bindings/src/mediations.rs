//! Mediation, read by those who mediate.

use gridwalk_core::mediations::{MediationView, STATES, SessionView};

use crate::error::Result;
use crate::phone::Phone;
use crate::values::{CodeName, Id};

/// A mediation.
#[uniffi::remote(Record)]
pub struct MediationView {
    /// The mediation.
    pub id: Id,
    /// The circle that mediates.
    pub circle: Id,
    /// Who quarrels.
    pub parties: String,
    /// What about.
    pub matter: String,
    /// Where.
    pub place: String,
    /// What they agreed on; may be empty.
    pub agreement: String,
    /// When they agreed, in seconds since the Unix epoch (UTC).
    pub agreed_at: Option<i64>,
    /// Until when the agreement is to be kept, in seconds since the Unix epoch (UTC).
    pub due_at: Option<i64>,
    /// What else there is to say.
    pub note: String,
    /// When it began, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether no hub has confirmed when it was recorded.
    pub unanchored: bool,
    /// Whether none ever will: it is not later than the hub received it, and that is all that is known.
    pub unknowable: bool,
    /// The code of how far it has come.
    pub state: String,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A session of a mediation, or a return visit.
#[uniffi::remote(Record)]
pub struct SessionView {
    /// Its id.
    pub id: Id,
    /// Whether it was a return visit.
    pub return_visit: bool,
    /// When it was held, in seconds since the Unix epoch (UTC).
    pub held_at: i64,
    /// Whether no hub has confirmed when it was recorded.
    pub unanchored: bool,
    /// Whether none ever will: it is not later than the hub received it, and that is all that is known.
    pub unknowable: bool,
    /// Of a return visit: whether the agreement was kept.
    pub kept: Option<bool>,
    /// What was said.
    pub note: String,
    /// Who recorded it (a person's id).
    pub by: String,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A mediation with its sessions and return visits.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct MediationDetail {
    /// The mediation.
    pub mediation: MediationView,
    /// Its sessions and return visits, by when they were held.
    pub sessions: Vec<SessionView>,
}

/// How far a mediation can have come, with what people call it.
#[uniffi::export]
pub fn mediation_states() -> Vec<CodeName> {
    CodeName::all(STATES)
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The mediations on this phone, newest first.
    pub async fn mediations(&self, limit: u32) -> Result<Vec<MediationView>> {
        self.call(move |core| core.mediations(limit)).await
    }

    /// A mediation with its sessions and return visits.
    pub async fn mediation(&self, id: Id) -> Result<MediationDetail> {
        let (mediation, sessions) = self.call(move |core| core.mediation(id)).await?;
        Ok(MediationDetail { mediation, sessions })
    }
}
