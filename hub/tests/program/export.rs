//! A list goes out as a workbook, another program edits it, and it comes in again; an office's ledger goes out.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use gridwalk_core::Phone;
use gridwalk_core::households::ResidentView;
use gridwalk_core::records::EditRecord;
use serde_json::json;

use crate::program::{Program, Serving, phone};

/// What the scripts have in common: `cells(sheet)` and `column(sheet, heading)`, counted from 1.
const PRELUDE: &str = r#"
import sys, zipfile, datetime, openpyxl
path = sys.argv[1]
book = openpyxl.load_workbook(path)
sheet = book.worksheets[0]
def column(heading):
    return next(c.column for c in sheet[1] if c.value == heading)
def row(value):
    return next(c.row for line in sheet.iter_rows() for c in line if c.value == value)
def cell(value, heading):
    return sheet.cell(row(value), column(heading))
def everything():
    with zipfile.ZipFile(path) as z:
        return b"".join(z.read(name) for name in z.namelist())
"#;

/// Runs a script on a workbook with a Python that has openpyxl.
pub fn python(script: &str, file: &str) -> String {
    let has = |python: &&str| Command::new(python).args(["-c", "import openpyxl"]).output().is_ok_and(|run| run.status.success());
    let python = ["python3", "/usr/bin/python3"].iter().find(|p| has(p)).expect("no openpyxl: apt-get install python3-openpyxl");
    let run = Command::new(python).arg("-c").arg(format!("{PRELUDE}{script}")).arg(file).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{out}{err}");
    out.into_owned()
}

/// A community with three households: characters of CJK extensions B, G and H, and text that begins like a formula.
struct Community {
    folder: tempfile::TempDir,
    hub: Program,
}

const LI: &str = "李\u{20000}\u{30000}";
const HE: &str = "何\u{31350}";

impl Community {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let people: BTreeSet<String> = ["王秀英", "王秀莲", LI, HE, "13800000001", "13800000002", "0719-8812345"].map(str::to_owned).into();
        let hub = Program { folder: folder.path().to_owned(), people };
        hub.run(&["init", "--tenant", "wuyan", "--name", "五堰社区"], true);
        let household = |n: u8, grid: &str, address: &str, residents: serde_json::Value| {
            json!({"id": format!("h{n}"), "grid": grid, "address": address, "residents": residents}).to_string()
        };
        let lines = [
            household(
                1,
                "一网格",
                "=人民路1号",
                json!([
                    {"id": "r1", "name": "王秀英", "sex": "女", "birth": "1944-05-01", "phone": "13800000001", "tags": ["独居老人"]},
                    {"id": "r2", "name": LI, "sex": "男", "birth": "1899-12-31", "phone": "13800000002"}]),
            ),
            household(2, "一网格", "+人民路2号", json!([{"id": "r3", "name": HE, "sex": "男", "phone": "0719-8812345", "tags": ["低保", "残疾"]}])),
            household(3, "二网格", "@滨河路3号", json!([{"id": "r4", "name": "周平", "sex": "男"}])),
        ];
        let this = Self { folder, hub };
        fs::write(this.file("households.jsonl"), lines.join("\n")).unwrap();
        this.hub.run(&["import", &this.file("households.jsonl")], true);
        this
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn export(&self, list: &str, name: &str) -> String {
        let file = self.file(name);
        self.hub.run(&["export", list, "--to", &file], true);
        file
    }

    fn rejects(&self, file: &str) -> String {
        let rejects = PathBuf::from(format!("{file}.rejects.csv"));
        self.hub.check_file(&rejects);
        fs::read_to_string(rejects).unwrap()
    }
}

