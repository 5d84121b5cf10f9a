//! A roster comes in by the program: seen first, then written, then written again to no effect; what is left out is named.

use std::collections::BTreeSet;
use std::fs;

use rust_xlsxwriter::{Format, Workbook};

use crate::program::{Program, Serving, phone};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roster_is_seen_before_it_comes_in_and_comes_in_once() {
    let dir = tempfile::tempdir().unwrap();
    let people: BTreeSet<String> = ["欧阳静", "司马光远", "诸葛\u{20000}", "13987654321"].map(str::to_owned).into();
    let hub = Program { folder: dir.path().to_owned(), people };
    hub.run(&["init", "--tenant", "wuyan", "--name", "五堰社区"], true);
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let roster = |name: &str, grid: &str, phone: &str| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "居民花名册").unwrap();
        for (column, heading) in ["序号", "网格", "住址", "姓名", "与户主关系", "联系电话", "身份证号"].iter().enumerate() {
            sheet.write_string(1, column as u16, *heading).unwrap();
        }
        for (row, (name, relation, phone)) in (2..).zip([("欧阳静", "户主", phone), ("诸葛\u{20000}", "子", "无")]) {
            sheet.write_string(row, 1, grid).unwrap();
            sheet.write_string(row, 3, name).unwrap();
            sheet.write_string(row, 4, relation).unwrap();
            sheet.write_string(row, 5, phone).unwrap();
        }
        sheet.merge_range(2, 2, 3, 2, "滨河路8号", &Format::new()).unwrap();
        book.save(file(name)).unwrap();
    };
    roster("一月.xlsx", "第1网格", "１３９８７６５４３２１／0719—8812345");
    let seen = hub.run(&["import", "--preview", &file("一月.xlsx")], true);
    assert!(seen.contains("预览，新增 1，已有 0") && seen.contains("欧阳静 户主 13987654321、0719-8812345") && seen.contains("身份证号"), "{seen}");
    assert!(!hub.run(&["grid", "list"], true).contains("网格1") && !hub.run(&["grid", "list"], true).contains("第1网格"), "a preview writes nothing");
    assert!(hub.run(&["import", &file("一月.xlsx")], true).contains("新增 1，已有 0"));
    assert!(hub.run(&["import", &file("一月.xlsx")], true).contains("新增 0，已有 1"));
    // The same household with its grid typed otherwise is the same; with another number it is left as it is, and named.
    roster("二月.xlsx", "第 １ 网格", "13987654321、0719-8812345");
    assert!(hub.run(&["import", &file("二月.xlsx")], true).contains("新增 0，已有 1"));
    roster("三月.xlsx", "第1网格", "13900000000");
    let said = hub.run(&["import", &file("三月.xlsx")], false);
    assert!(said.contains("有变化未改 1") && said.contains("没有改动"), "{said}");
    let named = fs::read_to_string(file("三月.xlsx.rejects.csv")).unwrap();
    assert!(named.contains("Sheet1,3,,") && named.contains("没有改动"), "{named}");
    hub.check_file(&dir.path().join("三月.xlsx.rejects.csv"));

    fs::write(file("名单.csv"), "姓名,地址\n司马光远,路9号\n").unwrap();
    assert!(hub.error(&["import", &file("名单.csv")]).contains("--as roster"));
    assert!(hub.error(&["import", "--as", "roster", &file("名单.csv")]).contains("--grid"));
    assert!(hub.run(&["import", "--as", "roster", "--grid", "第１网格", &file("名单.csv")], true).contains("新增 1"));
    let grids = hub.run(&["grid", "list"], true);
    assert_eq!(grids.lines().skip(1).count(), 1, "{grids}");
    assert!(grids.contains("第1网格\t2\t"), "{grids}");

    // A worker of the grid, named otherwise again, finds them by either number and by a character of extension B.
    let serving = Serving::start(&hub);
    let worker = phone(dir.path(), 1, &serving.invite(&hub, "grid_worker", "司马光远", &["--grid", "第１ 网格"])).await;
    for asked in ["8812345", "1398 7654 321", "诸葛\u{20000}", "滨河路８号"] {
        assert_eq!(worker.find(asked, 9).unwrap().len(), 1, "{asked}");
    }
    let log = serving.stop();
    hub.check("serve", &log);
}
