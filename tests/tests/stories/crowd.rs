//! Many phones at once at one hub: what is decided side by side ends as if one had come after the other.

use std::sync::Arc;

use gridwalk_tests::harness::Device;
use gridwalk_tests::roster::{AddResident, EditHousehold};

use crate::world::{World, resident, visit};

const PHONES: u64 = 6;
const ROUNDS: usize = 4;

async fn sync_all_at_once(phones: &[Arc<Device>]) {
    let syncs: Vec<_> = phones
        .iter()
        .map(|device| {
            let device = device.clone();
            tokio::spawn(async move { device.sync().await })
        })
        .collect();
    for sync in syncs {
        assert_eq!(sync.await.unwrap().unwrap().refused, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn phones_that_sync_at_the_same_moment_lose_and_double_nothing() {
    let w = World::start(30, 2).await;
    let mut phones = Vec::new();
    for n in 1..=PHONES {
        phones.push(Arc::new(w.worker(n, "g00").await));
    }
    let home = w.households[0];
    let to = |place| EditHousehold { household: home, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: Some(place) };
    let all: Vec<&Device> = phones.iter().map(|d| &**d).collect();
    for round in 0..ROUNDS {
        // All on one household, which in every second round moves away at the same moment.
        for device in &phones {
            let name = format!("住户{round}-{}", device.number);
            device.phone.run(AddResident { household: home, resident: resident(&name) }).unwrap();
            device.phone.run(visit(home, &name)).unwrap();
        }
        let moves = round % 2 == 1;
        if moves {
            w.desk.phone.run(to(w.grids[1])).unwrap();
        }
        let (desk, ()) = tokio::join!(w.desk.sync(), sync_all_at_once(&phones));
        desk.unwrap();
        // Nothing is written any more: what the hub holds now is what it made of this moment.
        w.settle(&all).await;
        w.assert_agreement(&all).await;
        if moves {
            w.desk.phone.run(to(w.grids[0])).unwrap();
            w.settle(&all).await;
        }
    }
    let made = PHONES as usize * ROUNDS;
    assert_eq!(w.desk.phone.household(home).unwrap().residents.len(), 1 + made);
    assert_eq!(w.ask("SELECT count(*) || '' FROM visits").await, [made.to_string()]);
    assert_eq!(w.ask("SELECT count(*) || '' FROM (SELECT number FROM changes GROUP BY number HAVING count(*) > 1) twice").await, ["0"]);
    w.hub.stop().await;
}
