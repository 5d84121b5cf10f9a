//! Grids that are split, merged, handed over and served by stand-ins while phones are offline with unsent work: no record is
//! orphaned, none lost, each ends on exactly the phones that should have it, and counts once.

use gridwalk_core::reports::RaiseReport;
use gridwalk_core::rules::Role;
use gridwalk_core::{Id, Phone};
use gridwalk_hub::admin;
use gridwalk_hub::admin::grid::{self, Choice, Split, StandIn};
use gridwalk_tests::harness::{Device, report};
use gridwalk_tests::roster::{AddHousehold, AddResident, EditHousehold};
use gridwalk_tests::typed::{AddMicroGrid, AddPlace};

use crate::world::{World, household, notes, person, resident, text, visit};

const DAY: i64 = 86_400;

fn quiet(_: usize, _: usize) {}

impl World {
    async fn merge(&self, from: &str, into: &str) -> u64 {
        grid::merge(&self.hub.hub, &self.hub.tenant, from, into, &quiet).await.unwrap()
    }

    async fn split(&self, from: &str, new: &str, choice: Choice, workers: &[&Device]) -> u64 {
        let workers = workers.iter().map(|d| person(d)).collect();
        let split = Split { from: from.into(), new: new.into(), choice, workers };
        grid::split(&self.hub.hub, &self.hub.tenant, &split, &quiet).await.unwrap()
    }

    /// The numbers of households, visits and reports of each grid, as `g00 3 1 0`; what lies nowhere is under `—`.
    async fn by_grid(&self) -> Vec<String> {
        let sql = "SELECT coalesce(p.name, '—') || ' ' || count(DISTINCT h.doc) || ' ' || count(DISTINCT v.doc) FROM households h
            LEFT JOIN places p ON p.doc = h.place LEFT JOIN visits v ON v.household = h.doc GROUP BY p.doc, p.name ORDER BY p.name";
        self.ask(sql).await
    }

    async fn reports_by_grid(&self) -> Vec<String> {
        self.ask("SELECT coalesce(p.name, '—') || ' ' || count(*) FROM reports r LEFT JOIN places p ON p.doc = r.place GROUP BY p.doc, p.name ORDER BY p.name")
            .await
    }

    /// Everybody syncs until nobody has news; nothing was refused, and everyone holds what they should.
    async fn assert_all_went_well(&self, phones: &[&Device]) {
        self.settle(phones).await;
        self.settle(phones).await;
        for device in phones {
            assert!(refusals(device).is_empty(), "phone {}: {:?}", device.number, refusals(device));
        }
        self.assert_agreement(phones).await;
        let orphans = self.ask("SELECT v.doc FROM visits v WHERE NOT EXISTS (SELECT 1 FROM households h WHERE h.doc = v.household)").await;
        assert!(orphans.is_empty());
    }
}

fn refusals(device: &Device) -> Vec<String> {
    device.phone.status().unwrap().quarantine.into_iter().map(|q| q.reason).collect()
}

fn scopes(phone: &Phone) -> String {
    text(phone, "SELECT grants FROM tenants").remove(0)
}

fn tenure(household: Id) -> EditHousehold {
    let none = EditHousehold { household, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: None };
    EditHousehold { tenure: Some("租住".into()), ..none }
}

