//! Old changes are folded into snapshots: new phones, phones with old cursors and later edits see no difference.

use gridwalk_hub::sync::fold::fold;
use gridwalk_tests::roster::{EditHousehold, EditResident, ResidentField};

use crate::world::{World, first_resident, notes, text, visit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn folding_changes_nothing_that_anyone_can_see() {
    let w = World::start(100, 4).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    let far = w.worker(3, "g01").await;
    let old = w.worker(4, "g00").await;
    let (home, moving) = (w.households[0], w.households[1]);
    let head = first_resident(&a.phone, home);
    let number = |n: usize| EditResident {
        household: home,
        resident: head,
        set: vec![(ResidentField::Phone, format!("1390000{n:04}"))],
        add_tags: vec![format!("标签{n}")],
        remove_tags: vec![],
    };
    for n in 0..8 {
        let by = if n % 2 == 0 { &a } else { &b };
        by.phone.run(number(n)).unwrap();
        by.phone.run(visit(moving, &format!("{n}"))).unwrap();
        by.phone.run(EditResident { household: moving, resident: first_resident(&by.phone, moving), ..number(n) }).unwrap();
        w.settle(&[&a, &b]).await;
        if n == 3 {
            // Half of the history is in the cursor of one phone that is away from now on.
            old.sync().await.unwrap();
        }
    }
    // Two at once: a conflict within what is folded.
    a.phone.run(number(100)).unwrap();
    b.phone.run(number(200)).unwrap();
    w.settle(&[&a, &b]).await;
    let moved = EditHousehold { household: moving, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: Some(w.grids[1]) };
    w.desk.phone.run(moved).unwrap();
    w.desk.sync().await.unwrap();
    // One more change on the moved household, later in the sequence than its leaving.
    let tenure =
        EditHousehold { household: moving, address: None, tenure: Some("租住".into()), state: None, visit_every_days: None, position: None, place: None };
    w.desk.phone.run(tenure).unwrap();
    w.desk.sync().await.unwrap();
    let before = w.ask("SELECT count(*) || '' FROM changes").await;
    let folded = fold(&w.hub.hub, &w.hub.tenant, w.hub.hub.now() + 86_400).await.unwrap();
    assert!(folded >= 2, "{folded}");
    assert!(w.ask("SELECT count(*) || '' FROM changes").await[0].parse::<u32>().unwrap() < before[0].parse().unwrap());
    let fresh = w.worker(5, "g00").await;
    w.settle(&[&a, &b, &far, &old, &fresh]).await;
    w.assert_agreement(&[&a, &b, &far, &old, &fresh]).await;
    assert!(old.phone.household(moving).is_err());
    assert_eq!(notes(&far.phone).len(), 8);
    assert_eq!(fresh.phone.conflicts().unwrap().len(), 1);
    // Work goes on, is folded again, and on.
    for round in 0..2 {
        for device in [&a, &b, &old, &fresh] {
            device.phone.run(visit(home, &format!("轮{round}"))).unwrap();
            let tag =
                EditResident { household: home, resident: head, set: vec![], add_tags: vec![format!("新{round}{}", device.number)], remove_tags: vec![] };
            device.phone.run(tag).unwrap();
            device.sync().await.unwrap();
        }
        w.pass(86_400, &[&a, &b, &far, &old, &fresh]);
        assert!(fold(&w.hub.hub, &w.hub.tenant, w.hub.hub.now()).await.unwrap() > 0);
        w.settle(&[&a, &b, &far, &old, &fresh]).await;
        w.assert_agreement(&[&a, &b, &far, &old, &fresh]).await;
    }
    let tags = text(&fresh.phone, &format!("SELECT tags FROM residents WHERE doc = '{home}'"));
    assert_eq!(tags[0].split(' ').filter(|t| t.starts_with('新')).count(), 8);
    w.hub.stop().await;
}
