//! Search over records of every kind: each phone finds what it holds, and what left it or was erased is found no more.

use gridwalk_core::Id;
use gridwalk_core::records::EditRecord;
use gridwalk_hub::admin::{self, Target};
use gridwalk_tests::harness::{Device, report};
use serde_json::json;

use crate::world::{World, person};

fn found(device: &Device, typed: &str) -> Vec<(String, Id, String)> {
    device.phone.search(typed, 20).unwrap().into_iter().map(|hit| (hit.kind, hit.id, hit.title)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_leaves_a_phone_or_is_erased_is_found_no_more() {
    let w = World::start(660, 2).await;
    let (a, b, c) = (w.worker(1, "g00").await, w.worker(2, "g01").await, w.worker(3, "g00").await);
    w.settle(&[&a, &b, &c]).await;
    let case = a.phone.run(report(w.grids[0], "三单元路灯不亮")).unwrap().value;
    let hit = vec![("report".to_owned(), case, "三单元路灯不亮".to_owned())];
    assert!(a.phone.search("路灯", 9).unwrap()[0].unsent);
    w.settle(&[&a, &b, &c]).await;
    for typed in ["路灯", "三单元", "sandanyuan", "路灯 不亮"] {
        assert_eq!(found(&c, typed), hit, "{typed}");
    }
    assert!(!c.phone.search("路灯", 9).unwrap()[0].unsent);
    assert!(found(&b, "路灯").is_empty() && found(&c, "井盖").is_empty() && found(&c, " ").is_empty());
    // Households and colleagues by the same search.
    assert_eq!(found(&c, "居民00"), [("household".to_owned(), w.households[0], w.desk.phone.household(w.households[0]).unwrap().address)]);
    assert_eq!(found(&c, "网格员1"), [("person".to_owned(), person(&a), "网格员1".to_owned())]);
    w.desk.phone.run(EditRecord::of(case, json!({"place": w.grids[1].to_string()}))).unwrap();
    w.settle(&[&a, &b, &c]).await;
    assert!(found(&c, "路灯").is_empty(), "it left this grid");
    assert_eq!(found(&b, "路灯"), hit);
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Document(case)).await.unwrap();
    w.settle(&[&a, &b, &c]).await;
    for device in [&a, &b, &c, &w.desk] {
        assert!(found(device, "路灯").is_empty());
    }
    w.hub.stop().await;
}