fn at_latitude(place: Id, address: &str, lat: f64) -> AddHousehold {
    AddHousehold { lat: Some(lat), lon: Some(110.8), ..household(place, address, address) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_of_a_merged_grid_ends_in_the_other_also_what_was_made_offline() {
    let w = World::start(140, 3).await;
    let a = w.worker(1, "g00").await;
    let c = w.worker(3, "g00").await;
    let b = w.worker(2, "g01").await;
    let home = w.households[0];
    a.phone.run(visit(home, "已知")).unwrap();
    w.settle(&[&a, &b, &c]).await;
    // Two phones of the old grid work offline: visits, edits, a new household with a visit, a report with a step.
    a.phone.run(tenure(home)).unwrap();
    a.phone.run(AddResident { household: home, resident: resident("新登记") }).unwrap();
    a.phone.run(visit(home, "甲访")).unwrap();
    let new = a.phone.run(household(w.grids[0], "新楼", "新户主")).unwrap().value;
    a.phone.run(visit(new, "访新户")).unwrap();
    let raised = a.phone.run(report(w.grids[0], "路灯不亮")).unwrap().value;
    a.phone.run(gridwalk_core::cases::AddStep::new(raised, "accept")).unwrap();
    c.phone.run(visit(home, "丙访")).unwrap();
    c.phone.run(AddResident { household: home, resident: resident("丙登记") }).unwrap();
    assert_eq!(w.merge("g00", "g01").await, 3 + 2);
    // Between the two requests of one phone more is recorded about what has moved meanwhile.
    a.sync().await.unwrap();
    a.phone.run(visit(new, "再访新户")).unwrap();
    w.assert_all_went_well(&[&a, &c, &b]).await;
    assert_eq!(w.by_grid().await, ["g01 7 5"]);
    assert_eq!(w.reports_by_grid().await, ["g01 1"]);
    let page = gridwalk_hub::desk::figures(&w.hub.hub).await.unwrap().communities.remove(0);
    let figures: Vec<_> = page.grids.iter().map(|g| (g.name.as_str(), g.households, g.reports, g.visits)).collect();
    assert_eq!((figures, page.defects.len()), (vec![("g01", 7, 1, 5)], 0));
    for device in [&a, &b, &c] {
        assert_eq!(notes(&device.phone), ["丙访", "再访新户", "已知", "甲访", "访新户"]);
        assert_eq!(device.phone.household(home).unwrap().residents.len(), 3);
        assert_eq!(device.phone.report(raised).unwrap().1.steps.len(), 1);
        assert!(scopes(&device.phone).contains(&w.grids[1].to_string()) && !scopes(&device.phone).contains(&w.grids[0].to_string()));
    }
    // The old grid stays known as what became of it, and nobody is invited to it.
    let became = format!("SELECT state || ' ' || successor FROM places WHERE doc = '{}'", w.grids[0]);
    assert_eq!(text(&b.phone, &became), [format!("closed {}", w.grids[1])]);
    assert!(w.hub.invite(Role::GridWorker, Some("g00"), "新人").await.is_err());
    // Run again it changes nothing; merged elsewhere it cannot be.
    assert_eq!(w.merge("g00", "g01").await, 0);
    assert!(grid::merge(&w.hub.hub, &w.hub.tenant, "g01", "g00", &quiet).await.is_err());
    w.assert_all_went_well(&[&a, &c, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_offline_follows_a_chain_of_merges() {
    let w = World::start(141, 1).await;
    let a = w.worker(1, "g00").await;
    let member = w.worker(4, "g00").await;
    let last = w.desk.phone.run(AddPlace { level: "grid".into(), name: "g02".into() }).unwrap().value;
    w.desk.sync().await.unwrap();
    let b = w.worker(2, "g02").await;
    let new = a.phone.run(household(w.grids[0], "新楼", "新户主")).unwrap().value;
    a.phone.run(visit(new, "访新户")).unwrap();
    a.phone.run(report(w.grids[0], "路灯不亮")).unwrap();
    w.merge("g00", "g01").await;
    w.merge("g01", "g02").await;
    w.pass(20 * DAY, &[&a, &b, &member]);
    assert_eq!(member.sync().await.unwrap().refused, 0);
    w.assert_all_went_well(&[&a, &b, &member]).await;
    assert_eq!((w.by_grid().await, w.reports_by_grid().await), (vec!["g02 3 1".into()], vec!["g02 1".into()]));
    assert_eq!(text(&b.phone, &format!("SELECT place FROM households WHERE doc = '{new}'")), [last.to_string()]);
    // A phone that knows of the closing records where its successor is.
    let there = a.phone.run(household(w.grids[1], "又一楼", "某人")).unwrap().value;
    assert_eq!(text(&a.phone, &format!("SELECT place FROM households WHERE doc = '{there}'")), [last.to_string()]);
    w.assert_all_went_well(&[&a, &b, &member]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_household_in_a_grid_merged_away_31_days_ago_is_kept_and_can_be_handed_in() {
    let w = World::start(142, 1).await;
    let a = w.worker(1, "g00").await;
    let new = a.phone.run(household(w.grids[0], "新楼", "新户主")).unwrap();
    a.phone.run(visit(new.value, "访新户")).unwrap();
    w.merge("g00", "g01").await;
    w.pass(31 * DAY, &[&a]);
    a.sync().await.unwrap();
    w.settle(&[&a]).await;
    assert_eq!(refusals(&a), ["outside_scope", "gone"]);
    w.assert_agreement(&[&a]).await;
    // Resubmitted it lies where the grid has gone.
    a.phone.resubmit(new.command).unwrap();
    w.settle(&[&a]).await;
    assert_eq!(w.by_grid().await, ["g01 3 0"]);
    assert_eq!(refusals(&a), ["gone"]);
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_that_is_undone_gives_back_what_came_with_it_and_who() {
    let w = World::start(143, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    let away = w.worker(3, "g00").await;
    away.phone.run(visit(w.households[0], "全程离线")).unwrap();
    away.phone.run(household(w.grids[0], "离线新楼", "某人")).unwrap();
    a.phone.run(report(w.grids[0], "路灯不亮")).unwrap();
    a.sync().await.unwrap();
    w.merge("g00", "g01").await;
    a.sync().await.unwrap();
    b.sync().await.unwrap();
    // Work goes on in the merged grid, on what came and on what was there, and is not sent yet.
    a.phone.run(visit(w.households[0], "合并后甲访")).unwrap();
    a.phone.run(visit(w.households[2], "甲访原有")).unwrap();
    b.phone.run(visit(w.households[1], "合并后乙访")).unwrap();
    b.phone.run(tenure(w.households[0])).unwrap();
    let plan = Split { from: "g01".into(), new: "g00".into(), choice: Choice::Back, workers: vec![] };
    let plan = grid::plan_split(&w.hub.hub, &w.hub.tenant, &plan).await.unwrap();
    assert_eq!((plan.households, plan.reports, plan.persons, plan.workers.len()), (2, 1, 2, 2));
    w.split("g01", "g00", Choice::Back, &[]).await;
    w.assert_all_went_well(&[&away, &b, &a]).await;
    assert_eq!(w.by_grid().await, ["g00 3 3", "g01 2 1"]);
    assert_eq!(w.reports_by_grid().await, ["g00 1"]);
    assert_eq!(notes(&a.phone), ["全程离线", "合并后乙访", "合并后甲访"]);
    assert_eq!(notes(&b.phone), ["甲访原有"]);
    assert!(!scopes(&a.phone).contains(&w.grids[1].to_string()) && scopes(&away.phone).contains(&w.grids[0].to_string()));
    // Nothing is left to be undone.
    let again = Split { from: "g01".into(), new: "g00".into(), choice: Choice::Back, workers: vec![] };
    assert!(grid::split(&w.hub.hub, &w.hub.tenant, &again, &quiet).await.is_err());
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_split_takes_the_chosen_households_and_the_reports_nearest_to_them() {
    let w = World::start(144, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    let micro_grids = ["一号楼", "二号楼"].map(|name| w.desk.phone.run(AddMicroGrid { grid: w.grids[0], name: name.into() }).unwrap().value);
    w.settle(&[&a]).await;
    let far = a.phone.run(at_latitude(micro_grids[1], "二号楼1室", 32.70)).unwrap().value;
    let stays = a.phone.run(at_latitude(micro_grids[0], "一号楼1室", 32.60)).unwrap().value;
    let at = |title: &str, lat| RaiseReport { lat: Some(lat), lon: Some(110.8), ..report(w.grids[0], title) };
    for input in [at("二号楼积水", 32.69), at("一号楼积水", 32.61), report(w.grids[0], "没有位置")] {
        a.phone.run(input).unwrap();
    }
    a.phone.run(visit(far, "拆分前")).unwrap();
    w.settle(&[&a, &b]).await;
    // Offline while it is split: a visit and an edit on what goes, a new household and a report in what stays.
    a.phone.run(visit(far, "不知已拆")).unwrap();
    a.phone.run(tenure(far)).unwrap();
    let new = a.phone.run(household(w.grids[0], "新楼", "新户主")).unwrap().value;
    a.phone.run(visit(new, "访新户")).unwrap();
    let split = Split { from: "g00".into(), new: "g09".into(), choice: Choice::MicroGrids(vec!["二号楼".into()]), workers: vec![person(&b)] };
    let plan = grid::plan_split(&w.hub.hub, &w.hub.tenant, &split).await.unwrap();
    assert_eq!((plan.households, plan.reports, plan.persons, plan.events), (1, 1, 0, 1));
    assert_eq!(w.ask("SELECT name FROM places WHERE name = 'g09'").await.len(), 0);
    w.split("g00", "g09", Choice::MicroGrids(vec!["二号楼".into()]), &[&b]).await;
    w.assert_all_went_well(&[&b, &a]).await;
    assert_eq!(w.by_grid().await, ["g00 4 1", "g01 2 0", "g09 1 2"]);
    assert_eq!(w.reports_by_grid().await, ["g00 2", "g09 1"]);
    assert!(a.phone.household(far).is_err() && a.phone.household(stays).is_ok());
    // A closed grid that is not empty is a defect, and shown as one.
    w.tell(&format!("UPDATE places SET state = 'closed' WHERE doc = '{}'", w.grids[0])).await;
    let page = gridwalk_hub::desk::figures(&w.hub.hub).await.unwrap().communities.remove(0);
    assert_eq!(page.grids.iter().map(|g| (g.name.as_str(), g.households, g.visits)).collect::<Vec<_>>(), [("g01", 2, 0), ("g09", 1, 2)]);
    assert_eq!((page.defects[0].name.as_str(), page.defects[0].households), ("g00", 4));
    w.tell(&format!("UPDATE places SET state = 'open' WHERE doc = '{}'", w.grids[0])).await;
    assert_eq!((notes(&a.phone), notes(&b.phone)), (vec!["访新户".into()], vec!["不知已拆".to_owned(), "拆分前".into()]));
    // By address, and back by merging.
    w.split("g00", "g08", Choice::Households(vec!["新楼".into(), stays.to_string()]), &[&a]).await;
    w.assert_all_went_well(&[&b, &a]).await;
    assert_eq!(w.by_grid().await, ["g00 2 0", "g01 2 0", "g08 2 1", "g09 1 2"]);
    w.merge("g08", "g00").await;
    w.merge("g09", "g00").await;
    w.assert_all_went_well(&[&b, &a]).await;
    assert_eq!(w.by_grid().await, ["g00 5 3", "g01 2 0"]);
    assert_eq!(notes(&b.phone).len(), 3);
    w.hub.stop().await;
}

/// A worker who handed a grid over comes back after `days` with visits that nobody has seen.
async fn handed_over(seed: u64, days: i64) -> (World, Device, Device) {
    let w = World::start(seed, 2).await;
    let old = w.worker(1, "g00").await;
    let new = w.worker(2, "g01").await;
    old.phone.run(visit(w.households[0], "移交前")).unwrap();
    grid::hand_over(&w.hub.hub, &w.hub.tenant, "g00", person(&old), person(&new)).await.unwrap();
    old.phone.run(visit(w.households[1], "不知已移交")).unwrap();
    w.pass(days * DAY, &[&old, &new]);
    new.sync().await.unwrap();
    w.settle(&[&old, &new]).await;
    (w, old, new)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grid_handed_over_takes_the_old_workers_visits_for_29_days() {
    let (w, old, new) = handed_over(145, 29).await;
    w.assert_all_went_well(&[&old, &new]).await;
    assert_eq!(notes(&new.phone), ["不知已移交", "移交前"]);
    assert!(notes(&old.phone).is_empty() && old.phone.household(w.households[0]).is_err());
    // Handed back, it is as before.
    grid::hand_over(&w.hub.hub, &w.hub.tenant, "g00", person(&new), person(&old)).await.unwrap();
    w.assert_all_went_well(&[&old, &new]).await;
    assert_eq!((notes(&old.phone).len(), notes(&new.phone).len()), (2, 0));
    assert!(grid::hand_over(&w.hub.hub, &w.hub.tenant, "g00", person(&new), person(&old)).await.is_err());
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_31_days_the_old_workers_visits_are_kept_with_their_reason() {
    let (w, old, new) = handed_over(146, 31).await;
    assert_eq!(refusals(&old), ["outside_scope", "outside_scope"]);
    let kept: Vec<_> = old.phone.status().unwrap().quarantine.iter().map(|q| q.input["note"].clone()).collect();
    assert_eq!(kept, ["移交前", "不知已移交"]);
    assert!(notes(&new.phone).is_empty());
    w.assert_agreement(&[&old, &new]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stand_in_receives_the_grid_and_the_hub_takes_it_back_on_the_day() {
    let w = World::start(147, 2).await;
    let away = w.worker(1, "g00").await;
    let by = w.worker(2, "g01").await;
    let now = w.hub.hub.now();
    let stand_in = |until| StandIn { grid: "g00".into(), absent: person(&away), by: person(&by), until };
    assert!(grid::stand_in(&w.hub.hub, &w.hub.tenant, &stand_in(now)).await.is_err());
    grid::stand_in(&w.hub.hub, &w.hub.tenant, &stand_in(now + 5 * DAY)).await.unwrap();
    by.sync().await.unwrap();
    by.phone.run(visit(w.households[0], "替班第一天")).unwrap();
    w.assert_all_went_well(&[&away, &by]).await;
    assert_eq!(notes(&away.phone), ["替班第一天"]);
    // Offline past the last day: what was done before the phone could hear of the end counts.
    by.phone.run(visit(w.households[1], "替班最后一天")).unwrap();
    let new = by.phone.run(household(w.grids[0], "替班新楼", "某人")).unwrap().value;
    w.pass(6 * DAY, &[&away, &by]);
    by.phone.run(visit(new, "到期后不知")).unwrap();
    w.assert_all_went_well(&[&by, &away]).await;
    assert_eq!(notes(&away.phone), ["到期后不知", "替班最后一天", "替班第一天"]);
    assert!(notes(&by.phone).is_empty() && by.phone.household(w.households[0]).is_err() && by.phone.household(w.households[2]).is_ok());
    assert!(by.phone.run(visit(w.households[0], "到期后")).is_err());
    let ended = w.ask("SELECT by_whom || ' ' || verb FROM audit_log WHERE verb = 'end_role'").await;
    assert_eq!(ended, ["hub end_role"]);
    // Again, and ended early; nobody stands in for themselves.
    let now = w.hub.hub.now();
    grid::stand_in(&w.hub.hub, &w.hub.tenant, &stand_in(now + 5 * DAY)).await.unwrap();
    w.assert_all_went_well(&[&away, &by]).await;
    assert_eq!(notes(&by.phone).len(), 3);
    grid::end_stand_in(&w.hub.hub, &w.hub.tenant, "g00", person(&by)).await.unwrap();
    assert!(grid::end_stand_in(&w.hub.hub, &w.hub.tenant, "g00", person(&away)).await.is_err());
    w.assert_all_went_well(&[&away, &by]).await;
    assert!(notes(&by.phone).is_empty());
    let own = StandIn { grid: "g00".into(), absent: person(&away), by: person(&away), until: now + 9 * DAY };
    assert!(grid::stand_in(&w.hub.hub, &w.hub.tenant, &own).await.is_err());
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_restored_to_before_a_merge_has_everything_again_and_merges_again() {
    let w = World::start(148, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    let backup = w.dir.path().join("backup.db");
    admin::backup(&w.hub.hub, &backup).await.unwrap();
    a.phone.run(visit(w.households[0], "合并前")).unwrap();
    let new = a.phone.run(household(w.grids[0], "新楼", "新户主")).unwrap().value;
    w.merge("g00", "g01").await;
    w.settle(&[&a, &b]).await;
    a.phone.run(visit(new, "合并后甲访")).unwrap();
    b.phone.run(visit(w.households[0], "合并后乙访")).unwrap();
    w.settle(&[&a, &b]).await;
    b.phone.run(visit(new, "未同步")).unwrap();
    let w = w.restart(1148, Some(&backup), &[&a, &b]).await;
    // The hub forgot the merge: the second grid's worker has no role in the first any more, and is heard once it is merged again.
    w.merge("g00", "g01").await;
    w.assert_all_went_well(&[&b, &a]).await;
    assert_eq!(w.by_grid().await, ["g01 5 4"]);
    assert_eq!(notes(&b.phone), ["合并前", "合并后乙访", "合并后甲访", "未同步"]);
    w.hub.stop().await;
}
