//! Several hub processes on one database at once: on PostgreSQL, and on one folder with SQLite. Each has its own connections and
//! writes as an actor of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gridwalk_core::ErrorKind;
use gridwalk_core::rules::Role;
use gridwalk_core::sync::protocol::{RefusalCode, pack};
use gridwalk_core::sync::{Answer, HttpTransport, MAX_BYTES_RANGE, Transport as _};
use gridwalk_hub::sync::fold::fold;
use gridwalk_tests::harness::{Device, TestHub, report};
use gridwalk_tests::roster::{AddResident, EditHousehold};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::wire::Hand;
use crate::world::{World, notes, resident, tell, visit};

const PHONES: u64 = 6;
const ROUNDS: usize = 5;
const SMALLEST_PAGE: u32 = *MAX_BYTES_RANGE.start();

/// From now on the phone speaks to this process.
fn point(device: &Device, hub: &TestHub) {
    tell(&device.phone, &format!("UPDATE tenants SET hub = '{}'", hub.url()));
}

/// Folds all history beside the writers, once for each time that one of them was heard. Returns how many documents were folded.
async fn keep_folding(hub: gridwalk_hub::Hub, tenant: gridwalk_hub::Tenant, mut heard: UnboundedReceiver<()>) -> u64 {
    let mut folded = 0;
    while heard.recv().await.is_some() {
        folded += fold(&hub, &tenant, hub.now() + 86_400).await.unwrap();
    }
    folded
}

