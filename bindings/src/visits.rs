//! Visits and the doors that are due.

use gridwalk_core::dictionary::FieldValue;
use gridwalk_core::visits::document::RESULTS;
use gridwalk_core::visits::{DueView, RecordVisit, Urgency, VisitResult, VisitView};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::{CodeName, Id, JsonMap, Position};

/// How pressing a door is.
#[uniffi::remote(Enum)]
pub enum Urgency {
    /// The due day has passed.
    Overdue,
    /// The window is open.
    Due,
}

/// A door of the due list.
#[uniffi::remote(Record)]
pub struct DueView {
    /// The household.
    pub household: Id,
    /// Its address.
    pub address: String,
    /// The first resident's name; empty if none is known.
    pub name: String,
    /// How pressing it is.
    pub urgency: Urgency,
    /// The last day of the window, in seconds since the Unix epoch (UTC).
    pub due_at: i64,
    /// The rhythm in days.
    pub every_days: i64,
    /// When someone was last met or reached.
    pub last_visit_at: Option<i64>,
    /// When someone last stood at the door: colleagues of one grid see that it was just done.
    pub last_attempt_at: Option<i64>,
    /// Metres to walk as the crow flies, where both positions are known.
    pub metres: Option<i64>,
}

/// A visit as it was recorded.
#[uniffi::remote(Record)]
pub struct VisitView {
    /// The visit.
    pub id: Id,
    /// Who made it (a person's id).
    pub by: String,
    /// The name of who made it, empty if not known here.
    pub by_name: String,
    /// When it was, by the best time known; seconds since the Unix epoch (UTC).
    pub at: i64,
    /// When it was entered, by the best time known; seconds since the Unix epoch (UTC).
    pub recorded_at: i64,
    /// Whether it was entered later than it was (补录).
    pub entered_later: bool,
    /// Whether no hub has confirmed these times.
    pub unanchored: bool,
    /// Whether none ever will: they are not later than the hub received them, and that is all that is known.
    pub unknowable: bool,
    /// The result's code; a newer app may know more of them than [`VisitResult`].
    pub result: String,
    /// What for.
    pub purpose: String,
    /// What was seen and done.
    pub note: String,
    /// Its further fields.
    pub fields: Vec<FieldValue>,
}

/// How a visit ended.
#[uniffi::remote(Enum)]
pub enum VisitResult {
    /// 已见面 (`met`)
    Met,
    /// 无人应答 (`nobody_home`)
    NobodyHome,
    /// 电话联系 (`phone`)
    Phone,
    /// 拒访 (`refused`)
    Refused,
    /// 改日再访 (`later`)
    Later,
}

/// A visit to a household.
#[uniffi::remote(Record)]
pub struct RecordVisit {
    /// The household.
    pub household: Id,
    /// How it ended.
    pub result: VisitResult,
    /// What for; may be empty.
    #[uniffi(default = "")]
    pub purpose: String,
    /// What was seen and done; may be empty.
    #[uniffi(default = "")]
    pub note: String,
    /// How long it took, in minutes.
    #[uniffi(default = None)]
    pub minutes: Option<u32>,
    /// Latitude in degrees (WGS-84), if the worker chose to record the position.
    #[uniffi(default = None)]
    pub lat: Option<f64>,
    /// Longitude in degrees (WGS-84).
    #[uniffi(default = None)]
    pub lon: Option<f64>,
    /// When it was, in seconds since the Unix epoch (UTC), if it is entered later (补录): at most 7 days ago.
    #[uniffi(default = None)]
    pub visited_at: Option<i64>,
    /// Further fields of the dictionary, a JSON object by key; may be empty.
    #[uniffi(default)]
    pub fields: JsonMap,
}

/// The results of visits with what people call them.
#[uniffi::export]
pub fn visit_results() -> Vec<CodeName> {
    RESULTS.iter().map(|c| CodeName::new(c.code, c.label.zh)).collect()
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The doors that are due, overdue ones first; within that by walking distance from `near` where it is given, else by how
    /// long they have been due.
    pub async fn today(&self, near: Option<Position>, limit: u32) -> Result<Vec<DueView>> {
        self.call(move |core| core.today(near.map(|p| (p.lat, p.lon)), limit)).await
    }

    /// The visits to a household, newest first.
    pub async fn visits_of(&self, household: Id, limit: u32) -> Result<Vec<VisitView>> {
        self.call(move |core| core.visits_of(household, limit)).await
    }

    /// Records a visit. The outcome's value is its id.
    #[uniffi::method(default(command_id = None))]
    pub async fn record_visit(&self, visit: RecordVisit, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, visit).await
    }
}
