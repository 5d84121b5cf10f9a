//! A phone's lists as workbooks: written by the built `gridwalk`, edited by another program, taken in again by the phone that wrote them.

use std::collections::BTreeSet;
use std::fs;

use gridwalk_core::rules::Role;
use serde_json::{Value, json};

use crate::exits::Terminal;
use crate::export::python;
use crate::program::{Program, Serving};

const LI: &str = "李\u{20000}\u{30000}";

/// The resident of this name as a terminal shows them: of each field its text.
fn resident(terminal: &Terminal, hub: &Program, name: &str) -> Value {
    let found = terminal.json(hub, &["find", name]);
    found[0]["residents"].as_array().unwrap_or_else(|| panic!("{name}: {found}")).iter().find(|r| r["name"] == name).unwrap().clone()
}

#[test]
fn a_phone_edits_its_own_workbook_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let people: BTreeSet<String> = ["王秀英", "王秀莲", LI, "周平", "13800000001", "13800000002", "13800000009"].map(str::to_owned).into();
    let hub = Program { folder: folder.path().to_owned(), people };
    hub.run(&["init", "--tenant", "wuyan", "--name", "五堰社区"], true);
    let homes = [
        json!({"id": "h1", "grid": "一网格", "address": "=人民路1号", "residents": [
            {"id": "r1", "name": "王秀英", "birth": "1944-05-01", "phone": "13800000001", "tags": ["独居老人"]},
            {"id": "r2", "name": LI, "birth": "1950-03-08", "phone": "13800000002"}]}),
        json!({"id": "h2", "grid": "一网格", "address": "+人民路2号", "residents": [{"id": "r3", "name": "周平", "tags": ["低保"]}]}),
        json!({"id": "h3", "grid": "二网格", "address": "滨河路3号", "residents": [{"id": "r4", "name": "王秀莲"}]}),
    ];
    fs::write(folder.path().join("h.jsonl"), homes.map(|home| home.to_string()).join("\n")).unwrap();
    hub.run(&["import", folder.path().join("h.jsonl").to_str().unwrap()], true);
    let serving = Serving::start(&hub);
    let worker = Terminal::enrol(&hub, &serving, Role::GridWorker, "张网格", &["--grid", "一网格"]);
    let desk = Terminal::enrol(&hub, &serving, Role::Cadre, "陈干部", &[]);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let file = path("居民.xlsx");
    assert_eq!(worker.json(&hub, &["list", "居民", "--to", &file])["rows"], 3, "what this phone holds");
    assert!(!worker.run(&hub, &["list", "居民", "--to", &file]).0, "a file is not written over");
    python(
        r#"
assert [s.sheet_state for s in book.worksheets] == ["visible", "hidden"]
assert sheet.column_dimensions[sheet.cell(1, sheet.max_column).column_letter].hidden
assert cell("王秀英", "出生日期").value == datetime.datetime(1944, 5, 1)
assert cell("王秀英", "电话").value == "13800000001" and cell("王秀英", "电话").data_type == "s"
c = cell("王秀英", "住址")
assert c.data_type == "s" and c.value == "=人民路1号" and c.quotePrefix
texts = {str(c.value) for line in book.worksheets[1].iter_rows() for c in line}
for value in ("王秀英", "13800000001", "1944-05-01", "独居老人", "=人民路1号"):
    assert value not in texts
# Sorted the other way round; cells edited; a column and a row deleted, another column made.
rows = [[c.value for c in line] for line in sheet.iter_rows(min_row=2)]
for at, values in enumerate(reversed(rows), 2):
    for n, value in enumerate(values, 1):
        c = sheet.cell(at, n)
        c.value = value
        if isinstance(value, str): c.data_type = "s"
cell("王秀英", "标签").value = "高龄 独居老人"
cell("王秀英", "与户主关系").value = "户主"
cell("李𠀀𰀀", "出生日期").value = datetime.date(1951, 4, 9)
sheet.delete_rows(row("周平"))
sheet.delete_cols(column("电话"))
sheet.cell(1, sheet.max_column + 1).value = "自己加的"
sheet.cell(2, sheet.max_column).value = "一句话"
book.save(path)
data = everything()
for gone in ("13800000001", "13800000002"):
    assert gone.encode() not in data, gone
"#,
        &file,
    );
    // On both sides since: one field each has changed, and a tag was given.
    let home = desk.json(&hub, &["find", LI])[0]["household"].as_str().unwrap().to_owned();
    let li = resident(&desk, &hub, LI)["id"].as_str().unwrap().to_owned();
    let wang = resident(&desk, &hub, "王秀英")["id"].as_str().unwrap().to_owned();
    desk.json(&hub, &["edit", &home, &li, "出生日期=1952-01-01"]);
    desk.json(&hub, &["edit", &home, &wang, "标签=+低保"]);
    desk.json(&hub, &["sync"]);
    worker.json(&hub, &["sync"]);

    let counts = |done: &Value| [done["rows"].as_i64(), done["edited"].as_i64(), done["conflicts"].as_i64()].map(Option::unwrap);
    let seen = worker.json(&hub, &["import", &file, "--preview"]);
    assert_eq!(counts(&seen), [2, 3, 1], "{seen}");
    assert_eq!(worker.json(&hub, &["status"])["unsent"], 0, "a preview writes nothing");
    let done = worker.json(&hub, &["import", &file]);
    assert_eq!((counts(&done), &done["flaws"]), (counts(&seen), &seen["flaws"]), "{done}");
    let flaws: Vec<(&str, &str)> = done["flaws"].as_array().unwrap().iter().map(|f| (f["column"].as_str().unwrap(), f["zh"].as_str().unwrap())).collect();
    assert!(flaws.len() == 2 && flaws[0].1.contains("已从表中删去") && flaws[1].0 == "自己加的", "{flaws:?}");
    assert_eq!(counts(&worker.json(&hub, &["import", &file])), [2, 0, 0], "what came in comes in once");
    worker.json(&hub, &["sync"]);
    assert_eq!(worker.json(&hub, &["status"])["quarantine"], json!([]));
    desk.json(&hub, &["sync"]);
    for terminal in [&worker, &desk] {
        let wang = resident(terminal, &hub, "王秀英");
        assert_eq!((&wang["phone"], &wang["relation"]), (&json!("13800000001"), &json!("户主")));
        let tags: BTreeSet<&str> = wang["tags"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(tags, ["低保", "独居老人", "高龄"].into(), "words are given and taken away beside others");
        assert_eq!(resident(terminal, &hub, "周平")["tags"], json!(["低保"]), "a deleted row changes nothing");
        let both = terminal.json(&hub, &["conflicts"]);
        let values: BTreeSet<&str> = both[0]["values"].as_array().unwrap().iter().filter_map(|v| v["value"].as_str()).collect();
        assert_eq!((both.as_array().unwrap().len(), values), (1, ["\"1951-04-09\"", "\"1952-01-01\""].into()), "{both}");
    }
    // Its key stays with the phone; what only a circle reads, and what there is not, is in no workbook.
    for (terminal, args) in [
        (&desk, &["import", &file][..]),
        (&worker, &["import", &path("h.jsonl")]),
        (&worker, &["list", "health", "--to", &path("health.xlsx")]),
        (&worker, &["list", "居民", "--only", "没有=1", "--to", &path("none.xlsx")]),
    ] {
        let (succeeds, answer) = terminal.run(&hub, args);
        assert!(!succeeds && answer["error"]["code"] == "invalid", "{args:?}: {answer}");
    }
    assert!(hub.error(&["import", &file]).contains("不能导回"));
    // One list of each kind, and rows by what they hold.
    assert_eq!(desk.json(&hub, &["list", "household", "--only", "网格=二网格", "--to", &path("二.xlsx")])["rows"], 1);
    hub.check("serve", &serving.stop());
}
