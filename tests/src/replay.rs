//! Replaying the reference community's day on phones: each operation as the command that a person would give.

use std::collections::HashMap;

use crate::roster::{AddResident, EditResident, NewResident, ResidentField};
use crate::typed::RecordVisit;
use gridwalk_core::attendance::{SignIn, SignOut};
use gridwalk_core::cases::AddStep;
use gridwalk_core::records::JsonMap;
use gridwalk_core::reports::RaiseReport;
use gridwalk_core::visits::VisitResult;
use gridwalk_core::{Error, Id, Phone, Result};
use gridwalk_hub::import::apply::imported;
use gridwalk_hub::{Hub, Tenant};

use crate::workload::{Operation, Resident};

/// The ids that the community's records became when they were imported.
#[derive(Debug, Default, Clone)]
pub struct Known {
    households: HashMap<String, Id>,
    residents: HashMap<String, Id>,
    reports: HashMap<String, Id>,
    activities: HashMap<String, Id>,
    places: HashMap<String, Id>,
    /// Members by their names in the files.
    pub members: HashMap<String, Id>,
}

impl Known {
    /// Reads what the hub's import made.
    pub async fn of(hub: &Hub, tenant: &Tenant) -> gridwalk_hub::Result<Self> {
        let of = |source| imported(hub, &tenant.id, source);
        Ok(Self {
            households: of("household").await?,
            residents: of("resident").await?,
            reports: of("report").await?,
            activities: of("activity").await?,
            places: of("grid").await?,
            members: of("member").await?,
        })
    }

    /// The id of a household.
    pub fn household(&self, name: &str) -> Result<Id> {
        find(&self.households, name)
    }

    /// The id of a resident.
    pub fn resident(&self, name: &str) -> Result<Id> {
        find(&self.residents, name)
    }

    /// The id of a report.
    pub fn report(&self, name: &str) -> Result<Id> {
        find(&self.reports, name)
    }

    /// The id of an activity.
    pub fn activity(&self, name: &str) -> Result<Id> {
        find(&self.activities, name)
    }

    /// The id of a grid.
    pub fn place(&self, name: &str) -> Result<Id> {
        find(&self.places, name)
    }
}

fn find(all: &HashMap<String, Id>, name: &str) -> Result<Id> {
    all.get(name).copied().ok_or_else(|| Error::not_found(format!("数据里没有 {name}"), format!("the workload has no {name}")))
}

/// One person's phone on its way through the day.
#[derive(Debug, Default)]
pub struct Walker {
    signed_in: HashMap<String, Id>,
}

impl Walker {
    /// Does one operation. The phone's clock must show its time already.
    pub fn perform(&mut self, phone: &Phone, known: &Known, operation: &Operation) -> Result<()> {
        match operation {
            Operation::Visit(v) => phone.run(RecordVisit {
                household: known.household(&v.household)?,
                result: VisitResult::parse(&v.result)?,
                purpose: v.purpose.clone(),
                note: v.note.clone(),
                minutes: u32::try_from(v.minutes).ok(),
                lat: Some(v.lat),
                lon: Some(v.lon),
                visited_at: None,
                fields: JsonMap::new(),
            }),
            Operation::Report(r) => phone.run(RaiseReport {
                place: Some(known.place(&r.report.grid)?),
                category: r.report.category.clone(),
                title: r.report.title.clone(),
                detail: r.report.detail.clone(),
                urgency: r.report.urgency.clone(),
                lat: Some(r.report.lat),
                lon: Some(r.report.lon),
                imported: None,
            }),
            Operation::ReportEvent(e) => phone.run(AddStep::new(known.report(&e.report)?, "note").note(&format!("{}：{}", e.event, e.note))),
            Operation::EditPhone(e) => phone.run(EditResident {
                household: known.household(&e.household)?,
                resident: known.resident(&e.resident)?,
                set: vec![(ResidentField::Phone, e.phone.clone())],
                add_tags: vec![],
                remove_tags: vec![],
            }),
            Operation::AddResident(a) => phone.run(AddResident { household: known.household(&a.household)?, resident: new_resident(&a.resident) }),
            Operation::SignIn(s) => {
                let outcome = phone.run(SignIn { activity: known.activity(&s.activity)? })?;
                self.signed_in.insert(s.activity.clone(), outcome.value);
                return Ok(());
            }
            Operation::SignOut(s) => phone.run(SignOut::of(find(&self.signed_in, &s.activity)?)),
        }
        .map(drop)
    }
}

/// A workload's resident as a command's input.
pub fn new_resident(r: &Resident) -> NewResident {
    NewResident { name: r.name.clone(), sex: r.sex.clone(), birth: r.birth.clone(), relation: r.relation.clone(), phone: r.phone.clone(), tags: r.tags.clone() }
}
