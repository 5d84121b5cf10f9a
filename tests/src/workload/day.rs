//! What the workers and members of a community record in a day.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::python_random::PythonRandom;
use super::words::{DETAILS, EVENTS, NOTES, PURPOSES, RESULTS};
use super::{Activity, DAY, DAY0, Household, Report, Resident, minutes, phone, report, resident};

/// One thing that a worker or member records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Operation {
    /// A worker was at a door.
    Visit(Visit),
    /// A worker reports a problem.
    Report(NewReport),
    /// Something happened about an open report.
    ReportEvent(ReportEvent),
    /// A resident has another phone number.
    EditPhone(EditPhone),
    /// A resident is added to a household.
    AddResident(AddResident),
    /// A member comes to an activity.
    SignIn(Attendance),
    /// A member leaves an activity.
    SignOut(Attendance),
}

/// A worker was at a door.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The worker.
    pub by: String,
    /// The worker's grid.
    pub grid: String,
    /// When the visit began.
    pub at: i64,
    /// The id of the household.
    pub household: String,
    /// Why the worker came.
    pub purpose: String,
    /// Whom the worker met.
    pub result: String,
    /// What was found.
    pub note: String,
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lon: f64,
    /// How long the worker stayed.
    pub minutes: i64,
}

/// A problem that a worker reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewReport {
    /// The report.
    #[serde(flatten)]
    pub report: Report,
    /// The worker.
    pub by: String,
}

/// Something that happened about an open report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportEvent {
    /// The worker.
    pub by: String,
    /// The worker's grid.
    pub grid: String,
    /// When it happened.
    pub at: i64,
    /// The id of the report.
    pub report: String,
    /// The kind of event.
    pub event: String,
    /// What happened.
    pub note: String,
}

/// A new phone number of a resident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditPhone {
    /// The worker.
    pub by: String,
    /// The worker's grid.
    pub grid: String,
    /// When it was recorded.
    pub at: i64,
    /// The id of the household.
    pub household: String,
    /// The id of the resident.
    pub resident: String,
    /// The new number.
    pub phone: String,
}

/// A new resident of a household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddResident {
    /// The worker.
    pub by: String,
    /// The worker's grid.
    pub grid: String,
    /// When it was recorded.
    pub at: i64,
    /// The id of the household.
    pub household: String,
    /// The new resident.
    pub resident: Resident,
}

/// A member comes to an activity, or leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendance {
    /// The member.
    pub by: String,
    /// The grid of the activity.
    pub grid: String,
    /// The id of the activity.
    pub activity: String,
    /// When the member came or left.
    pub at: i64,
}

impl Operation {
    /// The name of the operation, as the files have it.
    pub fn op(&self) -> &'static str {
        match self {
            Self::Visit(_) => "visit",
            Self::Report(_) => "report",
            Self::ReportEvent(_) => "report_event",
            Self::EditPhone(_) => "edit_phone",
            Self::AddResident(_) => "add_resident",
            Self::SignIn(_) => "sign_in",
            Self::SignOut(_) => "sign_out",
        }
    }

    /// The worker or member who records it.
    pub fn by(&self) -> &str {
        self.base().0
    }

    /// The grid it belongs to.
    pub fn grid(&self) -> &str {
        self.base().1
    }

    /// When it is recorded.
    pub fn at(&self) -> i64 {
        self.base().2
    }

    fn base(&self) -> (&str, &str, i64) {
        match self {
            Self::Visit(o) => (&o.by, &o.grid, o.at),
            Self::Report(o) => (&o.by, &o.report.grid, o.report.at),
            Self::ReportEvent(o) => (&o.by, &o.grid, o.at),
            Self::EditPhone(o) => (&o.by, &o.grid, o.at),
            Self::AddResident(o) => (&o.by, &o.grid, o.at),
            Self::SignIn(o) | Self::SignOut(o) => (&o.by, &o.grid, o.at),
        }
    }
}

