//! Problem reports.

use gridwalk_core::cases::{ClockView, PartView, StepView, Story};
use gridwalk_core::reports::{PROCESS, RaiseReport, ReportFilter, ReportView, Stage};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::{CodeName, Id};

/// A report with its folded status.
#[uniffi::remote(Record)]
pub struct ReportView {
    /// The report.
    pub id: Id,
    /// What it is about.
    pub title: String,
    /// All there is to say.
    pub detail: String,
    /// The code of its category.
    pub category: String,
    /// The category's name, its three levels joined by `/`; empty if the community's list does not have it.
    pub category_name: String,
    /// 一般, 较急 or 紧急.
    pub urgency: String,
    /// Its number where it was imported from.
    pub number: String,
    /// The grid it concerns (a place's id), empty if it names none.
    pub place: String,
    /// The name of that grid, empty if not known here.
    pub place_name: String,
    /// Where, as its source says it; empty if it does not.
    pub address: String,
    /// Who raised it (a person's id).
    pub by: String,
    /// The name of who raised it, empty if not known here.
    pub by_name: String,
    /// When, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether no hub has confirmed that time.
    pub unanchored: bool,
    /// Whether none ever will: it is not later than the hub received it, and that is all that is known.
    pub unknowable: bool,
    /// The code of its status.
    pub status: String,
    /// Since when it has that status.
    pub status_since: i64,
    /// Who has it now, a code of `case_holders`; empty once it is closed or declined.
    pub holder: String,
    /// Of one that units have, the unit that leads (its id).
    pub lead: String,
    /// The name of that unit, empty if not known here.
    pub lead_name: String,
    /// The name of the unit that led first: it stays responsible (首问负责), handed on or not. Empty if none did, or it is not known here.
    pub first_asked_name: String,
    /// When the street last pressed (督办) without an answer since, in seconds since the Unix epoch (UTC).
    pub supervised_at: Option<i64>,
    /// How many notes came since it was closed or declined, and nobody has answered for yet.
    pub notes_since: i64,
    /// Photos of it.
    pub photos: i64,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
    /// Where it stands in its list: the next page begins after the last one's.
    pub key: String,
}

/// Which reports a list shows, by how far they have come.
#[uniffi::remote(Enum)]
pub enum Stage {
    /// Those that someone is to act on: neither closed nor declined, or with notes since. Oldest first.
    Open,
    /// Those that are closed or declined, newest first.
    Closed,
    /// All, newest first.
    All,
}

/// Which reports a list shows; what is empty or `None` leaves nothing out.
#[uniffi::remote(Record)]
pub struct ReportFilter {
    /// How far they have come.
    pub stage: Stage,
    /// The code of their status.
    #[uniffi(default = "")]
    pub status: String,
    /// The code of their category.
    #[uniffi(default = "")]
    pub category: String,
    /// The month in which they were raised, by China's time: `2026-03`.
    #[uniffi(default = "")]
    pub month: String,
    /// Words that all stand in their title, number, address or detail; titles also by pinyin.
    #[uniffi(default = "")]
    pub text: String,
    /// Who raised them.
    #[uniffi(default = None)]
    pub by: Option<Id>,
    /// The grid they concern.
    #[uniffi(default = None)]
    pub place: Option<Id>,
}

/// A report with how it went.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ReportDetail {
    /// The report.
    pub report: ReportView,
    /// Its steps in order.
    pub steps: Vec<StepView>,
    /// Its clocks, in the order of their ends.
    pub clocks: Vec<ClockView>,
    /// The units that were given it, in that order.
    pub units: Vec<PartView>,
}

/// A problem report to raise.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct NewReport {
    /// The grid it concerns; `None` for one that goes to the community's desk, and that its raiser follows.
    #[uniffi(default = None)]
    pub place: Option<Id>,
    /// The code of its category; may be empty.
    #[uniffi(default = "")]
    pub category: String,
    /// What it is about, in a line.
    pub title: String,
    /// All there is to say; may be empty.
    #[uniffi(default = "")]
    pub detail: String,
    /// 一般, 较急 or 紧急; may be empty.
    #[uniffi(default = "")]
    pub urgency: String,
    /// Latitude in degrees (WGS-84).
    #[uniffi(default = None)]
    pub lat: Option<f64>,
    /// Longitude in degrees (WGS-84).
    #[uniffi(default = None)]
    pub lon: Option<f64>,
}

impl From<NewReport> for RaiseReport {
    fn from(report: NewReport) -> Self {
        let NewReport { place, category, title, detail, urgency, lat, lon } = report;
        Self { place, category, title, detail, urgency, lat, lon, imported: None }
    }
}

/// The statuses of reports with what people call them.
#[uniffi::export]
pub fn report_statuses() -> Vec<CodeName> {
    PROCESS.states.iter().map(|state| CodeName::of(&state.code)).collect()
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Raises a problem report. The outcome's value is its id.
    #[uniffi::method(default(command_id = None))]
    pub async fn raise_report(&self, report: NewReport, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, RaiseReport::from(report)).await
    }

    /// Reports, also closed ones, in pages of `limit`: the next one is after the key of the last row.
    #[uniffi::method(default(after = None))]
    pub async fn reports(&self, filter: ReportFilter, limit: u32, after: Option<String>) -> Result<Vec<ReportView>> {
        self.call(move |core| core.reports(&filter, after.as_deref(), limit)).await
    }

    /// The reports about a household or its spot, also closed ones, newest first: in its grid or in none, with its address (or one
    /// that goes on from it), or within 30 metres of it.
    pub async fn reports_of(&self, household: Id, limit: u32) -> Result<Vec<ReportView>> {
        self.call(move |core| core.reports_of(household, limit)).await
    }

    /// A report with how it went.
    pub async fn report(&self, id: Id) -> Result<ReportDetail> {
        let (report, Story { steps, clocks, units }) = self.call(move |core| core.report(id)).await?;
        Ok(ReportDetail { report, steps, clocks, units })
    }
}
