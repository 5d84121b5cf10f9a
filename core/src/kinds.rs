//! The one list of document kinds and of commands: the only file a new domain must be added to.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::commands::Action;
use crate::dictionary::{self, assert_fields};
use crate::documents::Kind;
use crate::projection::{CONFLICTS, MARKS, Table};
use crate::rules::Allow;
use crate::versions;
use crate::{
    activities, attendance, care, categories, circles, conflicts, households, mediations, persons, photos, places, records, reports, settings, times, units,
    visits,
};

/// Every kind of document.
pub static KINDS: &[&Kind] = &[
    &places::document::PLACE,
    &households::document::HOUSEHOLD,
    &visits::document::VISIT,
    &reports::document::REPORT,
    &persons::document::PERSON,
    &activities::document::ACTIVITY,
    &attendance::document::ATTENDANCE,
    &settings::document::SETTINGS,
    &categories::document::CATEGORY_LIST,
    &photos::document::PHOTO,
    &circles::document::CIRCLE,
    &care::document::HEALTH,
    &care::document::MINOR,
    &mediations::document::MEDIATION,
    &units::document::UNIT,
];

/// The kinds that the gridwalk that runs here knows.
pub fn known() -> impl Iterator<Item = &'static Kind> {
    let dictionary = versions::dictionary();
    KINDS.iter().copied().filter(move |kind| dictionary.knows(kind.name, ""))
}

/// The kind of this name; `None` if a newer gridwalk knows it.
pub fn by_name(name: &str) -> Option<&'static Kind> {
    known().find(|k| k.name == name)
}

const _: () = {
    let mut k = 0;
    while k < KINDS.len() {
        assert_fields(KINDS[k].fields);
        let mut e = 0;
        while e < KINDS[k].entries.len() {
            assert_fields(KINDS[k].entries[e].fields);
            e += 1;
        }
        k += 1;
    }
};

/// The rows of the rules of the kind of this name, put together once.
pub fn rows_of(name: &str) -> &'static [Allow] {
    static ROWS: LazyLock<HashMap<&str, Vec<Allow>>> = LazyLock::new(|| KINDS.iter().map(|kind| (kind.name, dictionary::rows(kind))).collect());
    ROWS.get(name).map_or(&[], Vec::as_slice)
}

/// Every read-model table.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    KINDS.iter().flat_map(|k| k.tables.iter().copied()).chain([&CONFLICTS, &MARKS])
}

