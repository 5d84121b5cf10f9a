//! A phone in several communities, of one hub and of two: what is recorded goes where it belongs, and asks where that is not clear.

use gridwalk_core::ErrorKind;
use gridwalk_core::rules::Role;
use gridwalk_hub::admin::{self, NewInvite};
use gridwalk_hub::store::all;
use gridwalk_hub::{Hub, Tenant};
use gridwalk_tests::harness::TestHub;
use gridwalk_tests::roster::EditHousehold;
use gridwalk_tests::typed::AddPlace;

use crate::world::{World, household, notes, text, visit};

/// A second community, and a link to its desk.
async fn second(hub: &Hub, url: &str, id: &str) -> (Tenant, gridwalk_core::identity::Invite) {
    let tenant = admin::create_tenant(hub, id, "另一社区").await.unwrap();
    let new = NewInvite {
        address: url.into(),
        role: Role::Cadre,
        grid: None,
        micro_grid: None,
        unit: None,
        name: Some("兼职干部".into()),
        person: None,
        valid_seconds: 600,
    };
    let invite = admin::invite(hub, &tenant, &new).await.unwrap();
    (tenant, invite)
}

fn grid(name: &str) -> AddPlace {
    AddPlace { level: "grid".into(), name: name.into() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_in_two_communities_of_one_hub_keeps_them_apart() {
    let w = World::start(330, 2).await;
    let a = w.worker(1, "g00").await;
    let (_, invite) = second(&w.hub.hub, &w.hub.url(), "qiyan").await;
    assert!(a.phone.status().unwrap().tenants[0].chosen, "the only one is meant");
    a.phone.enrol(&invite, None).await.unwrap();
    a.sync().await.unwrap();
    assert!(a.phone.status().unwrap().tenants.iter().all(|t| !t.chosen));
    // What says nothing of a community asks for it, by name; what is about something goes where that belongs.
    let asked = a.phone.run(grid("新网格")).unwrap_err();
    assert_eq!(asked.kind(), ErrorKind::Invalid);
    assert!(["wuyan", "qiyan"].iter().all(|name| asked.message_zh().contains(name) && asked.message_en().contains(name)), "{asked}");
    assert!(a.phone.service_record().is_err() && a.phone.activities(10).is_ok());
    a.phone.run(visit(w.households[0], "五堰走访")).unwrap();
    assert_eq!(a.phone.choose("nowhere").unwrap_err().kind(), ErrorKind::Enrolment);
    a.phone.choose("qiyan").unwrap();
    let there = a.phone.run(grid("七堰网格")).unwrap().value;
    let home = a.phone.run(household(there, "七堰1号", "七堰住户")).unwrap().value;
    a.phone.run(visit(home, "七堰走访")).unwrap();
    // Also while the other is chosen.
    a.phone.run(visit(w.households[1], "仍在五堰")).unwrap();
    assert!(a.phone.run(grid("干部在七堰")).is_ok(), "a cadre there, a worker here");
    a.phone.choose("wuyan").unwrap();
    assert_eq!(a.phone.run(grid("在五堰不行")).unwrap_err().kind(), ErrorKind::NotAllowed);
    // Nothing is of both.
    let both =
        EditHousehold { household: w.households[0], address: None, tenure: None, state: None, visit_every_days: None, position: None, place: Some(there) };
    assert_eq!(a.phone.run(both).unwrap_err().kind(), ErrorKind::Invalid);
    a.sync().await.unwrap();
    assert_eq!(w.ask("SELECT tenant_id || ' ' || note FROM visits ORDER BY note").await, ["qiyan 七堰走访", "wuyan 五堰走访", "wuyan 仍在五堰"]);
    assert_eq!(w.ask("SELECT name FROM places WHERE tenant_id = 'qiyan' ORDER BY name").await, ["七堰网格", "干部在七堰"]);
    let status = a.phone.status().unwrap();
    assert_eq!((status.unsent, status.quarantine.len(), status.tenants[0].chosen, status.tenants[1].chosen), (0, 0, true, false));
    // Times found later go where the visit went.
    assert_eq!(text(&a.phone, "SELECT DISTINCT json_extract(body, '$.tenant') FROM commands ORDER BY 1"), ["qiyan", "wuyan"]);
    assert_eq!(notes(&w.desk.phone).len(), 0);
    w.desk.sync().await.unwrap();
    assert_eq!(notes(&w.desk.phone), ["五堰走访", "仍在五堰"]);
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_in_communities_of_two_hubs_syncs_with_each() {
    let w = World::start(331, 1).await;
    let a = w.worker(1, "g00").await;
    let far = TestHub::start(&w.dir.path().join("far"), 332).await.unwrap();
    let (tenant, invite) = second(&far.hub, &far.url(), "yuanfang").await;
    a.phone.enrol(&invite, None).await.unwrap();
    a.sync().await.unwrap();
    a.phone.choose("yuanfang").unwrap();
    let place = a.phone.run(grid("远方网格")).unwrap().value;
    let home = a.phone.run(household(place, "远方1号", "远方住户")).unwrap().value;
    a.phone.run(visit(home, "远方走访")).unwrap();
    a.phone.run(visit(w.households[0], "五堰走访")).unwrap();
    // One hub is away: the other has its own all the same.
    let url = w.hub.url();
    a.phone.store().write(|tx| Ok(tx.execute("UPDATE tenants SET hub = 'http://127.0.0.1:9' WHERE tenant = 'wuyan'", []).map(drop)?)).unwrap();
    assert_eq!(a.sync().await.unwrap_err().kind(), ErrorKind::Offline);
    let seen = async |hub: &Hub| -> Vec<String> {
        let mut read = hub.store.read().await.unwrap();
        all(&mut read, "SELECT tenant_id || ' ' || note FROM visits ORDER BY note", vec![]).await.unwrap().iter().map(|r| r.get(0).unwrap()).collect()
    };
    assert_eq!((seen(&far.hub).await, seen(&w.hub.hub).await), (vec![format!("{} 远方走访", tenant.id)], vec![]));
    assert_eq!(a.phone.status().unwrap().unsent, 1);
    a.phone.store().write(|tx| Ok(tx.execute("UPDATE tenants SET hub = ?1 WHERE tenant = 'wuyan'", [&url]).map(drop)?)).unwrap();
    a.sync().await.unwrap();
    assert_eq!(seen(&w.hub.hub).await, ["wuyan 五堰走访"]);
    assert_eq!((a.phone.status().unwrap().unsent, a.phone.status().unwrap().quarantine.len()), (0, 0));
    far.stop().await;
    w.hub.stop().await;
}
