//! Cases of every kind: steps, clocks, units.

use gridwalk_core::cases::{AddStep, AmountView, CaseView, ClockView, Holder, PartView, SetAmount, StepView, Story, WHISTLES, kinds_with_process};

use gridwalk_core::dictionary::FieldValue;

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::{CodeName, Id, JsonMap};

/// A step of a case, in its place.
#[uniffi::remote(Record)]
pub struct StepView {
    /// The step.
    pub id: Id,
    /// Its kind's code.
    pub kind: String,
    /// What people call it; empty of a newer gridwalk's.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// What was done or said.
    pub note: String,
    /// What else it carries, in words: units by their names.
    pub carries: Vec<FieldValue>,
    /// Who did it (a person's id).
    pub by: String,
    /// The name of who did it, empty if not known here.
    pub by_name: String,
    /// When, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether no hub has confirmed that time.
    pub unanchored: bool,
    /// Whether none ever will: it is not later than the hub received it, and that is all that is known.
    pub unknowable: bool,
    /// Whether it applied; one that came too late stays visible as such.
    pub applied: bool,
    /// Why it did not, in words; empty if it did.
    pub why_zh: String,
    /// The same in English.
    pub why_en: String,
    /// Whether another one decided otherwise at the same time, and nobody has added a step yet that replaces both.
    pub disputed: bool,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A clock of a case.
#[uniffi::remote(Record)]
pub struct ClockView {
    /// Its code.
    pub clock: String,
    /// What people call it.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The unit that it is of (its id); empty if it is the whole case's.
    pub unit: String,
    /// The name of that unit, empty if not known here.
    pub unit_name: String,
    /// What it is called, of stages of a joint action.
    pub stage: String,
    /// When it started, in seconds since the Unix epoch (UTC).
    pub starts_at: i64,
    /// When it ends; `None` until somebody who has the calendar says.
    pub ends_at: Option<i64>,
    /// The end that stood first, if it was moved.
    pub first_ends_at: Option<i64>,
    /// How long it runs, as people write it.
    pub amount: String,
    /// When it was stopped.
    pub stopped_at: Option<i64>,
    /// Since when it stands still.
    pub paused_at: Option<i64>,
    /// `green`, `yellow` (soon due), `red` (overdue), or empty: it stands still, or was stopped in time.
    pub colour: String,
}

/// A unit that has, or had, a case.
#[uniffi::remote(Record)]
pub struct PartView {
    /// The unit.
    pub unit: String,
    /// Its name, empty if not known here.
    pub name: String,
    /// Whether it leads.
    pub leads: bool,
    /// When it was given the case, in seconds since the Unix epoch (UTC).
    pub since: i64,
    /// The code of its own last step, empty if it has done none.
    pub last: String,
    /// When it gave the case back, or it was taken from it.
    pub until: Option<i64>,
}

/// How a case went.
#[uniffi::remote(Record)]
pub struct Story {
    /// Its steps in order.
    pub steps: Vec<StepView>,
    /// Its clocks, in the order of their ends.
    pub clocks: Vec<ClockView>,
    /// The units that were given it, in that order.
    pub units: Vec<PartView>,
}

/// A case of any kind, and where it stands.
#[uniffi::remote(Record)]
pub struct CaseView {
    /// The case.
    pub id: Id,
    /// Its kind's stable name.
    pub kind: String,
    /// What people call a case of that kind.
    pub kind_zh: String,
    /// What it is about, in a line.
    pub title: String,
    /// The code of where it stands.
    pub status: String,
    /// What people call that.
    pub status_zh: String,
    /// The same in English.
    pub status_en: String,
    /// Since when it stands there, in seconds since the Unix epoch (UTC).
    pub status_since: i64,
    /// Who has it: `community`, `street`, `unit`, `person`, `chosen`; empty if nobody is to act on it.
    pub holder: String,
    /// Who raised it, and so was asked first (a person's id).
    pub by: String,
    /// Their name, empty if not known here.
    pub by_name: String,
    /// The persons who have it, if they are named, by their names as far as these are known here.
    pub persons: Vec<String>,
    /// The clock that ends first of those that run (its code); empty if none does.
    pub clock: String,
    /// What people call that clock.
    pub clock_zh: String,
    /// When it ends, in seconds since the Unix epoch (UTC).
    pub ends_at: Option<i64>,
    /// How near that is: `green`, `yellow`, `red`, or empty.
    pub colour: String,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// How long a clock runs in a community.
#[uniffi::remote(Record)]
pub struct AmountView {
    /// The setting: `report.finish`.
    pub setting: String,
    /// What it is about, Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// How long, as people write it.
    pub amount: String,
    /// Whether the community has set nothing: a default.
    pub is_default: bool,
    /// Where the default comes from.
    pub source: String,
}

/// The steps of cases of a kind with what people call them; none if its records are no cases.
#[uniffi::export]
pub fn step_kinds(kind: String) -> Vec<CodeName> {
    let steps = kinds_with_process().find(|(of, _)| of.name == kind).map_or(&[][..], |(_, process)| process.steps);
    steps.iter().map(|step| CodeName::of(&step.code)).collect()
}

/// The kinds of a whistle, by number, with what people call them.
#[uniffi::export]
pub fn whistles() -> Vec<CodeName> {
    CodeName::all(WHISTLES)
}

/// Who has a case, with what people call them.
#[uniffi::export]
pub fn case_holders() -> Vec<CodeName> {
    Holder::ALL.iter().map(|(_, code, zh, en)| CodeName { code: (*code).into(), zh: (*zh).into(), en: (*en).into() }).collect()
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Adds a step to a case of any kind; `step_kinds` has the codes, `actions` those that are in place. `fields` are what it carries beside
    /// the note, by key (`lead`, `assisting`, `amount`). The outcome's value is the step's id.
    #[uniffi::method(default(note = "", fields = None, command_id = None))]
    pub async fn add_step(&self, case: Id, step: String, note: String, fields: Option<JsonMap>, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, AddStep { case, step, fields: fields.unwrap_or_default() }.note(&note)).await
    }

    /// What waits for the person signed in (待我办): the cases of every kind that they have, by the clock that ends first, at most `limit`.
    pub async fn inbox(&self, limit: u32) -> Result<Vec<CaseView>> {
        self.call(move |core| core.inbox(limit)).await
    }

    /// Where a case of any kind stands, and who has it.
    pub async fn case_view(&self, id: Id) -> Result<CaseView> {
        self.call(move |core| core.case(id)).await
    }

    /// How a case of any kind went.
    pub async fn story(&self, id: Id) -> Result<Story> {
        self.call(move |core| core.story(id)).await
    }

    /// How long clocks run in the community.
    pub async fn amounts(&self) -> Result<Vec<AmountView>> {
        self.call(|core| core.amounts()).await
    }

    /// Sets how long a clock runs (`report.finish`, `5 working days`); an empty amount is the default again. For the desk.
    #[uniffi::method(default(command_id = None))]
    pub async fn set_amount(&self, setting: String, amount: String, command_id: Option<Id>) -> Result<Outcome> {
        let settings = self.call(|core| core.settings()).await?.id;
        self.run(command_id, SetAmount { settings, setting, amount }).await
    }
}