macro_rules! inputs {
    ($($(#[$doc:meta])* $name:ident($path:path) = $tag:literal,)*) => {
        /// What a command does, by its stable name.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "command", content = "input")]
        pub enum Input {
            $($(#[$doc])* #[serde(rename = $tag)] $name($path),)*
        }

        impl Input {
            /// The stable name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $tag,)* }
            }

            pub(crate) fn action(&self) -> &dyn Action {
                match self { $(Self::$name(action) => action,)* }
            }
        }

        $(impl From<$path> for Input {
            fn from(input: $path) -> Self { Self::$name(input) }
        })*
    };
}

inputs! {
    /// Adds a record of a kind that the dictionary makes.
    AddRecord(records::AddRecord) = "records.add",
    /// Adds an entry to a record.
    AddEntry(records::AddEntry) = "records.add_entry",
    /// Edits fields of a record or of an entry within one.
    EditRecord(records::EditRecord) = "records.edit",
    /// Adds a place.
    AddPlace(places::AddPlace) = "places.add",
    /// Adds a micro-grid to a grid.
    AddMicroGrid(places::AddMicroGrid) = "places.add_micro_grid",
    /// Renames a place.
    EditPlace(places::EditPlace) = "places.edit",
    /// Makes a place out of a part of another; written by the hub.
    SplitPlace(places::SplitPlace) = "places.split",
    /// Closes a place that is merged into another; written by the hub.
    ClosePlace(places::ClosePlace) = "places.close",
    /// Opens a closed place again; written by the hub.
    ReopenPlace(places::ReopenPlace) = "places.reopen",
    /// Moves what lies in a place to another; written by the hub.
    MoveTo(places::MoveTo) = "places.move_to",
    /// Records a visit.
    RecordVisit(visits::RecordVisit) = "visits.record",
    /// Raises a report.
    RaiseReport(reports::RaiseReport) = "reports.raise",
    /// Adds a step to a report.
    AddStep(reports::AddStep) = "reports.step",
    /// Names the steps that a closed report's status rests on; written by the hub.
    SettleReport(reports::SettleReport) = "reports.settle",
    /// Adds a person.
    AddPerson(persons::AddPerson) = "persons.add",
    /// Edits fields of a person.
    EditPerson(persons::EditPerson) = "persons.edit",
    /// Adds an activity.
    AddActivity(activities::AddActivity) = "activities.add",
    /// Claims a place in an activity, or gives it back.
    ClaimActivity(activities::ClaimActivity) = "activities.claim",
    /// Signs in to an activity.
    SignIn(attendance::SignIn) = "attendance.sign_in",
    /// Signs out of an activity.
    SignOut(attendance::SignOut) = "attendance.sign_out",
    /// Gives a record the trusted time that was found after it was made.
    AnchorTimes(times::AnchorTimes) = "times.anchor",
    /// Notes that a record claims to be later than when it came in; written by the hub.
    BoundTimes(times::BoundTimes) = "times.bound",
    /// Adds a photo to a record.
    TakePhoto(photos::TakePhoto) = "photos.take",
    /// Takes a photo back.
    RemovePhoto(photos::RemovePhoto) = "photos.remove",
    /// Sets over which networks photos are sent.
    SetPhotoNetworks(settings::SetPhotoNetworks) = "settings.photo_networks",
    /// Sets how often the carriers of a tag are visited.
    SetVisitRule(settings::SetVisitRule) = "settings.visit_rule",
    /// Sets how long visits and closed reports are kept.
    SetRetention(settings::SetRetention) = "settings.retention",
    /// Sets the list of report categories.
    SetCategories(categories::SetCategories) = "categories.set",
    /// Whistles: a report goes to the street.
    WhistleReport(reports::WhistleReport) = "reports.whistle",
    /// Dispatches a whistled report to units.
    DispatchReport(reports::DispatchReport) = "reports.dispatch",
    /// Adds a department or unit.
    AddUnit(units::AddUnit) = "units.add",
    /// Edits a department or unit.
    EditUnit(units::EditUnit) = "units.edit",
    /// Makes a confidential circle.
    AddCircle(circles::AddCircle) = "circles.add",
    /// Renames a circle.
    EditCircle(circles::EditCircle) = "circles.edit",
    /// Enters a person into a circle, or removes them.
    SetMember(circles::SetMember) = "circles.member",
    /// Approves that a member of a circle for minors reads it, or withdraws that.
    ApproveMember(circles::ApproveMember) = "circles.approve",
    /// Records what is known of a resident's health.
    AddHealth(care::AddHealth) = "health.add",
    /// Edits what is known of a resident's health.
    EditHealth(care::EditHealth) = "health.edit",
    /// Records what is known of a minor.
    AddMinor(care::AddMinor) = "minors.add",
    /// Edits what is known of a minor.
    EditMinor(care::EditMinor) = "minors.edit",
    /// Begins a mediation.
    AddMediation(mediations::AddMediation) = "mediations.add",
    /// Records a session of a mediation, or a return visit.
    AddSession(mediations::AddSession) = "mediations.session",
    /// Writes down what the parties agreed on.
    AgreeMediation(mediations::AgreeMediation) = "mediations.agree",
    /// Chooses one of the values that people set at the same time.
    SettleConflict(conflicts::SettleConflict) = "conflicts.settle",
}
