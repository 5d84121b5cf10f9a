//! An errand for a resident (S13 without leave): who was asked first stays responsible, whoever has it, and it ends when the resident was told. Left to
//! later work: leave with its stand-in, a worker's last day, and what the resident sees.

use gridwalk_core::cases::AddStep;
use gridwalk_core::records::AddRecord;
use serde_json::json;

use crate::office::{Office, clock, clock_view, does};
use crate::world::person;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_errand_stays_with_the_worker_who_was_asked_first() {
    let o = Office::open(1481, "2026-04-27 09:00", &[]).await;
    let (a, b, c) = (o.worker(1, "g00").await, o.worker(2, "g01").await, o.worker(3, "g01").await);
    let phones = [&a, &b, &c];
    o.settle(&phones).await;
    o.at("2026-04-27 10:00", &phones);
    let fields = json!({"title": "代办老年证", "resident": "居民00", "papers": "身份证复印件、照片", "place": o.w.grids[0].to_string()});
    let errand = a.phone.run(AddRecord::new("errand", fields)).unwrap().value;
    o.settle(&phones).await;
    assert_eq!(clock(&a, errand, "finish", "").0, "2026-05-07 17:00");
    assert!(b.phone.record(errand).is_err(), "another grid's");
    let waits = |device: &gridwalk_tests::harness::Device| device.phone.inbox(9).unwrap().iter().any(|case| case.id == errand);
    assert!(waits(&a) && !waits(&o.w.desk), "it is with whom the resident asked");

    // The desk hands it to a worker of another grid, who reads it from then on; their colleague does not.
    does(&o.w.desk, AddStep::new(errand, "hand_on").with("person", person(&b).to_string())).await;
    o.settle(&phones).await;
    assert!(waits(&b) && !waits(&a) && c.phone.record(errand).is_err());
    let case = b.phone.case(errand).unwrap();
    assert_eq!((case.by, case.kind_zh.as_str(), case.status.as_str()), (person(&a).to_string(), "代办", "asked"), "first asked stays");
    assert_eq!(a.phone.case(errand).unwrap().status, "asked", "and goes on reading it");

    // Papers that lack stop the clock for as long as they lack.
    o.at("2026-04-28 10:00", &phones);
    does(&b, AddStep::new(errand, "ask_papers").with("papers", "户口簿")).await;
    assert_eq!(clock(&b, errand, "finish", ""), ("2026-05-07 17:00".into(), String::new()), "it stands still");
    o.at("2026-04-28 16:00", &phones);
    does(&b, AddStep::new(errand, "papers_in").with("papers", "户口簿")).await;
    o.settle(&phones).await;
    assert_eq!(clock(&a, errand, "finish", ""), ("2026-05-07 17:00".into(), "green".into()), "within one day nothing moves");

    o.at("2026-05-06 11:00", &phones);
    does(&b, AddStep::new(errand, "done").note("证已办好")).await;
    assert!(b.phone.run(AddStep::new(errand, "tell")).is_err(), "it says how the resident was told");
    assert_eq!(b.phone.case(errand).unwrap().status, "ready", "done is not closed");
    o.at("2026-05-07 15:30", &phones);
    does(&b, AddStep::new(errand, "tell").note("上门送证")).await;
    o.settle(&phones).await;
    for device in [&a, &b, &o.w.desk] {
        let finish = clock_view(device, errand, "finish", "");
        assert_eq!((finish.stopped_at.map(gridwalk_core::clock::beijing), finish.colour.as_str()), (Some("2026-05-07 15:30".into()), ""), "in time");
        assert_eq!(device.phone.case(errand).unwrap().status, "closed");
        assert!(device.phone.inbox(9).unwrap().is_empty());
    }
    o.w.assert_agreement(&[&a, &b, &c, &o.street]).await;
    o.w.hub.stop().await;
}
