//! The log of administrative acts: whole, append-only, kept for half a year, and not undone by a restore.

use gridwalk_core::rules::Role;
use gridwalk_hub::admin::{self, NewInvite};
use gridwalk_hub::registry::act_log::{Fault, KEEP_DAYS, cut, verify};
use gridwalk_hub::store::{Engine, exec};
use gridwalk_tests::harness::Device;

use super::world::{World, device_id, person};

const VERBS: &str = "SELECT verb FROM audit_log ORDER BY seq";

/// Whether the database refuses a statement.
async fn refused(world: &World, sql: &str) -> bool {
    let mut tx = world.hub.hub.store.write_any().await.unwrap();
    exec(&mut tx, sql, vec![]).await.is_err()
}

/// The same as whoever holds the database file and takes the triggers away.
async fn tamper(world: &World, sql: &[&str]) -> Vec<Fault> {
    for trigger in ["audit_log_unchanged", "audit_log_kept"] {
        let on = if world.hub.hub.store.engine == Engine::Postgres { " ON audit_log" } else { "" };
        world.tell(&format!("DROP TRIGGER IF EXISTS {trigger}{on}")).await;
    }
    for statement in sql {
        world.tell(statement).await;
    }
    verify(&world.hub.hub, &world.hub.tenant).await.unwrap().faults
}

#[tokio::test]
async fn every_act_is_logged_and_the_log_is_append_only() {
    let world = World::start(101, 1).await;
    let worker = world.worker(1, "g00").await;
    admin::end_role(&world.hub.hub, &world.hub.tenant, person(&worker), Role::GridWorker, Some("g00"), None, None).await.unwrap();
    admin::revoke(&world.hub.hub, device_id(&worker)).await.unwrap();
    let backup = world.dir.path().join("backup.db");
    admin::backup(&world.hub.hub, &backup).await.unwrap();
    assert_eq!(world.ask(VERBS).await, ["init", "invite", "enrol", "invite", "enrol", "end_role", "revoke", "backup"]);
    let subjects = world.ask("SELECT subject FROM audit_log WHERE verb IN ('end_role', 'revoke') ORDER BY seq").await;
    assert_eq!(subjects, [person(&worker).to_string(), device_id(&worker).to_string()]);
    let by = world.ask("SELECT by_whom FROM audit_log WHERE verb = 'enrol' ORDER BY seq").await;
    assert_eq!(by[1], device_id(&worker).to_string());
    let checked = verify(&world.hub.hub, &world.hub.tenant).await.unwrap();
    assert_eq!((checked.entries, checked.faults), (8, vec![]));
    for sql in [
        "UPDATE audit_log SET detail = 'nothing' WHERE seq = 3",
        "DELETE FROM audit_log WHERE seq = 8",
        "DELETE FROM audit_log WHERE seq = 1",
        "DELETE FROM audit_ends",
        "UPDATE audit_ends SET seq = 7",
        "UPDATE audit_ends SET cut_seq = 3, cut_hash = (SELECT hash FROM audit_log WHERE seq = 3), cut_at = 1772380800",
    ] {
        assert!(refused(&world, sql).await, "{sql}");
    }
}

#[tokio::test]
async fn a_changed_removed_or_reordered_entry_is_named() {
    let world = World::start(102, 1).await;
    world.worker(1, "g00").await;
    world.worker(2, "g01").await;
    // init, and an invite and an enrolment three times.
    assert_eq!(verify(&world.hub.hub, &world.hub.tenant).await.unwrap().entries, 7);
    assert_eq!(tamper(&world, &["UPDATE audit_log SET by_whom = 'someone' WHERE seq = 2"]).await, [Fault::Changed(2)]);
    assert_eq!(tamper(&world, &["UPDATE audit_log SET by_whom = 'admin' WHERE seq = 2"]).await, []);
    let swap = ["UPDATE audit_log SET seq = 99 WHERE seq = 4", "UPDATE audit_log SET seq = 4 WHERE seq = 5", "UPDATE audit_log SET seq = 5 WHERE seq = 99"];
    assert_eq!(tamper(&world, &swap).await, [Fault::Changed(4), Fault::Unlinked(4), Fault::Changed(5), Fault::Unlinked(5), Fault::Unlinked(6)]);
    assert_eq!(tamper(&world, &swap).await, []);
    assert_eq!(tamper(&world, &["DELETE FROM audit_log WHERE seq = 7"]).await, [Fault::Missing(7, 7)]);
    assert_eq!(tamper(&world, &["DELETE FROM audit_log WHERE seq IN (3, 4)"]).await, [Fault::Missing(3, 4), Fault::Missing(7, 7)]);
    let renumbered = ["UPDATE audit_log SET seq = seq - 2 WHERE seq > 4", "UPDATE audit_ends SET hash = (SELECT hash FROM audit_log WHERE seq = 4)"];
    let faults = tamper(&world, &renumbered).await;
    assert!(faults.contains(&Fault::Changed(3)) && faults.contains(&Fault::Unlinked(3)), "{faults:?}");
}