fn resident(phone: &Phone, name: &str) -> (gridwalk_core::Id, ResidentView) {
    let found = phone.find(name, 9).unwrap();
    let home = phone.household(found[0].household).unwrap();
    (home.id, home.residents.into_iter().find(|r| r.name == name).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn residents_are_edited_in_a_workbook() {
    let community = Community::new();
    let hub = &community.hub;
    let serving = Serving::start(hub);
    let worker = phone(community.folder.path(), 1, &serving.invite(hub, "grid_worker", "张网格", &["--grid", "一网格"])).await;
    let file = community.export("residents", "居民.xlsx");
    assert!(hub.error(&["export", "residents", "--to", &file]).contains("没有覆盖"), "a file is not written over");

    python(
        r#"
assert [s.sheet_state for s in book.worksheets] == ["visible", "hidden"]
assert sheet.column_dimensions[sheet.cell(1, sheet.max_column).column_letter].hidden
assert cell("王秀英", "出生日期").value == datetime.datetime(1944, 5, 1)
assert cell("李𠀀𰀀", "出生日期").value == "1899-12-31"
for name, phone in (("王秀英", "13800000001"), ("何𱍐", "0719-8812345")):
    c = cell(name, "电话")
    assert c.value == phone and c.data_type == "s" and c.number_format == "@"
for c in [cell(n, "住址") for n in ("王秀英", "何𱍐", "周平")]:
    assert c.data_type == "s" and c.value[0] in "=+@" and c.quotePrefix and c.number_format == "@", (c.value, c.data_type)
hidden = book.worksheets[1]
texts = {str(c.value) for line in hidden.iter_rows() for c in line}
for value in ("王秀英", "13800000001", "男", "1944-05-01", "=人民路1号"):
    assert value not in texts
# Sorted the other way round, the hidden ids with it; two cells edited; a column deleted.
rows = [[c.value for c in line] for line in sheet.iter_rows(min_row=2)]
for at, values in enumerate(reversed(rows), 2):
    for n, value in enumerate(values, 1):
        c = sheet.cell(at, n)
        c.value = value
        if isinstance(value, str): c.data_type = "s"
cell("王秀英", "标签").value = "高龄 独居老人"
cell("李𠀀𰀀", "出生日期").value = datetime.date(1950, 3, 8)
cell("何𱍐", "姓名").value = "何𱍐𠀀"
sheet.delete_cols(column("电话"))
book.save(path)
data = everything()
for gone in ("13800000001", "13800000002", "0719-8812345", "8812345"):
    assert gone.encode() not in data and gone.encode("utf-16-le") not in data, gone
"#,
        &file,
    );
    let seen = hub.run(&["import", "--preview", &file], true);
    assert!(seen.contains("预览，导回 4 行，修改 3 格，其中与系统中的修改冲突 0"), "{seen}");
    // On a phone one of the other tags was given meanwhile: both stay.
    let (home, wang) = resident(&worker, "王秀英");
    worker.run(EditRecord::of_entry(home, wang.id, json!({"tags": ["+低保"]}))).unwrap();
    worker.sync(|_| {}).await.unwrap();
    let said = hub.run(&["import", &file], true);
    assert!(said.contains("导回 4 行，修改 3 格，其中与系统中的修改冲突 0"), "{said}");
    assert!(hub.run(&["import", &file], true).contains("修改 0 格"), "what came in comes in once");
    worker.sync(|_| {}).await.unwrap();
    let (_, wang) = resident(&worker, "王秀英");
    assert_eq!((wang.phone.as_str(), wang.tags.len()), ("13800000001", 3), "{wang:?}");
    assert_eq!(resident(&worker, LI).1.birth, "1950-03-08");
    assert_eq!(resident(&worker, &format!("{HE}\u{20000}")).1.phone, "0719-8812345");
    assert!(worker.conflicts().unwrap().is_empty());
    hub.check("serve", &serving.stop());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_on_both_sides_is_a_conflict_and_what_cannot_be_told_is_named() {
    let community = Community::new();
    let hub = &community.hub;
    let serving = Serving::start(hub);
    let worker = phone(community.folder.path(), 1, &serving.invite(hub, "grid_worker", "张网格", &["--grid", "一网格"])).await;
    let file = community.export("residents", "居民.xlsx");
    let (home, wang) = resident(&worker, "王秀英");
    worker.run(EditRecord::of_entry(home, wang.id, json!({"phone": "13800000003"}))).unwrap();
    worker.sync(|_| {}).await.unwrap();
    python(
        r#"
cell("王秀英", "电话").value = "13800000004"
cell("王秀英", "与户主关系").value = "户主"
# Sorted by some columns only: name and address stand beside another's id.
a, b = row("何𱍐"), row("周平")
for heading in ("姓名", "住址"):
    x, y = sheet.cell(a, column(heading)), sheet.cell(b, column(heading))
    x.value, y.value = y.value, x.value
# A row is inserted, another deleted.
sheet.delete_rows(row("李𠀀𰀀"))
n = sheet.max_row + 1
sheet.cell(n, column("姓名")).value = "新来的"
book.save(path)
"#,
        &file,
    );
    let said = hub.run(&["import", &file], false);
    assert!(said.contains("导回 3 行，修改 2 格，其中与系统中的修改冲突 1，拒收 4"), "{said}");
    let named = community.rejects(&file);
    assert_eq!(named.matches("都与这个编号的不同").count(), 2, "{named}");
    assert!(named.contains("这一行没有编号") && named.contains("已从表中删去"), "{named}");
    worker.sync(|_| {}).await.unwrap();
    let conflicts = worker.conflicts().unwrap();
    let values: BTreeSet<&str> = conflicts.iter().flat_map(|c| &c.values).map(|v| v.value.as_str()).collect();
    assert_eq!(values, ["\"13800000003\"", "\"13800000004\""].into(), "{conflicts:?}");
    assert_eq!(resident(&worker, "王秀英").1.relation, "户主");
    assert_eq!(resident(&worker, LI).1.phone, "13800000002", "a deleted row changes nothing");
    assert_eq!(worker.find(HE, 9).unwrap()[0].address, "+人民路2号");
    let again = hub.run(&["import", &file], false);
    assert!(again.contains("修改 0 格，其中与系统中的修改冲突 0"), "{again}");

    // A row copied: nobody can tell which one holds.
    let file = community.export("residents", "又一份.xlsx");
    python(
        r#"
n = sheet.max_row + 1
for c in list(sheet[row("周平")]):
    sheet.cell(n, c.column).value = c.value
sheet.cell(n, column("与户主关系")).value = "子"
cell("何𱍐", "电话").value = "12"
cell("何𱍐", "标签").value = None
book.save(path)
"#,
        &file,
    );
    let said = hub.run(&["import", &file], false);
    assert!(said.contains("修改 1 格"), "{said}");
    let named = community.rejects(&file);
    assert!(named.matches("有两行以上").count() == 2 && named.contains(",电话,"), "{named}");
    worker.sync(|_| {}).await.unwrap();
    assert!(resident(&worker, HE).1.tags.is_empty(), "the cell that is right comes in beside the one that is wrong");
    hub.check("serve", &serving.stop());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn households_move_and_ledgers_carry_no_ids() {
    let community = Community::new();
    let hub = &community.hub;
    let file = community.export("household", "住户.xlsx");
    python(
        r#"
assert cell("=人民路1号", "居民").value == "王秀英、李𠀀𰀀"
cell("+人民路2号", "网格").value = "二网格"
cell("+人民路2号", "走访周期").value = 30
cell("@滨河路3号", "状态").value = "空置"
cell("=人民路1号", "网格").value = "没有的网格"
cell("=人民路1号", "居民").value = "别人"
book.save(path)
"#,
        &file,
    );
    let said = hub.run(&["import", &file], false);
    assert!(said.contains("修改 3 格"), "{said}");
    let named = community.rejects(&file);
    assert!(named.contains("没有这个名称的在用网格") && named.contains("只供查看"), "{named}");
    let grids = hub.run(&["grid", "list"], true);
    assert!(grids.contains("一网格\t1\t") && grids.contains("二网格\t2\t"), "{grids}");
    let file = community.export("household", "之后.xlsx");
    python(
        r#"
assert cell("+人民路2号", "走访周期").value == 30 and cell("+人民路2号", "网格").value == "二网格"
assert cell("@滨河路3号", "状态").value == "空置"
"#,
        &file,
    );

    let columns = ["name=姓 名", "address=家庭住址", "phone=手机号", "tags=类别"];
    hub.run(&[&["ledger", "add", "重点人员台账", "residents"], &columns[..]].concat(), true);
    assert!(hub.error(&["ledger", "add", "坏的", "residents", "shoe=鞋"]).contains("没有“shoe”这一列"));
    assert!(hub.run(&["ledger", "list"], true).contains("重点人员台账\tresidents\tname=姓 名 address=家庭住址 phone=手机号 tags=类别"));
    let file = community.file("台账.xlsx");
    let arguments = ["ledger", "export", "重点人员台账", "--to", &file, "--only", "tags=低保"];
    assert!(!hub.command(&arguments).output().unwrap().status.success(), "a purpose is asked for");
    hub.run(&[&arguments[..], &["--purpose", "民政核对"]].concat(), true);
    python(
        r#"
assert len(book.worksheets) == 1
rows = [[c.value for c in line] for line in sheet.iter_rows()]
assert rows == [["姓 名", "家庭住址", "手机号", "类别"], ["何𱍐", "+人民路2号", "0719-8812345", "低保、残疾"]], rows
assert b"gridwalk" not in everything()
"#,
        &file,
    );
    let log = hub.run(&["log"], true);
    assert!(log.contains("ledger_export") && log.contains("民政核对") && log.contains("重点人员台账") && log.contains("export"), "{log}");

    // Another hub does not take the file for its own.
    let other = Community::new();
    assert!(other.hub.error(&["import", &community.file("之后.xlsx")]).contains("不是这里"));
}
