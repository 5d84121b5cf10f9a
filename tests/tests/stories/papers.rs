//! Papers and their numbers: a series without a gap, given by the hub alone.

use gridwalk_core::Id;
use gridwalk_core::papers::{IssuePaper, VoidPaper};
use gridwalk_core::rules::Role;
use gridwalk_hub::admin::{self, Target};
use gridwalk_hub::sync::{Numbered, numbers};
use gridwalk_tests::harness::Device;

use crate::world::{World, first_resident, text};

fn issue(device: &Device, w: &World, home: usize) -> Id {
    let household = w.households[home];
    let resident = first_resident(&device.phone, household);
    device.phone.run(IssuePaper { sort: "residence".into(), household, resident, purpose: "办理入学".into() }).unwrap().value
}

fn label(device: &Device, paper: Id) -> String {
    device.phone.papers(99).unwrap().into_iter().find(|p| p.id == paper).unwrap().label
}

/// The numbers that the hub gave, with whether each is void.
async fn series(w: &World) -> Vec<(i64, bool)> {
    numbers(&w.hub.hub, &w.hub.tenant).await.unwrap().into_iter().map(|Numbered { number, void, .. }| (number, void)).collect()
}

/// From `stories.md`, S11, the window: two workers issue a paper in the same minute, both without network. What is filled in from the record,
/// which papers are refused, and checking by code come with a later issue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_windows_number_without_a_gap_and_a_number_stays_what_it_is() {
    let w = World::start(830, 2).await;
    let window = Device::enrolled(w.dir.path(), 1, &w.hub.invite(Role::CommunityWorker, None, "窗口").await.unwrap()).await.unwrap();
    let other = Device::enrolled(w.dir.path(), 2, &w.hub.invite(Role::CommunityWorker, None, "窗口二").await.unwrap()).await.unwrap();
    let both = [&window, &other];
    w.settle(&both).await;
    // The same command twice is one paper.
    let id = window.phone.new_command_id().unwrap();
    let household = w.households[0];
    let input = IssuePaper { sort: "residence".into(), household, resident: first_resident(&window.phone, household), purpose: "办理入学".into() };
    let first = window.phone.run_as(id, input.clone()).unwrap().value;
    assert_eq!(window.phone.run_as(id, input).unwrap().value, first);
    let second = issue(&other, &w, 1);
    assert_eq!([label(&window, first), label(&other, second)], ["居住证明 待编号", "居住证明 待编号"]);
    w.settle(&both).await;
    let labels = [label(&other, first), label(&window, second)];
    assert_eq!(labels, ["居住证明〔2026〕1号", "居住证明〔2026〕2号"]);
    assert_eq!(series(&w).await, [(1, false), (2, false)]);

    // Void, and erased: the numbers stay, and nobody gets them again.
    window.phone.run(VoidPaper { paper: first, reason: "姓名有误".into() }).unwrap();
    w.settle(&both).await;
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Document(second)).await.unwrap();
    let third = issue(&other, &w, 1);
    w.settle(&both).await;
    assert_eq!((label(&window, third).as_str(), series(&w).await), ("居住证明〔2026〕3号", vec![(1, true), (2, true), (3, false)]));
    let again = text(&window.phone, &format!("SELECT void || '' FROM papers WHERE doc = '{first}'"));
    assert_eq!(again, ["1"]);
    w.assert_agreement(&both).await;
    w.hub.stop().await;
}

/// A backup from before the last number is restored: the paper that is not back yet keeps its number, the next gets another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_gives_no_number_twice() {
    let w = World::start(831, 3).await;
    let a = Device::enrolled(w.dir.path(), 1, &w.hub.invite(Role::CommunityWorker, None, "窗口").await.unwrap()).await.unwrap();
    let b = Device::enrolled(w.dir.path(), 2, &w.hub.invite(Role::CommunityWorker, None, "窗口二").await.unwrap()).await.unwrap();
    w.settle(&[&a, &b]).await;
    let first = issue(&a, &w, 0);
    w.settle(&[&a, &b]).await;
    let backup = w.dir.path().join("backup.db");
    admin::backup(&w.hub.hub, &backup).await.unwrap();
    let second = issue(&a, &w, 1);
    a.sync().await.unwrap();
    assert_eq!(label(&a, second), "居住证明〔2026〕2号");

    let w = w.restart(1831, Some(&backup), &[&a, &b]).await;
    b.sync().await.unwrap();
    let third = issue(&b, &w, 2);
    b.sync().await.unwrap();
    assert_eq!(label(&b, third), "居住证明〔2026〕3号");
    let back: Vec<bool> = numbers(&w.hub.hub, &w.hub.tenant).await.unwrap().into_iter().map(|given| given.here).collect();
    assert_eq!(back, [true, false, true]);
    w.settle(&[&a, &b]).await;
    w.settle(&[&a, &b]).await;
    let labels = [first, second, third].map(|paper| label(&b, paper));
    assert_eq!(labels, ["居住证明〔2026〕1号", "居住证明〔2026〕2号", "居住证明〔2026〕3号"]);
    assert_eq!(series(&w).await, [(1, false), (2, false), (3, false)]);
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}
