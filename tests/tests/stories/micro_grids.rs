//! Micro-grids (微网格、楼道): a lead has the households of theirs, with what happens there, and nothing else, whatever moves.

use automerge::transaction::Transactable;
use automerge::{ObjType, ROOT};
use gridwalk_core::Id;
use gridwalk_core::documents::change_body;
use gridwalk_core::rules::Role;
use gridwalk_core::store::load;
use gridwalk_core::sync::protocol::VerdictCode;
use gridwalk_hub::admin::grid::{self, Choice, Split};
use gridwalk_hub::admin::{self, NewInvite};
use gridwalk_hub::import::{import, mapping::Mapping};
use gridwalk_tests::harness::{Device, report};
use gridwalk_tests::roster::{AddHousehold, AddResident, EditHousehold};
use gridwalk_tests::typed::{AddMicroGrid, EditPlace};

use crate::hostile::made;
use crate::wire::Hand;
use crate::world::{World, household, notes, person, resident, text, visit};

const DAY: i64 = 86_400;

fn quiet(_: usize, _: usize) {}

impl World {
    /// A micro-grid of a grid, made at the desk.
    async fn micro_grid(&self, grid: Id, name: &str) -> Id {
        let made = self.desk.phone.run(AddMicroGrid { grid, name: name.into() }).unwrap().value;
        self.desk.sync().await.unwrap();
        made
    }

    /// The phone of a micro-grid's lead.
    async fn lead(&self, number: u64, grid: &str, micro_grid: &str) -> Device {
        let new = NewInvite {
            address: self.hub.url(),
            role: Role::MicroGridLead,
            grid: Some(grid.into()),
            micro_grid: Some(micro_grid.into()),
            unit: None,
            name: Some(format!("楼长{number}")),
            person: None,
            valid_seconds: 600,
        };
        let invite = admin::invite(&self.hub.hub, &self.hub.tenant, &new).await.unwrap();
        Device::enrolled(self.dir.path(), number, &invite).await.unwrap()
    }

    async fn split_off(&self, from: &str, new: &str, choice: Choice) {
        let split = Split { from: from.into(), new: new.into(), choice, workers: vec![] };
        grid::split(&self.hub.hub, &self.hub.tenant, &split, &quiet).await.unwrap();
    }
}

fn homes(device: &Device) -> Vec<String> {
    text(&device.phone, "SELECT address FROM households ORDER BY address")
}

fn refusals(device: &Device) -> Vec<String> {
    device.phone.status().unwrap().quarantine.into_iter().map(|q| q.reason).collect()
}