/// All operations of day `d`, in time order.
pub(super) fn day(
    r: &mut PythonRandom,
    d: usize,
    households: &[Household],
    reports: &[Report],
    activities: &[Activity],
    grids: usize,
    phones: usize,
) -> Vec<Operation> {
    let mut by_grid: HashMap<&str, Vec<&Household>> = HashMap::new();
    for household in households {
        by_grid.entry(&household.grid).or_default().push(household);
    }
    let mut open_reports: HashMap<&str, Vec<&str>> = HashMap::new();
    for report in reports {
        open_reports.entry(&report.grid).or_default().push(&report.id);
    }
    let mut ops = Vec::new();
    for g in 0..grids {
        let grid = format!("g{g:02}");
        let all: &[&Household] = by_grid.get(grid.as_str()).map_or(&[], Vec::as_slice);
        let open: &[&str] = open_reports.get(grid.as_str()).map_or(&[], Vec::as_slice);
        // doors that colleagues of one grid all come to
        let meeting_point = r.sample(all, 20);
        for k in 0..phones {
            if phones == 1 {
                rounds(r, d, &format!("w{g:02}"), &grid, all, open, &mut ops);
            } else {
                let own = all.iter().skip(k).step_by(phones);
                let homes: Vec<_> = own.chain(&meeting_point).chain(&meeting_point).copied().collect();
                rounds(r, d, &format!("w{g:02}-{k}"), &grid, &homes, open, &mut ops);
            }
        }
    }
    for activity in activities.iter().filter(|activity| activity.day == d) {
        attend(r, activity, &mut ops);
    }
    ops.sort_by(|a, b| (a.at(), a.by(), a.op()).cmp(&(b.at(), b.by(), b.op())));
    ops
}

/// A worker's day on foot: 80 doors, a lunch break, and what is noticed on the way.
fn rounds(r: &mut PythonRandom, d: usize, worker: &str, grid: &str, homes: &[&Household], open_reports: &[&str], ops: &mut Vec<Operation>) {
    let midnight = DAY0 + d as i64 * DAY;
    let mut at = midnight + minutes(8, 30);
    let base = || (worker.to_owned(), grid.to_owned());
    for k in 0..80 {
        let stay = r.int(2, 8);
        at += r.int(60, 150);
        if k == 36 {
            at = at.max(midnight + minutes(13, 30));
        }
        let home = *r.choice(homes);
        let (by, grid) = base();
        ops.push(Operation::Visit(Visit {
            by,
            grid,
            at,
            household: home.id.clone(),
            purpose: (*r.choice(&PURPOSES)).into(),
            result: (*r.weighted(&RESULTS, &[70, 15, 8, 2, 5])).into(),
            note: (*r.choice(&NOTES)).into(),
            lat: home.lat,
            lon: home.lon,
            minutes: stay,
        }));
        at += stay * 60;
        if k % 8 == 3 {
            let (by, grid) = base();
            let report = report(r, format!("n{d}-{worker}-{k:02}"), &grid, at);
            ops.push(Operation::Report(NewReport { report, by }));
        }
        if k % 6 == 5 && !open_reports.is_empty() {
            let (by, grid) = base();
            ops.push(Operation::ReportEvent(ReportEvent {
                by,
                grid,
                at: at + 10,
                report: (*r.choice(open_reports)).into(),
                event: (*r.choice(&EVENTS)).into(),
                note: (*r.choice(&DETAILS)).into(),
            }));
        }
        let head = &home.residents[0];
        if k % 13 == 7 {
            let (by, grid) = base();
            let (household, resident) = (home.id.clone(), head.id.clone());
            ops.push(Operation::EditPhone(EditPhone { by, grid, at: at + 20, household, resident, phone: phone(r) }));
        }
        if k % 17 == 9 {
            let (by, grid) = base();
            let family = head.name.chars().next().expect("a head has a name");
            let resident = resident(r, format!("{}-{worker}-{d}{k:02}", home.id), false, family, 2);
            ops.push(Operation::AddResident(AddResident { by, grid, at: at + 30, household: home.id.clone(), resident }));
        }
    }
}

/// Who comes to an activity: some claimants never do, and some forget to sign out.
fn attend(r: &mut PythonRandom, activity: &Activity, ops: &mut Vec<Operation>) {
    for member in &activity.members {
        let at = |at| Attendance { by: member.clone(), grid: activity.grid.clone(), activity: activity.id.clone(), at };
        if r.random() < 0.85 {
            ops.push(Operation::SignIn(at(activity.start + r.int(-600, 900))));
            if r.random() < 0.92 {
                ops.push(Operation::SignOut(at(activity.end + r.int(-900, 1200))));
            }
        }
    }
}
