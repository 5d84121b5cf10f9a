//! One report through its process: whistled, dispatched, returned by the unit that it does not concern, handled by the other, closed, taken up again.

use std::path::Path;

use gridwalk_core::Id;
use gridwalk_core::cases::AddStep;
use gridwalk_core::reports::{ReportFilter, Stage};
use gridwalk_core::rules::Role;
use gridwalk_hub::admin::{NewInvite, invite};

use super::Result;
use crate::harness::{Device, TestHub};
use crate::typed::AddUnit;

/// A case that was led to its end.
pub(super) struct Led {
    /// How many steps it has.
    pub steps: usize,
    /// What is not as it should be, phone by phone.
    pub problems: Vec<String>,
}

/// Leads the first open report of the desk to its end, with a street and two departments on phones of their own.
pub(super) async fn lead(hub: &TestHub, root: &Path, desk: &Device) -> Result<Led> {
    let now = hub.hub.now();
    let joined = async |number: u64, invite: gridwalk_core::identity::Invite| Device::enrolled_at(root, number, &invite, now).await;
    let street = joined(9_101, hub.invite(Role::StreetDispatcher, None, "street").await?).await?;
    let mut units: Vec<(Id, Device)> = Vec::new();
    for (number, name) in [(9_102, "城管中队"), (9_103, "水务所")] {
        let unit = street.phone.run(AddUnit { sort: "department".into(), name: name.into(), phone: String::new() })?.value;
        street.sync().await?;
        let of_unit = NewInvite {
            address: hub.url(),
            role: Role::DepartmentHandler,
            grid: None,
            micro_grid: None,
            unit: Some(unit),
            name: Some(format!("{name} handler")),
            person: None,
            valid_seconds: 600,
        };
        units.push((unit, joined(number, invite(&hub.hub, &hub.tenant, &of_unit).await?).await?));
    }
    let [(city, officer), (water, plumber)] = &units[..] else { return Err("two units".into()) };
    let open = ReportFilter { stage: Stage::Open, status: "raised".into(), ..ReportFilter::default() };
    let case = desk.phone.reports(&open, None, 1)?.first().ok_or("no open report")?.id;
    let note = |step: &str, note: &str| AddStep::new(case, step).note(note);
    let to = |lead: &Id| AddStep::new(case, "dispatch").with("lead", lead.to_string());
    let day: [(&Device, AddStep); 13] = [
        (desk, note("accept", "")),
        (desk, note("whistle", "超出社区能力").with("whistle", 1)),
        (&street, to(city)),
        (officer, note("return", "不属城管")),
        (&street, to(water).with("assisting", vec![city.to_string()])),
        (plumber, note("take_on", "")),
        (plumber, note("feed_back", "已修复")),
        (desk, note("verify", "现场已修好")),
        (desk, note("close", "")),
        (desk, note("reopen", "又坏了")),
        (desk, note("handle", "社区自行更换")),
        (desk, note("feed_back", "已更换")),
        (desk, note("close", "")),
    ];
    for (device, step) in day {
        device.sync().await?;
        device.phone.run(step)?;
        device.sync().await?;
    }
    let mut problems = Vec::new();
    let mut steps = 0;
    for device in [desk, &street] {
        device.sync().await?;
        let (view, story) = device.phone.report(case)?;
        steps = story.steps.len();
        if view.status != "closed" || story.steps.iter().any(|step| !step.applied) {
            problems.push(format!("phone {}: {}", device.number, view.status));
        }
    }
    Ok(Led { steps, problems })
}
