//! The community that every history begins with, made once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::roster::{AddHousehold, NewResident};
use crate::typed::{AddActivity, AddCircle, AddPlace, AddUnit, Category, SetCategories};
use gridwalk_core::circles::ApproveMember;
use gridwalk_core::clock::ManualClock;
use gridwalk_core::goods::{MoveGoods, Way};
use gridwalk_core::identity::{Invite, SeededRandom};
use gridwalk_core::records::AddRecord;
use gridwalk_core::reports::RaiseReport;
use gridwalk_core::rules::Role;
use gridwalk_core::sync::SyncReport;
use gridwalk_core::{Id, Phone};
use gridwalk_hub::Hub;
use gridwalk_hub::admin::{self, NewInvite};
use serde_json::json;

use super::line::{ADDRESS, HubProcess, Line};
use super::model::Grant;
use super::phone::SimPhone;
use super::{Done, defect};
use crate::harness::MORNING;

/// The names of the grids.
pub const GRIDS: [&str; 3] = ["g00", "g01", "g02"];
/// Who takes part: two cadres, workers of three grids, a member, the street, a department.
pub(super) const PEOPLE: [Grant; 9] = [
    (Role::Cadre, None),
    (Role::GridWorker, Some(0)),
    (Role::GridWorker, Some(0)),
    (Role::GridWorker, Some(1)),
    (Role::Member, None),
    (Role::GridWorker, Some(2)),
    (Role::Cadre, None),
    (Role::StreetDispatcher, None),
    (Role::DepartmentHandler, None),
];
/// The place of the second cadre among them.
const OTHER_CADRE: usize = 6;

/// A small community whose phones are enrolled and have synced, made once; every history begins with a copy of its files.
pub struct Template {
    pub(super) folder: PathBuf,
    /// The persons of the phones.
    pub persons: Vec<Id>,
    /// The grids.
    pub grids: Vec<Id>,
    /// The department's unit.
    pub unit: Id,
}

impl Template {
    /// Makes the community in `folder`.
    pub async fn make(folder: &Path) -> Done<Self> {
        let clock = Arc::new(ManualClock::new(MORNING));
        let hub_folder = folder.join("hub");
        let hub = Hub::open(&hub_folder, clock.clone(), Arc::new(SeededRandom::new(1))).await.map_err(defect)?;
        admin::create_tenant(&hub, "wuyan", "示范社区").await.map_err(defect)?;
        hub.store.close().await;
        let line = Line::new(HubProcess::open(hub_folder, clock, 1, 1).await.map_err(defect)?);
        let (mut persons, mut made, mut phones) = (Vec::new(), None, Vec::new());
        for (n, (role, grid)) in PEOPLE.iter().enumerate() {
            let invite = invite(&line, None, *role, grid.map(|g| GRIDS[g]), made.as_ref().map(|(_, unit)| *unit), &format!("人员{n}")).await?;
            let mut phone = SimPhone::new(folder.join(format!("phone-{n}")), n, n);
            phone.open(1)?;
            phone.phone().enrol_with(&invite, None, false, &line).await.map_err(defect)?;
            if n == 0 {
                made = Some(furnish(phone.phone()).map_err(defect)?);
            }
            persons.push(phone.phone().status().map_err(defect)?.tenants[0].person.parse().map_err(defect)?);
            sync(&phone, &line).await?;
            phones.push(phone);
        }
        sync(&phones[0], &line).await?;
        let minors = gather(phones[0].phone(), &persons).map_err(defect)?;
        sync(&phones[0], &line).await?;
        // Whom one cadre entered another approves.
        sync(&phones[OTHER_CADRE], &line).await?;
        let approve = ApproveMember { circle: minors, person: persons[1], approved: true };
        phones[OTHER_CADRE].phone().run(approve).map_err(defect)?;
        sync(&phones[OTHER_CADRE], &line).await?;
        for phone in &phones {
            sync(phone, &line).await?;
        }
        line.hub.lock().await.hub.store.close().await;
        let (grids, unit) = made.ok_or_else(|| defect("nobody furnished the community"))?;
        Ok(Self { folder: folder.to_owned(), persons, grids, unit })
    }

    /// How many phones there are to choose from.
    pub fn phones(&self) -> usize {
        PEOPLE.len()
    }
}

/// The beginnings of a community, by its cadre. Returns its grids and the department's unit.
fn furnish(desk: &Phone) -> gridwalk_core::Result<(Vec<Id>, Id)> {
    let mut grids = Vec::new();
    for (g, name) in GRIDS.iter().enumerate() {
        let place = desk.run(AddPlace { level: "grid".into(), name: (*name).into() })?.value;
        for n in 0..2 {
            desk.run(AddHousehold {
                place,
                address: format!("{g}幢{n}室"),
                tenure: String::new(),
                lat: None,
                lon: None,
                visit_every_days: Some(30),
                residents: vec![NewResident { name: format!("居民{g}{n}"), tags: vec!["独居老人".into()], ..NewResident::default() }],
            })?;
        }
        let (title, place) = (format!("{name}路灯不亮"), Some(place));
        let none = String::new;
        desk.run(RaiseReport { place, category: none(), title, detail: none(), urgency: none(), lat: None, lon: None, imported: None })?;
        grids.extend(place);
    }
    let (starts_at, ends_at) = (MORNING, MORNING + 7200);
    desk.run(AddActivity { title: "清扫".into(), task: "志愿".into(), place: None, starts_at, ends_at, places: Some(2) })?;
    let goods = desk.run(AddRecord::new("goods", json!({"name": "大米", "unit": "袋"})))?.value;
    desk.run(MoveGoods::of(goods, Way::Received, 10))?;
    let levels = ["环境".into(), "道路".into(), "路灯".into()];
    desk.run(SetCategories { list: None, categories: vec![Category { code: "c0".into(), levels }] })?;
    let unit = desk.run(AddUnit { sort: "department".into(), name: "城管中队".into(), phone: String::new() })?.value;
    Ok((grids, unit))
}

/// A circle of each purpose, with workers and the member in it, by the first cadre. Returns the one for minors, which waits for approval.
fn gather(desk: &Phone, persons: &[Id]) -> gridwalk_core::Result<Id> {
    let circle = |purpose: &str, members: &[usize]| AddCircle {
        purpose: purpose.into(),
        name: format!("{purpose}圈"),
        members: members.iter().map(|person| persons[*person]).collect(),
    };
    desk.run(circle("health", &[1, 4]))?;
    desk.run(circle("mediation", &[1, 2, 3]))?;
    Ok(desk.run(circle("minors", &[1, 3]))?.value)
}

/// An invite for a person, a new one if none is named; `unit` is the department's.
pub(super) async fn invite(line: &Line, person: Option<Id>, role: Role, grid: Option<&str>, unit: Option<Id>, name: &str) -> Done<Invite> {
    let new = NewInvite {
        address: ADDRESS.into(),
        role,
        grid: grid.map(str::to_owned),
        micro_grid: None,
        unit: unit.filter(|_| role == Role::DepartmentHandler),
        name: person.is_none().then(|| name.to_owned()),
        person,
        valid_seconds: 86_400,
    };
    let process = line.hub.lock().await;
    admin::invite(&process.hub, &process.tenant, &new).await.map_err(defect)
}

async fn sync(phone: &SimPhone, line: &Line) -> Done {
    phone.phone().sync_with(ADDRESS, line, &mut SyncReport::default(), &|_| {}).await.map_err(defect)
}

/// Copies a folder with all that is in it.
pub(super) fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
