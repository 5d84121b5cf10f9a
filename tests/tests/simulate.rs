//! Random histories of phones and a hub, in CI: every one is held against the invariants of `docs/simulation.md`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once, also in its helpers")]

use std::collections::BTreeMap;
use std::sync::Mutex;

use gridwalk_tests::simulate::{Many, Outcome, Plan};

/// How many histories run here. `cargo xtask simulate` runs as many as one likes.
const HISTORIES: u64 = 2000;

#[test]
fn thousands_of_histories_hold_the_invariants() {
    let report = Many::new(1, HISTORIES).run(|_, _| {}, |_, _, _| {}).unwrap();
    let failed = report.failed.map(|(plan, failure)| format!("{failure}\nreplay: cargo xtask simulate --histories 1 --seed {}", plan.seed));
    assert_eq!(failed, None);
    assert_eq!(report.done, HISTORIES);
}

#[test]
fn the_same_seed_gives_the_same_history_to_the_byte() {
    let traces = |threads: usize| {
        let seen = Mutex::new(BTreeMap::new());
        let keep = |plan: &Plan, outcome: &Outcome| drop(seen.lock().unwrap().insert(plan.seed, outcome.trace.clone()));
        Many { threads, ..Many::new(1_000_000, 12) }.run(keep, |_, _, _| {}).unwrap();
        seen.into_inner().unwrap()
    };
    let (one, other) = (traces(1), traces(3));
    assert_eq!(one.len(), 12);
    assert!(one.values().all(|trace| trace.last().unwrap().starts_with("end ")));
    assert_eq!(one, other);
}
