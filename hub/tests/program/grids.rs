//! Grids change by the program's commands while a phone is offline with unsent work: a preview first, then the act, then its opposite.

use std::collections::BTreeSet;
use std::fs;

use gridwalk_core::records::JsonMap;
use gridwalk_core::visits::VisitResult;
use gridwalk_core::{Id, Phone};
use gridwalk_tests::typed::RecordVisit;

use crate::program::{Program, Serving, phone};

/// The addresses on a phone, sorted.
fn homes(phone: &Phone) -> Vec<String> {
    let mut homes: Vec<String> = phone.find("滨河", 20).unwrap().into_iter().map(|found| found.address).collect();
    homes.sort();
    homes
}

fn visit(household: Id) -> RecordVisit {
    RecordVisit {
        household,
        result: VisitResult::Met,
        purpose: String::new(),
        note: String::new(),
        minutes: None,
        lat: None,
        lon: None,
        visited_at: None,
        fields: JsonMap::new(),
    }
}

async fn sync(phones: &[&Phone]) {
    for phone in phones {
        assert_eq!(phone.sync(|_| {}).await.unwrap().refused, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grids_are_split_merged_and_handed_over_from_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let people: BTreeSet<String> = ["欧阳静", "司马光远", "诸葛小明", "13987654321"].map(str::to_owned).into();
    let hub = Program { folder: dir.path().to_owned(), people };
    let home = |id: &str, grid: &str, micro: &str| {
        format!(
            r#"{{"id": "{id}", "grid": "{grid}", "micro_grid": "{micro}", "address": "滨河路{id}", "residents": [{{"id": "r{id}", "name": "诸葛小明", "phone": "13987654321"}}]}}"#
        )
    };
    let roster = dir.path().join("roster.jsonl");
    fs::write(&roster, [home("1", "一网格", "一号楼"), home("2", "一网格", "三号楼"), home("3", "二网格", "五号楼")].join("\n")).unwrap();
    hub.run(&["init", "--tenant", "wuyan", "--name", "五堰社区"], true);
    hub.run(&["import", roster.to_str().unwrap()], true);
    let serving = Serving::start(&hub);
    let a = phone(dir.path(), 1, &serving.invite(&hub, "grid_worker", "欧阳静", &["--grid", "一网格"])).await;
    let b = phone(dir.path(), 2, &serving.invite(&hub, "grid_worker", "司马光远", &["--grid", "二网格"])).await;
    let c = phone(dir.path(), 3, &serving.invite(&hub, "member", "诸葛小明", &[])).await;
    let grid = |args: &[&str]| hub.run(&[&["grid"][..], args].concat(), true);
    let listed = |name: &str| grid(&["list"]).lines().find(|line| line.starts_with(name)).map(str::to_owned).unwrap_or_default();
    assert_eq!((homes(&a), homes(&b)), (vec!["滨河路1".to_owned(), "滨河路2".to_owned()], vec!["滨河路3".to_owned()]));
    assert!(listed("一网格").starts_with("一网格\t2\t0\t欧阳静\t在用"), "{}", listed("一网格"));

    // Split: nothing without --yes; then what was recorded meanwhile goes along.
    let split = ["split", "--from", "一网格", "--new", "三网格", "--micro-grid", "三号楼", "--worker", "诸葛小明"];
    let said = grid(&split);
    assert!(said.contains("住户 1") && said.contains("诸葛小明") && said.contains("尚未执行"), "{said}");
    assert_eq!(listed("三网格"), "");
    let moved = a.find("滨河路2", 1).unwrap()[0].household;
    a.run(visit(moved)).unwrap();
    assert!(!grid(&[&split[..], &["--yes"]].concat()).contains("尚未执行"));
    assert!(listed("三网格").contains("诸葛小明") && listed("三网格").contains("拆自"), "{}", listed("三网格"));
    sync(&[&a, &a, &b, &c]).await;
    assert_eq!([&a, &b, &c].map(homes), [["滨河路1"], ["滨河路3"], ["滨河路2"]]);
    assert_eq!(c.visits_of(moved, 9).unwrap().len(), 1);

    // Merged away, and back again.
    let merge = ["merge", "--from", "三网格", "--into", "二网格"];
    assert!(grid(&merge).contains("尚未执行") && listed("三网格").contains("在用"));
    assert!(grid(&[&merge[..], &["--yes"]].concat()).contains("--back"));
    assert!(listed("三网格").contains("已并入") && listed("二网格").starts_with("二网格\t2\t"), "{}", listed("二网格"));
    sync(&[&b, &c]).await;
    assert_eq!([&b, &c].map(homes), [["滨河路2", "滨河路3"]; 2]);
    grid(&["split", "--from", "二网格", "--new", "三网格", "--back", "--yes"]);
    assert!(listed("二网格").starts_with("二网格\t1\t") && listed("三网格").starts_with("三网格\t1\t"));
    sync(&[&b, &c]).await;
    assert_eq!([&b, &c].map(homes), [["滨河路3"], ["滨河路2"]], "who came along went back");

    // Handed over; then the one who had it stands in until a day, and no longer.
    let hand = ["hand-over", "--grid", "一网格", "--from", "欧阳静", "--to", "司马光远"];
    assert!(grid(&hand).contains("尚未执行"));
    grid(&[&hand[..], &["--yes"]].concat());
    sync(&[&a, &b]).await;
    assert_eq!((homes(&a).len(), homes(&b)), (0, vec!["滨河路1".to_owned(), "滨河路3".to_owned()]));
    let stand_in = ["stand-in", "--grid", "一网格", "--by", "欧阳静"];
    grid(&[&stand_in[..], &["--for", "司马光远", "--until", "2099-01-01", "--yes"]].concat());
    assert!(listed("一网格").contains("2099-01-01"), "{}", listed("一网格"));
    sync(&[&a]).await;
    assert_eq!(homes(&a), ["滨河路1"]);
    grid(&[&stand_in[..], &["--end", "--yes"]].concat());
    sync(&[&a]).await;
    assert!(homes(&a).is_empty());

    // What does not fit is refused in words, and names nobody.
    for (args, word) in [
        (&["merge", "--from", "九网格", "--into", "一网格", "--yes"][..], "九网格"),
        (&["merge", "--from", "一网格", "--into", "一网格", "--yes"], "自身"),
        (&["split", "--from", "一网格", "--new", "五网格", "--micro-grid", "无此楼", "--yes"], "网格"),
        (&["hand-over", "--grid", "一网格", "--from", "无此人", "--to", "欧阳静", "--yes"], "没有这个人员"),
        (&["stand-in", "--grid", "一网格", "--for", "司马光远", "--by", "欧阳静", "--until", "2020-01-01", "--yes"], "日"),
    ] {
        let said = hub.error(&[&["grid"][..], args].concat());
        assert!(said.contains(word), "{args:?}: {said}");
    }
    let log = hub.run(&["log"], true);
    for verb in ["grid_split", "grid_merge", "grid_hand_over", "grid_stand_in", "grid_stand_in_end"] {
        assert!(log.contains(verb), "{verb}: {log}");
    }
    hub.check("the log of acts", &log);
    hub.check("the serving hub", &serving.stop());
}