fn to(household: Id, place: Id) -> EditHousehold {
    EditHousehold { household, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: Some(place) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lead_has_exactly_the_households_and_visits_of_their_micro_grid() {
    let w = World::start(300, 0).await;
    // The file names grids and micro-grids; two grids may have one of the same name.
    let line = |n: u32, grid: &str, micro: &str| {
        let micro = if micro.is_empty() { String::new() } else { format!(r#","micro_grid":"{micro}""#) };
        format!(r#"{{"id":"h{n}","grid":"{grid}"{micro},"address":"{n}号","residents":[{{"id":"r{n}","name":"住户{n}","tags":[]}}],"visit_every_days":30}}"#)
    };
    let lines = [line(1, "a", "一号楼"), line(2, "a", "二号楼"), line(3, "a", "二号楼"), line(4, "a", ""), line(5, "b", "二号楼")];
    let file = w.dir.path().join("households.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    for _ in 0..2 {
        let done = import(&w.hub.hub, &w.hub.tenant, &file, &Mapping::default(), |_, _| {}).await.unwrap();
        assert_eq!((done.added + done.known, done.rejected), (5, 0));
    }
    assert_eq!(w.ask("SELECT name FROM places WHERE level = 'micro_grid' ORDER BY name").await, ["一号楼", "二号楼", "二号楼"]);

    let worker = w.worker(1, "a").await;
    let lead = w.lead(2, "a", "二号楼").await;
    assert_eq!((homes(&worker), homes(&lead)), (vec!["1号".into(), "2号".into(), "3号".into(), "4号".into()], vec!["2号".to_owned(), "3号".into()]));
    assert_eq!(lead.phone.today(None, 10).unwrap().len(), 2);
    assert_eq!(lead.phone.find("住户", 10).unwrap().len(), 2);
    let homes_on = |d: &Device| text(&d.phone, "SELECT doc FROM households ORDER BY address").iter().map(|id| id.parse().unwrap()).collect::<Vec<Id>>();
    let (all, theirs) = (homes_on(&worker), homes_on(&lead));
    assert_eq!(all[1..3], theirs);

    // Both work there, and only there do they see each other's work.
    worker.phone.run(visit(all[0], "一号楼")).unwrap();
    worker.phone.run(visit(all[2], "网格员访")).unwrap();
    lead.phone.run(visit(theirs[0], "楼长访")).unwrap();
    lead.phone.run(AddResident { household: theirs[0], resident: resident("新生儿") }).unwrap();
    let micro: Id = lead.phone.household(theirs[0]).unwrap().micro_grid.parse().unwrap();
    let case = lead.phone.run(report(micro, "楼道灯不亮")).unwrap().value;
    w.settle(&[&worker, &lead]).await;
    assert_eq!((notes(&worker.phone).len(), notes(&lead.phone)), (3, vec!["楼长访".to_owned(), "网格员访".into()]));
    assert_eq!(worker.phone.household(all[1]).unwrap().residents.len(), 2);
    assert_eq!(worker.phone.visits_of(all[1], 1).unwrap()[0].by_name, "楼长2");
    assert_eq!(worker.phone.report(case).unwrap().0.title, "楼道灯不亮");
    let step = gridwalk_core::cases::AddStep::new(case, "accept");
    lead.phone.run(step).unwrap();
    w.settle(&[&worker, &lead]).await;
    assert_eq!(worker.phone.report(case).unwrap().1.steps.len(), 1);
    // A lead neither moves a household nor adds one: that is the grid's.
    assert!(lead.phone.run(to(theirs[0], micro)).is_ok(), "it lies there already");
    let new = AddHousehold { place: micro, ..household(micro, "9号", "某人") };
    assert_eq!(lead.phone.run(new).unwrap_err().kind(), gridwalk_core::ErrorKind::NotAllowed);
    assert!(refusals(&lead).is_empty() && refusals(&worker).is_empty());
    w.assert_agreement(&[&worker, &lead]).await;

    // A household counts once, in its grid.
    let listed = grid::list(&w.hub.hub, &w.hub.tenant).await.unwrap();
    let a = listed.iter().find(|g| g.name == "a").unwrap();
    let micro_grids: Vec<_> = a.micro_grids.iter().map(|m| (m.name.as_str(), m.households, m.leads.len())).collect();
    assert_eq!((listed.len(), a.households, a.reports, micro_grids), (4, 4, 1, vec![("一号楼", 1, 0), ("二号楼", 2, 1)]));
    let page = gridwalk_hub::desk::figures(&w.hub.hub).await.unwrap().communities.remove(0);
    let figures: Vec<_> = page.grids.iter().map(|g| (g.name.as_str(), g.households, g.visits)).collect();
    assert_eq!(figures, [("a", 4, 3), ("b", 1, 0), ("g00", 0, 0), ("g01", 0, 0)]);
    let seen: Vec<_> = worker.phone.places().unwrap().into_iter().map(|p| (p.name, p.households)).collect();
    assert_eq!(seen, [("a".into(), 4), ("一号楼".into(), 1), ("二号楼".to_owned(), 2)]);
    // The desk renames it; everyone hears.
    w.desk.phone.run(EditPlace { place: micro, name: "二号楼（电梯）".into() }).unwrap();
    w.settle(&[&worker, &lead]).await;
    assert_eq!(lead.phone.places().unwrap()[0].name, "二号楼(电梯)");
    w.assert_agreement(&[&worker, &lead]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lead_loses_a_household_that_leaves_and_nothing_of_their_work_is_lost() {
    let w = World::start(301, 2).await;
    let (one, two) = (w.micro_grid(w.grids[0], "一号楼").await, w.micro_grid(w.grids[0], "二号楼").await);
    let foreign = w.micro_grid(w.grids[1], "一号楼").await;
    let worker = w.worker(1, "g00").await;
    let lead = w.lead(2, "g00", "一号楼").await;
    let next = w.lead(3, "g00", "二号楼").await;
    let abroad = w.lead(4, "g01", "一号楼").await;
    assert!(homes(&lead).is_empty());
    let phones = [&worker, &lead, &next, &abroad];
    // The grid's worker says in which building a household is.
    let home = w.households[0];
    worker.phone.run(visit(home, "入楼前")).unwrap();
    worker.phone.run(to(home, one)).unwrap();
    w.settle(&phones).await;
    assert_eq!(notes(&lead.phone), ["入楼前"]);
    // It moves to the next building while its lead is offline with work on it.
    lead.phone.run(visit(home, "楼长离线")).unwrap();
    lead.phone.run(AddResident { household: home, resident: resident("家属") }).unwrap();
    worker.phone.run(to(home, two)).unwrap();
    worker.sync().await.unwrap();
    w.settle(&phones).await;
    assert!(phones.iter().all(|d| refusals(d).is_empty()));
    assert!(lead.phone.household(home).is_err() && notes(&lead.phone).is_empty());
    assert_eq!((notes(&next.phone), next.phone.household(home).unwrap().residents.len()), (vec!["入楼前".into(), "楼长离线".to_owned()], 2));
    w.assert_agreement(&phones).await;
    // Another grid takes it with no building of the old one: whoever set one at the same time does not keep it there.
    w.desk.phone.run(to(home, w.grids[1])).unwrap();
    worker.phone.run(to(home, one)).unwrap();
    w.desk.sync().await.unwrap();
    w.settle(&phones).await;
    assert_eq!(w.ask(&format!("SELECT coalesce(micro_grid, '-') FROM households WHERE doc = '{home}'")).await, ["-"]);
    assert!(phones.iter().all(|d| d.phone.household(home).is_err() && notes(&d.phone).is_empty()));
    // A client that names another grid's building gives nothing away.
    let other = w.households[1];
    let hand = Hand::of(&worker);
    let actor = hand.actor(1);
    let held = worker.phone.store().read(|c| load(c, other)).unwrap().unwrap();
    let change = made(held.automerge(), actor, |tx| {
        let field = tx.put_object(ROOT, "micro_grid", ObjType::Map).unwrap();
        tx.put(&field, "value", foreign.to_string()).unwrap();
        tx.put(&field, "by", person(&worker).to_string()).unwrap();
        tx.put(&field, "at", 1_i64).unwrap();
    });
    let verdicts = hand.offer(&w, Id { actor: hand.actor(0), counter: 1 }, &[vec![(other, 0, 2, change_body(&change).to_vec())]]).await;
    assert_eq!(verdicts.iter().map(|v| v.code).collect::<Vec<_>>(), [VerdictCode::Taken]);
    w.settle(&phones).await;
    assert!(homes(&abroad).is_empty());
    assert_eq!(w.ask(&format!("SELECT coalesce(micro_grid, '-') FROM households WHERE doc = '{other}'")).await, ["-"]);
    w.assert_agreement(&phones).await;
    // The role ends like any other.
    worker.phone.run(to(other, two)).unwrap();
    w.settle(&phones).await;
    assert_eq!(homes(&next).len(), 1);
    admin::end_role(&w.hub.hub, &w.hub.tenant, person(&next), Role::MicroGridLead, Some("g00"), Some("二号楼"), None).await.unwrap();
    w.pass(31 * DAY, &phones);
    w.settle(&phones).await;
    assert!(homes(&next).is_empty());
    w.assert_agreement(&phones).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_micro_grid_goes_with_its_grid_through_merge_split_and_hand_over() {
    let w = World::start(302, 1).await;
    let (one, two) = (w.micro_grid(w.grids[0], "一号楼").await, w.micro_grid(w.grids[0], "二号楼").await);
    // The other grid has a building of the same name: they are two.
    let same = w.micro_grid(w.grids[1], "一号楼").await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    let lead = w.lead(3, "g00", "一号楼").await;
    let other = w.lead(4, "g01", "一号楼").await;
    let phones = [&a, &b, &lead, &other];
    let home = a.phone.run(household(one, "一楼1室", "甲")).unwrap().value;
    a.phone.run(household(one, "一楼2室", "乙")).unwrap();
    let next = a.phone.run(household(two, "二楼1室", "丙")).unwrap().value;
    b.phone.run(household(same, "另一楼1室", "丁")).unwrap();
    w.settle(&phones).await;
    let check = async |step: &str, lies_in: &str| {
        w.settle(&phones).await;
        w.settle(&phones).await;
        assert!(phones.iter().all(|d| refusals(d).is_empty()), "{step}");
        assert_eq!((homes(&lead), homes(&other)), (vec!["一楼1室".into(), "一楼2室".into()], vec!["另一楼1室".to_owned()]), "{step}");
        let sql = format!("SELECT g.name FROM places m JOIN places g ON g.doc = m.place WHERE m.doc = '{one}'");
        assert_eq!(w.ask(&sql).await, [lies_in], "{step}");
        let astray = "SELECT h.doc FROM households h JOIN places m ON m.doc = h.micro_grid WHERE m.place <> h.place";
        assert!(w.ask(astray).await.is_empty(), "{step}: a micro-grid lies in one grid");
        w.assert_agreement(&phones).await;
    };
    // Everyone works offline while the grids are merged, and the worker adds a household to the building.
    lead.phone.run(visit(home, "楼长一")).unwrap();
    a.phone.run(visit(home, "合并前")).unwrap();
    let plan = grid::plan_merge(&w.hub.hub, &w.hub.tenant, "g00", "g01").await.unwrap();
    assert_eq!((plan.households, plan.micro_grids), (4, 2));
    grid::merge(&w.hub.hub, &w.hub.tenant, "g00", "g01", &quiet).await.unwrap();
    let extra = a.phone.run(household(two, "二楼2室", "戊")).unwrap().value;
    check("merged", "g01").await;
    assert_eq!(w.ask(&format!("SELECT micro_grid FROM households WHERE doc = '{extra}'")).await, [two.to_string()]);
    assert_eq!(notes(&lead.phone), ["合并前", "楼长一"]);
    // Two buildings of one name are told apart by renaming; an invite asks for that.
    let named = NewInvite {
        address: w.hub.url(),
        role: Role::MicroGridLead,
        grid: Some("g01".into()),
        micro_grid: Some("一号楼".into()),
        unit: None,
        name: Some("某人".into()),
        person: None,
        valid_seconds: 60,
    };
    assert!(admin::invite(&w.hub.hub, &w.hub.tenant, &named).await.is_err());
    // The merge is undone.
    lead.phone.run(visit(home, "楼长二")).unwrap();
    w.split_off("g01", "g00", Choice::Back).await;
    check("back", "g00").await;
    // A building becomes a grid of its own, without its lead noticing.
    lead.phone.run(visit(home, "楼长三")).unwrap();
    w.split_off("g00", "g05", Choice::MicroGrids(vec!["一号楼".into()])).await;
    check("split", "g05").await;
    assert!(a.phone.household(home).is_err() && a.phone.household(next).is_ok());
    grid::merge(&w.hub.hub, &w.hub.tenant, "g05", "g00", &quiet).await.unwrap();
    check("merged again", "g00").await;
    // Chosen one by one: a building goes with the last of its households, and a part of one leaves it.
    w.split_off("g00", "g06", Choice::Households(vec!["一楼1室".into(), "一楼2室".into(), "二楼1室".into()])).await;
    check("by household", "g06").await;
    let where_is =
        |home: Id| format!("SELECT p.name || ' ' || coalesce(h.micro_grid, '-') FROM households h JOIN places p ON p.doc = h.place WHERE h.doc = '{home}'");
    assert_eq!(w.ask(&where_is(next)).await, ["g06 -"]);
    assert_eq!(w.ask(&where_is(extra)).await, [format!("g00 {two}")]);
    // Handing the grid over is none of the lead's business.
    grid::hand_over(&w.hub.hub, &w.hub.tenant, "g00", person(&a), person(&b)).await.unwrap();
    lead.phone.run(visit(home, "楼长四")).unwrap();
    check("handed over", "g06").await;
    assert_eq!(notes(&lead.phone), ["合并前", "楼长一", "楼长三", "楼长二", "楼长四"]);
    w.hub.stop().await;
}