#[tokio::test]
async fn old_entries_are_cut_from_the_front_after_half_a_year_only() {
    let world = World::start(103, 1).await;
    world.worker(1, "g00").await;
    assert_eq!(cut(&world.hub.hub, &world.hub.tenant.id, 1).await.unwrap(), 0, "nothing of the last 183 days goes, whatever is asked");
    world.hub.clock.advance(KEEP_DAYS * 86_400 - 60);
    world.hub.invite(Role::Member, None, "李党员").await.unwrap();
    assert_eq!(cut(&world.hub.hub, &world.hub.tenant.id, KEEP_DAYS).await.unwrap(), 0);
    world.hub.clock.advance(120);
    assert_eq!(cut(&world.hub.hub, &world.hub.tenant.id, KEEP_DAYS).await.unwrap(), 5);
    assert_eq!(world.ask(VERBS).await, ["invite", "cut_log"]);
    assert_eq!(verify(&world.hub.hub, &world.hub.tenant).await.unwrap().faults, []);
    assert_eq!(tamper(&world, &["DELETE FROM audit_log WHERE seq = 6"]).await, [Fault::Missing(6, 6)]);
}

#[tokio::test]
async fn a_restore_keeps_what_was_logged_since_the_backup() {
    let world = World::start(104, 1).await;
    let backup = world.dir.path().join("backup.db");
    admin::backup(&world.hub.hub, &backup).await.unwrap();
    let lost = world.worker(1, "g00").await;
    admin::revoke(&world.hub.hub, device_id(&lost)).await.unwrap();
    let world = world.restart(105, Some(&backup), &[]).await;
    assert_eq!(world.ask(VERBS).await, ["init", "invite", "enrol", "backup", "invite", "enrol", "revoke", "restore"]);
    assert_eq!(verify(&world.hub.hub, &world.hub.tenant).await.unwrap().faults, []);
}

#[tokio::test]
async fn a_code_closed_by_wrong_tries_is_logged() {
    let world = World::start(106, 1).await;
    let invite = world.hub.invite(Role::Member, None, "李党员").await.unwrap();
    let thief = Device::open(world.dir.path(), 7).unwrap();
    for _ in 0..6 {
        let wrong = gridwalk_core::identity::Invite { code: format!("{}-wrong", invite.code.split('-').next().unwrap()), ..invite.clone() };
        assert!(thief.phone.enrol(&wrong, None).await.is_err());
    }
    assert!(thief.phone.enrol(&invite, None).await.is_err(), "the right code comes too late");
    let logged = world.ask("SELECT by_whom || ' ' || detail FROM audit_log WHERE verb = 'close_code'").await;
    assert_eq!(logged, [format!("{} code {}", thief.phone.status().unwrap().device, invite.code.split('-').next().unwrap())]);
    let again =
        NewInvite { address: world.hub.url(), role: Role::Member, grid: None, micro_grid: None, unit: None, name: None, person: None, valid_seconds: 60 };
    assert!(admin::invite(&world.hub.hub, &world.hub.tenant, &again).await.is_err());
    assert_eq!(world.ask(VERBS).await.last().map(String::as_str), Some("close_code"), "what failed is not logged as done");
}
