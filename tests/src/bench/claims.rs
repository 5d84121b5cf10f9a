//! The last of many claims on one activity: what the hub and its phone do for it.

use std::path::Path;
use std::time::Instant;

use gridwalk_core::claims::ClaimPlace;
use gridwalk_core::ids::{Actor, DeviceId, Id};
use gridwalk_core::kinds::Input;
use gridwalk_core::rules::Role;
use gridwalk_core::sync::SyncReport;
use gridwalk_hub::sync::{Batch, handle_sync};

use super::{Line, Result, median};
use crate::harness::{Device, MORNING, TestHub};
use crate::typed::AddActivity;

const BEFORE: u64 = 10_000;
const PHONES: u64 = 9;
const PLACES: u32 = 40;

/// Ten thousand claims on one activity, each taken by itself, and then one more: on a phone, through the hub, and onto the phone.
pub async fn rows(folder: &Path) -> Result<Vec<Line>> {
    let hub = TestHub::start(&folder.join("hub"), 1).await?;
    let mut devices = Vec::new();
    for number in 1..=PHONES {
        devices.push(Device::enrolled(folder, number, &hub.invite(Role::Member, None, &format!("党员{number}")).await?).await?);
    }
    let starts_at = MORNING + 86_400;
    let walk = AddActivity { title: "健步走".into(), task: "文体".into(), place: None, starts_at, ends_at: starts_at + 7_200, places: Some(PLACES) };
    let thing = run(&hub, walk.into()).await?;
    let started = Instant::now();
    for counter in 1..=BEFORE {
        // Somebody else each time: whose claim it is decides who reads it.
        let person = Id { actor: Actor::new(DeviceId([7; 8]), [7; 4]), counter };
        run(&hub, ClaimPlace { thing, person: Some(person) }.into()).await?;
    }
    let each = started.elapsed().as_secs_f64() * 1e3 / BEFORE as f64;
    let (mut at_hub, mut at_phone) = (Vec::new(), Vec::new());
    for device in &devices {
        device.sync().await?;
        device.phone.run(ClaimPlace::of(thing))?;
        let prepared = device.phone.prepare_sync(&device.phone.hubs()?.pop().ok_or("no hub")?, 0)?;
        let begun = Instant::now();
        let reply = handle_sync(&hub.hub, &prepared.request.head, &prepared.request.body).await?;
        at_hub.push(begun.elapsed().as_secs_f64() * 1e3);
        let begun = Instant::now();
        device.phone.take_reply(&prepared, &reply, &mut SyncReport::default())?;
        at_phone.push(begun.elapsed().as_secs_f64() * 1e3);
        let mine = device.phone.activities(1)?.pop().and_then(|activity| activity.mine).ok_or("no claim")?;
        if mine.place_in_line.is_none() {
            return Err(format!("claimed and not in line: {mine:?}").into());
        }
    }
    hub.stop().await;
    let yardstick = format!("{PLACES} places; each of the {BEFORE} claims before, the hub's own, a transaction each: {each:.2} ms on average");
    Ok(vec![
        Line { name: "claim_hub_ms", value: median(&mut at_hub), unit: "ms", target: 50.0, yardstick: yardstick.clone() },
        Line { name: "claim_phone_ms", value: median(&mut at_phone), unit: "ms", target: 20.0, yardstick },
    ])
}

async fn run(hub: &TestHub, input: Input) -> Result<Id> {
    let mut tx = hub.hub.store.write(&hub.tenant.id).await?;
    let mut batch = Batch::new(&hub.hub, &hub.tenant);
    let id = batch.run(&mut tx, input).await?;
    batch.flush(&mut tx).await?;
    tx.commit().await?;
    Ok(id)
}
