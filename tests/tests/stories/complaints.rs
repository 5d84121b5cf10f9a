//! A complaint about a worker goes round that worker: no byte of it comes to their phone. Left to later work: the resident's own way in, leave with
//! its stand-in, and an appeal in hours of service.

use gridwalk_core::cases::AddStep;
use gridwalk_core::records::{AddRecord, ListQuery};
use gridwalk_core::rules::Role;
use gridwalk_hub::admin::grid::{StandIn, stand_in};
use gridwalk_tests::harness::Device;
use serde_json::json;

use crate::office::{Office, does};
use crate::raw::{holds, phone_bytes};
use crate::world::person;

async fn cadre(o: &Office, number: u64, name: &str) -> Device {
    let invite = o.w.hub.invite(Role::Cadre, None, name).await.unwrap();
    Device::enrolled_at(o.w.dir.path(), number, &invite, o.w.hub.hub.now()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_goes_round_whom_it_is_about() {
    let o = Office::open(1482, "2026-04-08 09:00", &[]).await;
    let (a, b) = (o.worker(1, "g00").await, o.worker(2, "g00").await);
    let (second, third) = (cadre(&o, 4, "李干部").await, cadre(&o, 5, "赵干部").await);
    let all = [&a, &b, &second, &third];
    // The third cadre stands in for the worker.
    let until = o.w.hub.hub.now() + 5 * 86_400;
    stand_in(&o.w.hub.hub, &o.w.hub.tenant, &StandIn { grid: "g00".into(), absent: person(&a), by: person(&third), until }).await.unwrap();
    o.settle(&all).await;
    let counts = |device: &Device| (device.phone.inbox(99).unwrap().len(), device.phone.heads().unwrap().len(), device.phone.today_counts().unwrap());
    let before = counts(&a);

    let fields = json!({"title": "冷言冷语拒办低保", "detail": "让老人白跑了七趟", "against": person(&a).to_string()});
    let complaint = b.phone.run(AddRecord::new("complaint", fields)).unwrap().value;
    o.settle(&all).await;
    // A cadre answers whom it is not about: neither the worker, nor their stand-in, nor the street.
    for device in [&o.w.desk, &second] {
        assert_eq!(device.phone.inbox(9).unwrap().iter().map(|c| c.id).collect::<Vec<_>>(), [complaint]);
    }
    for device in [&a, &third, &o.street] {
        assert!(device.phone.record(complaint).is_err(), "phone {}", device.number);
    }
    assert!(b.phone.run(AddStep::new(complaint, "answer").note("自己答复")).is_err(), "nobody answers their own");
    does(&second, AddStep::new(complaint, "answer").note("已约谈并向老人致歉")).await;
    o.settle(&all).await;
    assert_eq!(b.phone.case(complaint).unwrap().status, "answered");
    o.w.assert_agreement(&[&a, &b, &second, &third, &o.street]).await;

    // What the worker's phone holds, to the byte, and counts.
    let words = ["冷言冷语拒办低保", "让老人白跑了七趟", "已约谈并向老人致歉"];
    let (theirs, ours) = (phone_bytes(&a), phone_bytes(&b));
    for word in words {
        assert!(holds(&ours, word), "a search that finds nothing would prove nothing: {word}");
        assert!(!holds(&theirs, word), "{word} is on the worker's phone");
    }
    assert!(!holds(&theirs, &complaint.to_string()));
    assert_eq!(counts(&a), before);
    assert!(a.phone.list("complaint", &ListQuery { limit: 9, ..ListQuery::default() }).unwrap().rows.is_empty());
    assert!(a.phone.search("低保", 9).unwrap().is_empty());
    o.w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_of_the_desk_can_the_street_answers() {
    let o = Office::open(1483, "2026-04-08 09:00", &[]).await;
    let a = o.worker(1, "g00").await;
    o.settle(&[&a]).await;
    // About the only cadre there is, and about somebody whom nobody here knows by name.
    let about = a.phone.run(AddRecord::new("complaint", json!({"title": "拖着不办", "against": person(&o.w.desk).to_string()}))).unwrap().value;
    let unnamed = a.phone.run(AddRecord::new("complaint", json!({"title": "窗口的人骂人", "whom": "戴眼镜的"}))).unwrap().value;
    o.settle(&[&a]).await;
    for complaint in [about, unnamed] {
        assert!(o.w.desk.phone.record(complaint).is_err());
        assert!(o.street.phone.inbox(9).unwrap().iter().any(|case| case.id == complaint));
    }
    does(&o.street, AddStep::new(about, "answer").note("已责成整改")).await;
    o.settle(&[&a]).await;
    assert_eq!(a.phone.case(about).unwrap().status, "answered");
    assert!(!holds(&phone_bytes(&o.w.desk), "拖着不办"));
    o.w.assert_agreement(&[&a, &o.street]).await;
    o.w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_about_the_street_is_not_the_whole_streets() {
    let o = Office::open(1484, "2026-04-08 09:00", &[]).await;
    let about = |device: &Device| AddRecord::new("complaint", json!({"title": "督办不讲道理", "against": person(device).to_string()}));
    o.settle(&[]).await;
    let alone = o.w.desk.phone.run(about(&o.street)).unwrap().value;
    o.settle(&[]).await;
    assert!(o.street.phone.record(alone).is_err(), "better nobody than whom it is about");
    let other = o.person(7, Role::StreetDispatcher, "街道乙").await;
    let second = o.w.desk.phone.run(about(&o.street)).unwrap().value;
    o.settle(&[&other]).await;
    assert!(other.phone.record(second).is_ok() && o.street.phone.record(second).is_err());
    assert!(!holds(&phone_bytes(&o.street), "督办不讲道理"));
    o.w.assert_agreement(&[&other, &o.street]).await;
    o.w.hub.stop().await;
}
