//! What the community cannot solve: whistled to the street, dispatched to a department, answered, closed.

use gridwalk_core::Id;
use gridwalk_core::cases::AddStep;
use gridwalk_core::records::EditRecord;
use gridwalk_core::rules::Role;
use gridwalk_hub::admin::{self, NewInvite};
use gridwalk_tests::harness::{Device, report};
use gridwalk_tests::typed::AddUnit;
use serde_json::json;

use crate::world::{World, text};

async fn of_unit(w: &World, number: u64, unit: Id, name: &str) -> Device {
    let new = NewInvite {
        address: w.hub.url(),
        role: Role::DepartmentHandler,
        grid: None,
        micro_grid: None,
        unit: Some(unit),
        name: Some(name.into()),
        person: None,
        valid_seconds: 60,
    };
    let invite = admin::invite(&w.hub.hub, &w.hub.tenant, &new).await.unwrap();
    Device::enrolled(w.dir.path(), number, &invite).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whistle_reaches_the_street_and_the_department_with_its_history() {
    let w = World::start(160, 1).await;
    let a = w.worker(1, "g00").await;
    let street = Device::enrolled(w.dir.path(), 5, &w.hub.invite(Role::StreetDispatcher, None, "街道值班").await.unwrap()).await.unwrap();
    let unit = |name: &str| street.phone.run(AddUnit { sort: "department".into(), name: name.into(), phone: String::new() }).unwrap().value;
    let (city, water) = (unit("城管中队"), unit("水务所"));
    street.sync().await.unwrap();
    let handler = of_unit(&w, 6, city, "城管队员").await;
    let plumber = of_unit(&w, 7, water, "水务员").await;
    let all = [&a, &street, &handler, &plumber];
    let step = |report, kind: &str, note: &str| AddStep::new(report, kind).note(note);

    let case = a.phone.run(report(w.grids[0], "占道经营")).unwrap().value;
    let small = a.phone.run(report(w.grids[0], "路灯不亮")).unwrap().value;
    a.phone.run(step(case, "note", "多次劝导无效")).unwrap();
    w.settle(&all).await;
    assert!(street.phone.report(case).is_err(), "the street hears nothing before the whistle");
    // A grid worker does not whistle; a whistle has one of three kinds.
    assert!(a.phone.run(AddStep::new(case, "whistle").with("whistle", 1)).is_err());
    assert!(w.desk.phone.run(AddStep::new(case, "whistle").with("whistle", 4)).is_err());
    w.desk.phone.run(step(case, "accept", "")).unwrap();
    w.desk.phone.run(AddStep::new(case, "whistle").with("whistle", 2).note("请联合执法")).unwrap();
    w.settle(&all).await;
    let kinds = |device: &Device| device.phone.report(case).unwrap().1.steps.into_iter().map(|s| s.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&street), ["note", "accept", "whistle"], "with its history");
    assert!(street.phone.report(small).is_err());
    assert!(handler.phone.report(case).is_err());
    assert!(w.desk.phone.run(step(case, "handle", "")).is_err(), "the street has it now");

    // Dispatched: the lead and those who assist get it, and nobody else of the departments.
    assert!(w.desk.phone.run(AddStep::new(case, "dispatch").with("lead", city.to_string())).is_err());
    street.phone.run(AddStep::new(case, "dispatch").with("lead", water.to_string()).note("误派")).unwrap();
    w.settle(&all).await;
    assert!(plumber.phone.report(case).is_ok() && handler.phone.report(case).is_err());
    // Misrouted work goes back with a reason, and leaves the phones of those who had it.
    assert!(plumber.phone.run(step(case, "return", "")).is_err());
    plumber.phone.run(step(case, "return", "不属水务")).unwrap();
    w.settle(&all).await;
    assert!(plumber.phone.report(case).is_err());
    assert_eq!(street.phone.report(case).unwrap().0.status, "whistled");
    street
        .phone
        .run(
            AddStep::new(case, "dispatch")
                .with("lead", city.to_string())
                .with("assisting", [water].iter().map(ToString::to_string).collect::<Vec<_>>())
                .note("请牵头"),
        )
        .unwrap();
    street.phone.run(step(case, "supervise", "三日内办结")).unwrap();
    w.settle(&all).await;
    assert_eq!(kinds(&handler), kinds(&street));
    assert!(handler.phone.run(step(case, "supervise", "不该")).is_err() && handler.phone.run(step(case, "close", "")).is_err());
    handler.phone.run(step(case, "handle", "已约谈")).unwrap();
    handler.phone.run(step(case, "feed_back", "摊位已迁")).unwrap();
    w.settle(&all).await;
    w.desk.phone.run(step(case, "close", "已回访")).unwrap();
    w.settle(&all).await;
    for device in all.into_iter().chain([&w.desk]) {
        assert_eq!(device.phone.report(case).unwrap().0.status, "closed", "phone {}", device.number);
        assert!(device.phone.status().unwrap().quarantine.is_empty());
    }
    assert_eq!(text(&street.phone, "SELECT title FROM reports"), ["占道经营"]);
    assert_eq!(text(&handler.phone, "SELECT count(*) || '' FROM households"), ["0"]);
    w.assert_agreement(&all).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_raises_without_a_grid_follows_it_as_their_own_and_answers_nothing() {
    let w = World::start(161, 1).await;
    let a = w.worker(1, "g00").await;
    let rider = Device::enrolled(w.dir.path(), 8, &w.hub.invite(Role::Rider, None, "骑手小周").await.unwrap()).await.unwrap();
    let raise = gridwalk_core::reports::RaiseReport { place: None, detail: "在东门口，找周师傅".into(), ..report(w.grids[0], "井盖缺失") };
    let demand = rider.phone.run(raise).unwrap().value;
    w.settle(&[&a, &rider]).await;
    let case: Id = text(&w.desk.phone, "SELECT report FROM demands")[0].parse().unwrap();
    let view = w.desk.phone.report(case).unwrap().0;
    assert_eq!((view.title.as_str(), view.detail.as_str()), ("井盖缺失", ""), "their own words stay in the demand");
    assert!(a.phone.report(case).is_err() && rider.phone.report(case).is_err() && a.phone.record(demand).is_err());
    assert!(rider.phone.run(AddStep::new(case, "feed_back").note("自己答复")).is_err());
    w.desk.phone.run(AddStep::new(case, "accept")).unwrap();
    w.desk.phone.run(AddStep::new(case, "feed_back").note("已补盖")).unwrap();
    w.settle(&[&a, &rider]).await;
    let told = "SELECT kind || ' ' || coalesce(note, '') FROM demand_steps ORDER BY taken_at, step";
    assert_eq!(text(&rider.phone, told), ["accept ", "feed_back 已补盖"]);
    assert_eq!(text(&rider.phone, "SELECT status FROM demands"), ["feed_back"]);
    // Put into a grid by the desk, both are read there.
    w.desk.phone.run(EditRecord::of(case, json!({"place": w.grids[0].to_string()}))).unwrap();
    w.settle(&[&a, &rider]).await;
    assert!(a.phone.report(case).is_ok() && a.phone.record(demand).is_ok());
    assert!(text(&rider.phone, "SELECT doc FROM households UNION ALL SELECT doc FROM reports").is_empty());
    w.assert_agreement(&[&a, &rider]).await;
    w.hub.stop().await;
}