/// Reads in the smallest pages, at one process and the other, until told to stop.
async fn keep_reading(device: Arc<Device>, urls: [String; 2], stop: Arc<AtomicBool>) -> usize {
    let mut pages = 0;
    while !stop.load(Ordering::Relaxed) {
        let url = &urls[pages % 2];
        tell(&device.phone, &format!("UPDATE tenants SET hub = '{url}'; UPDATE state SET max_bytes = {SMALLEST_PAGE}"));
        device.sync().await.unwrap();
        pages += 1;
    }
    pages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_and_folds_at_two_processes_hide_nothing_from_any_cursor() {
    let w = World::start(300, 3).await;
    let other = w.hub.beside(301).await.unwrap();
    let mut writers = Vec::new();
    for n in 1..=PHONES {
        writers.push(Arc::new(w.worker(n, "g00").await));
    }
    let reader = Arc::new(w.worker(20, "g00").await);
    let urls = [w.hub.url(), other.url()];
    let stop = Arc::new(AtomicBool::new(false));
    let (tell_folds, folds): (Vec<_>, Vec<_>) = [&w.hub, &other]
        .map(|hub| {
            let (tell, heard) = unbounded_channel();
            (tell, tokio::spawn(keep_folding(hub.hub.clone(), hub.tenant.clone(), heard)))
        })
        .into_iter()
        .unzip();
    let reading = tokio::spawn(keep_reading(reader.clone(), urls.clone(), stop.clone()));
    let tasks: Vec<_> = writers
        .iter()
        .map(|device| {
            let (device, urls, homes, grid, folds) = (device.clone(), urls.clone(), w.households.clone(), w.grids[0], tell_folds.clone());
            tokio::spawn(async move {
                for round in 0..ROUNDS {
                    let name = format!("甲{}-{round}", device.number);
                    // All on one household, and events and reports that are new documents.
                    device.phone.run(AddResident { household: homes[0], resident: resident(&name) }).unwrap();
                    device.phone.run(visit(homes[round % 3], &name)).unwrap();
                    device.phone.run(report(grid, &name)).unwrap();
                    let url = &urls[(round + device.number as usize) % 2];
                    tell(&device.phone, &format!("UPDATE tenants SET hub = '{url}'"));
                    assert_eq!(device.sync().await.unwrap().refused, 0);
                    folds.iter().for_each(|fold| fold.send(()).unwrap());
                }
            })
        })
        .collect();
    drop(tell_folds);
    for task in tasks {
        task.await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    assert!(reading.await.unwrap() > 1);
    let mut folded = 0;
    for task in folds {
        folded += task.await.unwrap();
    }
    assert!(folded > 0, "nothing was folded beside the writers");
    // No cursor goes back: what a reader passed by it would miss for ever.
    let all: Vec<&Device> = writers.iter().map(|d| &**d).chain([&*reader]).collect();
    w.settle(&all).await;
    w.assert_agreement(&all).await;
    let made = PHONES as usize * ROUNDS;
    assert_eq!(notes(&reader.phone).len(), made);
    assert_eq!(w.desk.phone.household(w.households[0]).unwrap().residents.len(), 1 + made);
    // The two gave out each number once.
    assert_eq!(w.ask("SELECT count(*) || '' FROM (SELECT number FROM changes GROUP BY number HAVING count(*) > 1) twice").await, ["0"]);
    // A phone that begins only now reads the same.
    let fresh = w.worker(21, "g00").await;
    w.settle(&[&fresh]).await;
    w.assert_agreement(&[&fresh]).await;
    other.stop().await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_heard_by_one_process_is_a_replay_to_the_other() {
    let w = World::start(302, 1).await;
    let other = w.hub.beside(303).await.unwrap();
    let a = w.worker(1, "g00").await;
    a.phone.run(visit(w.households[0], "一")).unwrap();
    let mut prepared = a.phone.prepare_sync(&w.hub.url(), 0).unwrap();
    let carrier = HttpTransport::new(&w.hub.url(), None).unwrap();
    assert!(matches!(carrier.post(&prepared.request).await.unwrap(), Answer::Reply(_)));
    prepared.request.hub = other.url();
    let Answer::Refused(refused) = carrier.post(&prepared.request).await.unwrap() else { panic!("the replay was answered") };
    assert_eq!(refused.code, RefusalCode::Replayed);
    // Signed anew, the same bundle is known.
    point(&a, &other);
    w.settle(&[&a]).await;
    w.assert_agreement(&[&a]).await;
    other.stop().await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_works_once_whichever_process_hears_it() {
    let w = World::start(304, 1).await;
    let other = w.hub.beside(305).await.unwrap();
    for round in 0..5 {
        let here = w.hub.invite(Role::GridWorker, Some("g00"), &format!("网格员{round}")).await.unwrap();
        let there = gridwalk_core::identity::Invite { hub: other.url(), ..here.clone() };
        let devices = [1, 2].map(|n| Device::open(w.dir.path(), 40 + round * 2 + n).unwrap());
        let (a, b) = tokio::join!(devices[0].phone.enrol(&here, None), devices[1].phone.enrol(&there, None));
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    }
    other.stop().await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_move_a_household_and_what_is_recorded_about_it() {
    let w = World::start(306, 1).await;
    let other = w.hub.beside(307).await.unwrap();
    let (a, far) = (w.worker(1, "g00").await, w.worker(2, "g01").await);
    point(&a, &other);
    let home = w.households[0];
    let to = |place| EditHousehold { household: home, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: Some(place) };
    for round in 0..4 {
        // It begins in the worker's grid and changes grids with every round: every other time there is nothing to visit.
        let visited = a.phone.run(visit(home, &format!("{round}")));
        match round % 2 {
            0 => drop(visited.unwrap()),
            _ => assert_eq!(visited.unwrap_err().kind(), ErrorKind::NotFound),
        }
        w.desk.phone.run(to(w.grids[(round + 1) % 2])).unwrap();
        let (moved, visited) = tokio::join!(w.desk.sync(), a.sync());
        moved.unwrap();
        assert_eq!(visited.unwrap().refused, 0);
        w.settle(&[&a, &far]).await;
        w.assert_agreement(&[&a, &far]).await;
    }
    assert_eq!(w.ask("SELECT note FROM visits ORDER BY note").await, ["0", "2"]);
    other.stop().await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_that_a_database_refuses_is_answered_in_words() {
    let w = World::start(308, 1).await;
    let a = w.worker(1, "g00").await;
    let mut hand = Hand::of(&a);
    // PostgreSQL has no text with a NUL in it.
    hand.cursor.tenant = "wu\0yan".into();
    assert_eq!(hand.send(&w, &pack(&hand.request(vec![])).unwrap()).await.unwrap_err(), RefusalCode::UnknownDevice);
    w.hub.stop().await;
}
