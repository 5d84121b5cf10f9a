//! A hub of a newer version opens what an older one left; an older hub leaves alone what it does not know.

use std::sync::Arc;

use gridwalk_core::clock::ManualClock;
use gridwalk_core::identity::SeededRandom;
use gridwalk_hub::{Hub, admin};
use gridwalk_tests::harness::MORNING;

use crate::world::{World, visit};

async fn open(w: &World) -> gridwalk_hub::Result<Hub> {
    Hub::open_on(&w.hub.folder, w.hub.database.as_deref(), Arc::new(ManualClock::new(MORNING)), Arc::new(SeededRandom::new(1))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_model_of_other_tables_is_made_anew_from_the_documents() {
    let w = World::start(310, 3).await;
    let a = w.worker(1, "g00").await;
    a.phone.run(visit(w.households[0], "一")).unwrap();
    w.settle(&[&a]).await;
    // As if the tables had been declared otherwise.
    w.tell("UPDATE meta SET value = 'x' || substr(value, 2) WHERE name = 'read_model'").await;
    w.tell("DELETE FROM residents").await;
    w.tell("UPDATE visits SET note = 'old'").await;
    let w = w.restart(310, None, &[&a]).await;
    w.assert_agreement(&[&a]).await;
    assert_eq!(w.ask("SELECT note FROM visits").await, ["一"]);
    assert_eq!(w.ask("SELECT name FROM meta ORDER BY name").await, ["clock", "read_model", "version"]);
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_newer_hub_wrote_is_left_alone() {
    let w = World::start(311, 1).await;
    w.tell("UPDATE meta SET value = '999' WHERE name = 'version'").await;
    let refused = open(&w).await.map(drop).unwrap_err().to_string();
    assert!(refused.contains("newer version"), "{refused}");
    w.tell("UPDATE meta SET value = '1' WHERE name = 'version'").await;
    open(&w).await.unwrap().store.close().await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_put_back_by_hand_serves_only_under_a_new_epoch() {
    let w = World::start(312, 2).await;
    let a = w.worker(1, "g00").await;
    let before = w.ask("SELECT epoch FROM epoch").await;
    let (folder, database, now) = (w.hub.folder.clone(), w.hub.database.clone(), w.hub.hub.now());
    let new_epoch = || async { admin::new_epoch(&folder, database.as_deref(), now, &SeededRandom::new(7)).await };
    if database.is_some() {
        // Not while a hub is at work on it, and no hub on what a dump made, which has none.
        assert!(new_epoch().await.unwrap_err().to_string().contains("stop them all"));
        w.tell("DELETE FROM epoch").await;
        assert!(open(&w).await.map(drop).unwrap_err().to_string().contains("new-epoch"));
        w.tell(&format!("INSERT INTO epoch VALUES ('{}')", before[0])).await;
    }
    a.phone.run(visit(w.households[0], "备份之后")).unwrap();
    a.sync().await.unwrap();
    if database.is_some() {
        w.tell("DELETE FROM epoch").await;
    }
    let World { dir, hub, desk, grids, households } = w;
    hub.stop().await;
    new_epoch().await.unwrap();
    let hub = gridwalk_tests::harness::TestHub::start(&folder, 313).await.unwrap();
    let w = World { dir, hub, desk, grids, households }.restart(314, None, &[&a]).await;
    assert_ne!(w.ask("SELECT epoch FROM epoch").await, before);
    w.settle(&[&a]).await;
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}
