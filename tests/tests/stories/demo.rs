//! The demo in small: what `cargo xtask demo --small --scene team` shows, with fewer households.

use gridwalk_tests::demo::{Folder, Options, run};
use gridwalk_tests::workload::{Scene, Spec};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_demo_ends_with_equal_replicas_and_finds_conflicts() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::take(&dir.path().join("demo")).unwrap();
    let small = Options::new(Scene::Team, true);
    let options = Options { spec: Spec { households: 80, ..small.spec.clone() }, ..small };
    let outcome = run(&folder, &options).await.unwrap();
    assert_eq!(outcome.differences, Vec::<String>::new());
    assert!(outcome.conflicts > 0, "colleagues who meet on 40 doors edit the same people");
    assert!(outcome.operations > 8 * 114);
    let rejects = folder.path().join("files/messages-sample.csv.rejects.csv");
    assert_eq!(std::fs::read_to_string(rejects).unwrap().lines().count(), 1 + 5, "each flawed row of the sample is named");
    outcome.hub.stop().await;
}
