//! Visits and the doors that are due.

use gridwalk_core::Input;
use gridwalk_core::dictionary::FieldValue;
use gridwalk_core::visits::document::RESULTS;
use gridwalk_core::visits::{self, DoorGroup, DoorOrder, DueView, TodayCounts, Urgency, VisitResult, VisitView};
use serde_json::json;

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
    /// The building, read from the address; empty if it names none.
    pub building: String,
    /// The stairway in it; empty if the address names none.
    pub stairway: String,
    /// The floor, where the address says so.
    pub floor: Option<i64>,
    /// The room; empty if the address names none.
    pub room: String,
    /// The tag that asks for the visit; empty if the household's own rhythm does.
    pub tag: String,
    /// Who last stood at the door (their name), empty if not known here.
    pub last_attempt_by: String,
    /// How that visit ended, as a code; empty if there was none.
    pub last_attempt_result: String,
    /// Reports about this household or this spot that are not at their end; see `reports_of`.
    pub open_reports: i64,
    /// Whether something of the household or of its visits is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// In which order stairways are shown.
#[uniffi::remote(Enum)]
pub enum DoorOrder {
    /// As one walks: the nearest first; without a position that where the person was last, then by name.
    Way,
    /// Those with the most overdue doors first.
    Urgency,
}

/// The doors of a stairway that are due.
#[uniffi::remote(Record)]
pub struct DoorGroup {
    /// What people call it: building and stairway, or 其他 for addresses that name neither.
    pub name: String,
    /// The building; empty for addresses that name none.
    pub building: String,
    /// The stairway in it; empty for addresses that name none.
    pub stairway: String,
    /// Doors whose window is open, with those that are overdue.
    pub due: i64,
    /// Doors that are overdue.
    pub overdue: i64,
    /// Metres to the nearest of them as the crow flies, where positions are known.
    pub metres: Option<i64>,
    /// The doors, by floor from the ground up and by room.
    pub doors: Vec<DueView>,
}

/// How many doors are due.
#[uniffi::remote(Record)]
pub struct TodayCounts {
    /// Doors whose window is open, with those that are overdue.
    pub due: i64,
    /// Doors that are overdue.
    pub overdue: i64,
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
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
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
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
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

impl From<RecordVisit> for Input {
    fn from(visit: RecordVisit) -> Self {
        let RecordVisit { household, result, purpose, note, minutes, lat, lon, visited_at, mut fields } = visit;
        let position = (lat.is_some() || lon.is_some()).then(|| json!({"lat": lat, "lon": lon}));
        let named = [
            ("result", Some(json!(result.code()))),
            ("purpose", (!purpose.is_empty()).then(|| json!(purpose))),
            ("note", (!note.is_empty()).then(|| json!(note))),
            ("minutes", minutes.map(|n| json!(n))),
            ("position", position),
        ];
        fields.extend(named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        visits::RecordVisit { household, visited_at, fields }.into()
    }
}

/// The results of visits with what people call them.
#[uniffi::export]
pub fn visit_results() -> Vec<CodeName> {
    RESULTS.iter().map(|c| CodeName { code: c.code.into(), zh: c.label.zh.into(), en: c.label.en.into() }).collect()
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The doors that are due, overdue ones first; within that by walking distance from `near` where it is given, else by how
    /// long they have been due.
    pub async fn today(&self, near: Option<Position>, limit: u32) -> Result<Vec<DueView>> {
        self.call(move |core| core.today(near.map(|p| (p.lat, p.lon)), limit)).await
    }

    /// The doors that are due by building and stairway, each with its doors by floor and room.
    pub async fn today_groups(&self, near: Option<Position>, order: DoorOrder) -> Result<Vec<DoorGroup>> {
        self.call(move |core| core.today_groups(near.map(|p| (p.lat, p.lon)), order)).await
    }

    /// The door to go to after this one: the next of its stairway, else the first of the nearest.
    pub async fn next_door(&self, after: Id) -> Result<Option<DueView>> {
        self.call(move |core| core.next_door(after)).await
    }

    /// How many doors are due.
    pub async fn today_counts(&self) -> Result<TodayCounts> {
        self.call(|core| core.today_counts()).await
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
