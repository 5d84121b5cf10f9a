//! A short soak in CI: a few phones for some seconds. `cargo xtask soak` runs as many and as long as one likes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once, also in its helpers")]

use std::time::Duration;

use gridwalk_tests::soak::{Options, run};

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_everyone_is_killed_for_some_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        phones: 6,
        time: Duration::from_secs(10),
        at_least: (12, 50),
        seed: 1,
        phone_program: env!("CARGO_BIN_EXE_soak").into(),
        hub_program: env!("CARGO_BIN_EXE_crash").into(),
        hub_arguments: |data, listen| ["hub", data, listen].map(str::to_owned).to_vec(),
        folder: folder.path().to_owned(),
    };
    let outcome = run(&options).await.unwrap();
    assert!(outcome.is_good(), "{outcome:?}");
}
