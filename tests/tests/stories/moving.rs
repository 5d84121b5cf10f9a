//! Random histories of grids that move under phones that are offline most of the time: whatever order things come in, all end
//! in agreement, nothing is refused that was done before hearing of a change, and each visit is there exactly once.

use std::collections::BTreeSet;

use gridwalk_core::Id;
use gridwalk_core::identity::{HostRandom, SeededRandom};
use gridwalk_hub::admin::grid::{self, Choice, Split, StandIn};
use gridwalk_tests::harness::{Device, report};
use gridwalk_tests::roster::{AddResident, EditHousehold};
use gridwalk_tests::typed::AddPlace;

use crate::world::{World, household, person, resident, text, visit};

const STEPS: usize = 45;

fn quiet(_: usize, _: usize) {}

/// What happens next, by chance.
struct Dice(SeededRandom);

impl Dice {
    fn roll(&self, sides: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes) as usize % sides
    }

    fn pick<'a, T>(&self, of: &'a [T]) -> Option<&'a T> {
        if of.is_empty() { None } else { of.get(self.roll(of.len())) }
    }
}

fn ids(device: &Device, sql: &str) -> Vec<Id> {
    text(&device.phone, sql).iter().map(|id| id.parse().unwrap()).collect()
}

/// Something a worker does without a network. What the phone itself does not allow any more is not recorded.
fn work(dice: &Dice, device: &Device, note: &str, visits: &mut BTreeSet<String>) {
    let Some(home) = dice.pick(&ids(device, "SELECT doc FROM households ORDER BY doc")).copied() else { return };
    match dice.roll(8) {
        0 => drop(device.phone.run(AddResident { household: home, resident: resident(note) })),
        1 => {
            let none = EditHousehold { household: home, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: None };
            drop(device.phone.run(EditHousehold { tenure: Some(note.into()), ..none }));
        }
        2 => {
            let Some(place) = dice.pick(&ids(device, "SELECT doc FROM places ORDER BY doc")).copied() else { return };
            if let Ok(new) = device.phone.run(household(place, note, note))
                && device.phone.run(visit(new.value, note)).is_ok()
            {
                visits.insert(note.to_owned());
            }
        }
        3 => {
            if let Some(place) = dice.pick(&ids(device, "SELECT doc FROM places ORDER BY doc")) {
                drop(device.phone.run(report(*place, note)));
            }
        }
        _ => {
            if device.phone.run(visit(home, note)).is_ok() {
                visits.insert(note.to_owned());
            }
        }
    }
}

/// Something an administrator or the desk does. What does not apply just now is refused, and changes nothing.
async fn rearrange(w: &World, dice: &Dice, phones: &[Device], step: usize) {
    let (hub, tenant) = (&w.hub.hub, &w.hub.tenant);
    let open = w.ask("SELECT name FROM places WHERE state = 'open' ORDER BY name").await;
    let (Some(from), Some(to), Some(who), Some(other)) = (dice.pick(&open), dice.pick(&open), dice.pick(phones), dice.pick(phones)) else { return };
    match dice.roll(6) {
        0 => drop(grid::merge(hub, tenant, from, to, &quiet).await),
        1 => {
            let closed =
                w.ask("SELECT c.name || ' ' || s.name FROM places c JOIN places s ON s.doc = c.successor WHERE c.state = 'closed' ORDER BY c.name").await;
            let Some((new, from)) = dice.pick(&closed).and_then(|pair| pair.split_once(' ')) else { return };
            drop(grid::split(hub, tenant, &Split { from: from.into(), new: new.into(), choice: Choice::Back, workers: vec![] }, &quiet).await);
        }
        2 => {
            let homes = w.ask(&format!("SELECT h.doc FROM households h JOIN places p ON p.doc = h.place WHERE p.name = '{from}' ORDER BY h.doc")).await;
            let Some(home) = dice.pick(&homes) else { return };
            let choice = Choice::Households(vec![home.clone()]);
            drop(grid::split(hub, tenant, &Split { from: from.clone(), new: format!("s{step:02}"), choice, workers: vec![person(who)] }, &quiet).await);
        }
        3 => drop(grid::hand_over(hub, tenant, from, person(who), person(other)).await),
        4 => {
            let until = hub.now() + 3600 * (1 + dice.roll(12) as i64);
            drop(grid::stand_in(hub, tenant, &StandIn { grid: from.clone(), absent: person(who), by: person(other), until }).await);
        }
        _ => {
            // The desk moves a household by hand.
            w.desk.sync().await.unwrap();
            let homes = ids(&w.desk, "SELECT doc FROM households ORDER BY doc");
            let places = ids(&w.desk, "SELECT doc FROM places WHERE state = 'open' ORDER BY name");
            let (Some(home), Some(place)) = (dice.pick(&homes), dice.pick(&places)) else { return };
            let none = EditHousehold { household: *home, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: None };
            drop(w.desk.phone.run(EditHousehold { place: Some(*place), ..none }));
            w.desk.sync().await.unwrap();
        }
    }
}

async fn history(seed: u64) {
    let w = World::start(seed, 2).await;
    let third = w.desk.phone.run(AddPlace { level: "grid".into(), name: "g02".into() }).unwrap().value;
    w.desk.phone.run(household(third, "2幢1室", "居民21")).unwrap();
    w.desk.sync().await.unwrap();
    let mut phones = Vec::new();
    for (number, grid) in [(1, "g00"), (2, "g01"), (3, "g02"), (4, "g00")] {
        phones.push(w.worker(number, grid).await);
    }
    let all: Vec<&Device> = phones.iter().collect();
    let dice = Dice(SeededRandom::new(seed));
    let mut visits = BTreeSet::new();
    for step in 0..STEPS {
        w.pass(1800, &all);
        match dice.roll(10) {
            0..=4 => work(&dice, dice.pick(&phones).unwrap(), &format!("第{step}步"), &mut visits),
            5..=6 => drop(dice.pick(&phones).unwrap().sync().await.unwrap()),
            _ => rearrange(&w, &dice, &phones, step).await,
        }
    }
    for _ in 0..3 {
        w.settle(&all).await;
    }
    for device in &phones {
        let quarantine = device.phone.status().unwrap().quarantine;
        assert!(quarantine.is_empty(), "seed {seed}, phone {}: {:?}", device.number, quarantine.iter().map(|q| (&q.command, &q.reason)).collect::<Vec<_>>());
    }
    let taken = w.ask("SELECT note FROM visits ORDER BY note").await;
    assert_eq!(taken.len(), visits.len(), "seed {seed}: each visit once");
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>(), visits, "seed {seed}");
    let closed = "SELECT h.doc FROM households h JOIN places p ON p.doc = h.place WHERE p.state = 'closed'
        UNION ALL SELECT r.doc FROM reports r JOIN places p ON p.doc = r.place WHERE p.state = 'closed'";
    assert!(w.ask(closed).await.is_empty(), "seed {seed}: nothing is left in a closed grid");
    assert!(w.ask("SELECT v.doc FROM visits v LEFT JOIN households h ON h.doc = v.household WHERE h.doc IS NULL").await.is_empty(), "seed {seed}");
    w.assert_agreement(&all).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_of_moving_grids_end_in_agreement() {
    for seed in 9000..9012 {
        history(seed).await;
    }
}
