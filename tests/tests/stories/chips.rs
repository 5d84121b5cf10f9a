//! What every row says beside its content: 未上传, 冲突. Of an entry it is said by itself.

use gridwalk_core::cases::AddStep;
use gridwalk_core::records::{AddEntry, EditRecord};
use gridwalk_tests::harness::report;
use serde_json::json;

use crate::world::{World, first_resident, visit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_says_what_is_unsent_and_in_conflict() {
    let w = World::start(650, 2).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let home = w.households[0];
    let first = first_resident(&a.phone, home);
    let residents = || {
        let mut rows: Vec<_> = a.phone.household(home).unwrap().residents.into_iter().map(|r| (r.name, r.unsent, r.conflict)).collect();
        rows.sort();
        rows
    };
    let row = |name: &str, unsent, conflict| (name.to_owned(), unsent, conflict);
    assert_eq!(residents(), [row("居民00", false, false)]);
    a.phone.run(AddEntry::to(home, "residents", json!({"name": "新来"}))).unwrap();
    assert_eq!(residents(), [row("居民00", false, false), row("新来", true, false)], "of the others nothing waits");
    let card = a.phone.household(home).unwrap();
    assert_eq!((card.unsent, card.conflict), (true, false));
    let found = a.phone.find("新来", 9).unwrap();
    assert!(found[0].unsent && found[0].residents[0].unsent);
    a.phone.run(visit(home, "未上传")).unwrap();
    let case = a.phone.run(report(w.grids[0], "路灯不亮")).unwrap().value;
    a.phone.run(AddStep::new(case, "accept")).unwrap();
    assert!(a.phone.visits_of(home, 9).unwrap()[0].unsent && a.phone.report(case).unwrap().1.steps[0].unsent);
    w.settle(&[&a, &b]).await;
    assert_eq!(residents(), [row("居民00", false, false), row("新来", false, false)]);
    assert!(!a.phone.household(home).unwrap().unsent && !a.phone.visits_of(home, 9).unwrap()[0].unsent);
    // A second step waits, the first does not.
    a.phone.run(AddStep::new(case, "note").note("还是不亮")).unwrap();
    assert_eq!(a.phone.report(case).unwrap().1.steps.iter().map(|s| s.unsent).collect::<Vec<_>>(), [false, true]);

    for (device, phone) in [(&a, "13800000001"), (&b, "13800000002")] {
        device.phone.run(EditRecord::of_entry(home, first, json!({"phone": phone}))).unwrap();
    }
    assert_eq!(residents()[0], row("居民00", true, false));
    w.settle(&[&a, &b]).await;
    assert_eq!(residents(), [row("居民00", false, true), row("新来", false, false)]);
    let card = a.phone.household(home).unwrap();
    assert_eq!((card.unsent, card.conflict), (false, true));
    w.hub.stop().await;
}
