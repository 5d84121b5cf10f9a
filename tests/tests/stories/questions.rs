//! A question upward with its answer (the terminal's part of S15). Left to later work: which matters a community is asked at all, the case that it
//! stands together with on a page, and the department's bulletin.

use gridwalk_core::cases::AddStep;
use gridwalk_core::records::AddRecord;
use serde_json::json;

use crate::office::{Office, clock, does};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_goes_up_and_its_answer_comes_down() {
    let o = Office::open(1480, "2026-04-03 09:00", &[]).await;
    let a = o.worker(1, "g00").await;
    o.at("2026-04-03 10:00", &[&a]);
    assert!(a.phone.run(AddRecord::new("question", json!({"title": "能否协助检查"}))).is_err(), "a cadre asks for the community");
    let asked = o.w.desk.phone.run(AddRecord::new("question", json!({"title": "46家店铺的检查由谁负责", "detail": "要求社区作为责任主体"}))).unwrap().value;
    o.settle(&[&a]).await;
    for device in [&o.w.desk, &o.street] {
        assert_eq!(clock(device, asked, "answer", "").0, "2026-04-07 17:00", "04-04 to 06 is a holiday");
    }
    assert!(a.phone.record(asked).is_err(), "the desk and the street alone");
    let waiting = o.street.phone.inbox(9).unwrap();
    assert_eq!(waiting.iter().map(|c| (c.id, c.status_zh.as_str())).collect::<Vec<_>>(), [(asked, "待答复")]);
    assert!(o.w.desk.phone.inbox(9).unwrap().is_empty() && a.phone.inbox(9).unwrap().is_empty());
    assert!(o.w.desk.phone.run(AddStep::new(asked, "answer").note("自己答复")).is_err());

    o.at("2026-04-07 11:00", &[&a]);
    does(&o.street, AddStep::new(asked, "answer").note("社区协助，不作责任主体")).await;
    assert!(o.street.phone.inbox(9).unwrap().is_empty());
    o.at("2026-04-08 09:00", &[&a]);
    o.w.desk.sync().await.unwrap();
    let story = o.w.desk.phone.story(asked).unwrap();
    assert_eq!((story.steps[0].note.as_str(), story.clocks[0].colour.as_str()), ("社区协助，不作责任主体", ""), "in time");
    assert_eq!(o.w.desk.phone.case(asked).unwrap().status, "answered");
    o.settle(&[&a]).await;
    o.w.assert_agreement(&[&a, &o.street]).await;
    o.w.hub.stop().await;
}
