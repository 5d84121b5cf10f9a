//! A community's own fields by the programs: defined at the hub, written on a terminal phone, out in a workbook and in again, in by a
//! roster; closed, and kept.

use std::collections::BTreeSet;
use std::fs;

use gridwalk_core::rules::Role;
use serde_json::Value;

use crate::exits::Terminal;
use crate::export::python;
use crate::program::{Program, Serving};

fn field<'v>(fields: &'v Value, key: &str) -> Option<&'v Value> {
    fields["fields"].as_array()?.iter().find(|field| field["key"] == key)
}

/// The resident of this name in a record.
fn resident<'v>(record: &'v Value, name: &str) -> &'v Value {
    record["entries"].as_array().unwrap().iter().find(|entry| field(entry, "name").is_some_and(|field| field["value"] == name)).unwrap()
}

#[test]
fn own_fields_take_every_exit_of_the_programs() {
    let folder = tempfile::tempdir().unwrap();
    let people: BTreeSet<String> = ["欧阳静", "司马光远", "诸葛小宝", "东风铁路小学", "车城高中"].map(str::to_owned).into();
    let hub = Program { folder: folder.path().to_owned(), people };
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    hub.run(&["init", "--tenant", "wuyan", "--name", "五堰社区"], true);
    hub.run(&["field", "add", "household", "dogs", "--zh", "养犬", "--en", "dogs", "--type", "number"], true);
    hub.run(&["field", "add", "household", "fuel", "--zh", "燃气", "--type", "选项", "--choices", "管道气,瓶装气"], true);
    hub.run(&["field", "add", "residents", "school", "--zh", "就读学校", "--type", "text"], true);
    hub.run(&["field", "add", "report", "pole", "--zh", "灯杆号", "--type", "text", "--personal"], true);
    for (args, says) in [
        (&["residents", "idno", "--zh", "身份证号", "--type", "text"][..], "不保存身份证"),
        (&["residents", "pills", "--zh", "用药情况", "--type", "note"], "健康圈"),
        (&["household", "dogs", "--zh", "养犬", "--type", "text"], "定下后不能改"),
        (&["household", "Dogs", "--zh", "犬", "--type", "text"], "小写字母"),
        (&["visit", "dogs", "--zh", "养犬", "--type", "text"], "household"),
    ] {
        let said = hub.error(&[&["field", "add"], args].concat());
        assert!(said.contains(says) && said.contains('/'), "{said}");
    }
    assert!(hub.error(&["field", "close", "household", "cats"]).contains("没有这一项"));
    let listed = hub.run(&["field", "list"], true);
    assert!(
        listed.contains("household\tx:fuel\t燃气 燃气\t选项 choice\t管道气、瓶装气\t\t")
            && listed.contains("residents\tx:school\t就读学校 就读学校\t文字 text\t\t是 yes\t"),
        "{listed}"
    );

    // A roster's columns are known by the labels; what does not fit is named with its column.
    let roster = "网格,住址,姓名,与户主关系,就读学校,养犬,燃气\n一网格,路1号,欧阳静,户主,,2,瓶装气\n一网格,路1号,诸葛小宝,子,东风铁路小学,,\n一网格,路2号,司马光远,户主,,很多,柴\n";
    fs::write(file("花名册.csv"), roster).unwrap();
    let said = hub.run(&["import", &file("花名册.csv")], false);
    assert!(said.contains("新增 1，") && said.contains("拒收 1，未读 0"), "{said}");
    let named = fs::read_to_string(file("花名册.csv.rejects.csv")).unwrap();
    assert!(named.contains("养犬") && named.contains("整数") && named.contains("燃气") && named.contains("管道气、瓶装气"), "{named}");
    hub.check("rejects", &named);

    let serving = Serving::start(&hub);
    let worker = Terminal::enrol(&hub, &serving, Role::GridWorker, "张网格", &["--grid", "一网格"]);
    let home = worker.json(&hub, &["list", "住户"])["rows"][0]["id"].as_str().unwrap().to_owned();
    let shown = |worker: &Terminal| worker.json(&hub, &["show", &home, "--fields"]);
    assert_eq!(field(&shown(&worker), "x:dogs").unwrap()["value"], 2);
    assert_eq!(field(resident(&shown(&worker), "诸葛小宝"), "x:school").unwrap()["zh"], "就读学校");
    let card = worker.json(&hub, &["show", &home]);
    assert_eq!(field(&card["household"], "x:fuel").unwrap()["text"], "瓶装气");
    assert_eq!(field(&card["household"]["residents"][1], "x:school").unwrap()["text"], "东风铁路小学");
    // By label, by key, by the English label.
    worker.json(&hub, &["edit", &home, "养犬=3", "x:fuel=管道气"]);
    worker.json(&hub, &["edit", &home, "dogs=4"]);
    worker.json(&hub, &["add", "居民", &home, "姓名=欧阳小妹", "就读学校=车城高中"]);
    let second = worker.json(&hub, &["add", "住户", "住址=路3号", "养犬=9"])["value"].as_str().unwrap().to_owned();
    for (args, code) in [(["edit", &home, "养犬=很多"], "invalid"), (["edit", &home, "x:cats=1"], "invalid"), (["edit", &second, "就读学校=一小"], "invalid")]
    {
        let (succeeds, answer) = worker.run(&hub, &args);
        assert!(!succeeds && answer["error"]["code"] == code, "{args:?}: {answer}");
    }
    let only = worker.json(&hub, &["list", "住户", "--only", "养犬=9"]);
    assert_eq!(
        (only["rows"].as_array().unwrap().len(), &only["rows"][0]["id"], &field(&only["rows"][0], "x:dogs").unwrap()["value"]),
        (1, &second.as_str().into(), &9.into())
    );
    let grid = worker.json(&hub, &["list", "place"])["rows"][0]["id"].as_str().unwrap().to_owned();
    let case = worker.json(&hub, &["report", "raise", "路灯不亮", "--place", &grid])["value"].as_str().unwrap().to_owned();
    worker.json(&hub, &["edit", &case, "灯杆号=甲7"]);
    worker.json(&hub, &["sync"]);

    // Out, edited by another program, and in again.
    for list in ["household", "residents", "report"] {
        hub.run(&["export", list, "--to", &file(&format!("{list}.xlsx"))], true);
    }
    python(
        r#"
assert cell("路1号", "养犬").value == 4 and cell("路1号", "燃气").value == "管道气" and cell("路3号", "养犬").value == 9
cell("路1号", "养犬").value = 5
cell("路1号", "燃气").value = "瓶装气"
cell("路3号", "养犬").value = "很多"
book.save(path)
"#,
        &file("household.xlsx"),
    );
    python(
        r#"
assert cell("诸葛小宝", "就读学校").value == "东风铁路小学"
cell("诸葛小宝", "就读学校").value = "车城高中"
book.save(path)
"#,
        &file("residents.xlsx"),
    );
    python("assert cell('路灯不亮', '灯杆号').value == '甲7'", &file("report.xlsx"));
    let said = hub.run(&["import", &file("household.xlsx")], false);
    assert!(said.contains("修改 2 格") && said.contains("养犬") && said.contains("整数"), "{said}");
    assert!(hub.run(&["import", &file("residents.xlsx")], true).contains("修改 1 格"));
    worker.json(&hub, &["sync"]);
    assert_eq!(field(&shown(&worker), "x:dogs").unwrap()["value"], 5);
    assert_eq!(field(&shown(&worker), "x:fuel").unwrap()["value"], "瓶装气");
    assert_eq!(field(resident(&shown(&worker), "诸葛小宝"), "x:school").unwrap()["text"], "车城高中");

    // Closed: kept, shown as such everywhere, and written nowhere.
    hub.run(&["field", "close", "household", "dogs"], true);
    assert!(hub.run(&["field", "list"], true).lines().any(|line| line.starts_with("household\tx:dogs") && line.ends_with("是 yes")));
    worker.json(&hub, &["sync"]);
    assert_eq!(field(&shown(&worker), "x:dogs").unwrap()["zh"], "养犬（已停用）");
    let (succeeds, answer) = worker.run(&hub, &["edit", &home, "养犬=1"]);
    assert!(!succeeds && answer["error"]["zh"].as_str().is_some_and(|said| said.contains("已停用")), "{answer}");
    hub.run(&["export", "household", "--to", &file("closed.xlsx")], true);
    python("cell('路1号', '养犬（已停用）').value = 8; book.save(path)", &file("closed.xlsx"));
    assert!(hub.run(&["import", &file("closed.xlsx")], false).contains("修改 0 格"));
    hub.run(&["field", "add", "household", "dogs", "--zh", "养犬", "--type", "number"], true);
    worker.json(&hub, &["sync"]);
    worker.json(&hub, &["edit", &home, "养犬=1"]);

    let log = hub.run(&["log"], true);
    assert!(log.contains("field_add") && log.contains("field_close") && log.contains("field:household:x:dogs") && !log.contains("养犬"), "{log}");
    hub.check("the hub's log", &serving.stop());
}
