//! A community with its street and departments by the calendar of 2026: what stories of cases share.

use gridwalk_core::Id;
use gridwalk_core::cases::{AddStep, ClockView, SetAmount};
use gridwalk_core::clock::{beijing, parse_beijing};
use gridwalk_core::rules::Role;
use gridwalk_hub::admin::{self, NewInvite};
use gridwalk_tests::harness::Device;
use gridwalk_tests::typed::AddUnit;

use crate::world::World;

/// Days off: month, first and last day, what for. Then the weekends that are worked for them.
const OFF: [(u8, u8, u8, &str); 7] =
    [(1, 1, 3, "元旦"), (2, 15, 23, "春节"), (4, 4, 6, "清明节"), (5, 1, 5, "劳动节"), (6, 19, 21, "端午节"), (9, 25, 27, "中秋节"), (10, 1, 7, "国庆节")];
const WORKED: [&str; 6] = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"];

/// The year's public holidays as they were announced, as a file.
pub fn holidays_of_2026() -> String {
    let off = OFF.iter().flat_map(|(month, first, last, name)| (*first..=*last).map(move |day| format!("2026-{month:02}-{day:02},holiday,{name}\n")));
    off.chain(WORKED.iter().map(|day| format!("{day},workday,调休\n"))).collect()
}

/// A community under its street.
pub struct Office {
    pub w: World,
    pub street: Device,
}

impl Office {
    /// It begins at this time of Beijing; holidays are announced, and clocks run as `amounts` say.
    pub async fn open(seed: u64, at: &str, amounts: &[(&str, &str)]) -> Self {
        let w = World::start_at(seed, 1, parse_beijing(at).unwrap()).await;
        let invite = w.hub.invite(Role::StreetDispatcher, None, "街道值班").await.unwrap();
        let street = Device::enrolled_at(w.dir.path(), 50, &invite, w.hub.hub.now()).await.unwrap();
        let file = w.dir.path().join("holidays.csv");
        std::fs::write(&file, holidays_of_2026()).unwrap();
        admin::add_calendar(&w.hub.hub, &w.hub.tenant, &file, "国务院办公厅").await.unwrap();
        w.desk.sync().await.unwrap();
        let settings = w.desk.phone.settings().unwrap().id;
        for (setting, amount) in amounts {
            w.desk.phone.run(SetAmount { settings, setting: (*setting).into(), amount: (*amount).into() }).unwrap();
        }
        w.settle(&[&street]).await;
        Self { w, street }
    }

    /// Lets time pass everywhere until then, Beijing's.
    pub fn at(&self, time: &str, phones: &[&Device]) {
        let seconds = parse_beijing(time).unwrap() - self.w.hub.hub.now();
        assert!(seconds >= 0, "{time} is past");
        let all: Vec<&Device> = phones.iter().copied().chain([&self.street]).collect();
        self.w.pass(seconds, &all);
    }

    /// A grid worker's phone.
    pub async fn worker(&self, number: u64, grid: &str) -> Device {
        self.join(number, self.w.hub.invite(Role::GridWorker, Some(grid), &format!("网格员{number}")).await.unwrap()).await
    }

    /// A person's phone with this role of the whole community.
    pub async fn person(&self, number: u64, role: Role, name: &str) -> Device {
        self.join(number, self.w.hub.invite(role, None, name).await.unwrap()).await
    }

    /// A unit, and the phone of somebody who handles for it.
    pub async fn unit(&self, number: u64, name: &str) -> (Id, Device) {
        let unit = self.street.phone.run(AddUnit { sort: "department".into(), name: name.into(), phone: String::new() }).unwrap().value;
        self.street.sync().await.unwrap();
        let new = NewInvite {
            address: self.w.hub.url(),
            role: Role::DepartmentHandler,
            grid: None,
            micro_grid: None,
            unit: Some(unit),
            name: Some(format!("{name}经办人")),
            person: None,
            valid_seconds: 60,
        };
        let invite = admin::invite(&self.w.hub.hub, &self.w.hub.tenant, &new).await.unwrap();
        (unit, self.join(number, invite).await)
    }

    async fn join(&self, number: u64, invite: gridwalk_core::identity::Invite) -> Device {
        Device::enrolled_at(self.w.dir.path(), number, &invite, self.w.hub.hub.now()).await.unwrap()
    }

    /// Syncs these phones, the street's and the desk's until nobody has news.
    pub async fn settle(&self, phones: &[&Device]) {
        self.w.settle(&phones.iter().copied().chain([&self.street]).collect::<Vec<_>>()).await;
    }
}

/// Takes a step, and syncs.
pub async fn does(device: &Device, step: AddStep) {
    device.phone.run(step).unwrap();
    device.sync().await.unwrap();
}

/// A clock of a case as a phone shows it, of a unit by its name: its end in Beijing, and its colour.
pub fn clock(device: &Device, case: Id, code: &str, unit: &str) -> (String, String) {
    let found = clock_view(device, case, code, unit);
    (found.ends_at.map(beijing).unwrap_or_default(), found.colour)
}

/// The same with all that there is to see of it.
pub fn clock_view(device: &Device, case: Id, code: &str, unit: &str) -> ClockView {
    let clocks = device.phone.story(case).unwrap().clocks;
    clocks.iter().rfind(|c| c.clock == code && c.unit_name == unit).unwrap_or_else(|| panic!("no clock {code} {unit} in {clocks:?}")).clone()
}
