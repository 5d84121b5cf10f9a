//! One loop over every field of every kind, through the programs as they are built: a field that misses an exit fails by name. The
//! kind of the tests' own is one of the kinds, and nothing here names it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use gridwalk_core::dictionary::{Data, Field, Type};
use gridwalk_core::documents::{Added, Kind};
use gridwalk_core::kinds::{KINDS, SHIPPED};
use gridwalk_core::rules::Role;
use serde_json::{Value, json};

use crate::export::python;
use crate::program::{Program, Serving};

/// A terminal phone beside the hub.
pub struct Terminal {
    store: PathBuf,
    role: Role,
}

impl Terminal {
    pub fn enrol(hub: &Program, serving: &Serving, role: Role, name: &str, more: &[&str]) -> Self {
        let terminal = Self { store: hub.folder.join(name), role };
        terminal.json(hub, &["enrol", &serving.invite(hub, &role.to_string(), name, more)]);
        terminal.json(hub, &["sync"]);
        terminal
    }

    /// Runs `gridwalk`, which stands beside the hub's program. What it says to a person's terminal beside its answer names nobody.
    pub fn run(&self, hub: &Program, args: &[&str]) -> (bool, Value) {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_gridwalk-hub")).with_file_name("gridwalk");
        let said = Command::new(&program).env("GRIDWALK_STORE", &self.store).env_remove("GRIDWALK_KEY_FILE").args(args).arg("--json").output();
        let said = said.unwrap_or_else(|e| panic!("{}: {e}; build it with --bin gridwalk", program.display()));
        hub.check(&args.join(" "), &String::from_utf8_lossy(&said.stderr));
        (said.status.success(), serde_json::from_slice(&said.stdout).unwrap_or(Value::Null))
    }

    pub fn json(&self, hub: &Program, args: &[&str]) -> Value {
        let (succeeds, answer) = self.run(hub, args);
        assert!(succeeds, "{args:?}: {answer}");
        answer
    }
}

/// A record of each kind, and who recorded it.
struct Town<'a> {
    hub: &'a Program,
    records: BTreeMap<&'static str, (String, usize)>,
    /// The grid, the household and its resident that came with an import.
    grid: String,
    household: String,
    resident: String,
    /// Personal values that are about the resident.
    theirs: BTreeSet<String>,
}

impl Town<'_> {
    /// What people type for a field, the `n`th time.
    fn typed(&self, kind: &Kind, field: &Field, n: usize) -> Option<String> {
        let record = |kinds: &[&str]| match kinds {
            ["place"] => Some(self.grid.clone()),
            ["household"] => Some(self.household.clone()),
            _ => kinds.iter().find_map(|kind| self.records.get(kind)).map(|(id, _)| id.clone()),
        };
        Some(match field.ty {
            Type::Text(64) => return None,
            Type::Text(_) if field.key == "office_hours" => format!("0{}:00-12:00", 8 + n),
            Type::Text(_) => format!("{}甲{}{n}", kind.name, field.key),
            Type::Note(_) if field.key == "assisting" => return None,
            Type::Note(_) => format!("{}乙{}{n}", kind.name, field.key),
            Type::Choice(codes) => codes[(n + 1) % codes.len()].label.zh.to_owned(),
            Type::Tags => format!("记号{n}"),
            Type::Number { max, .. } => (max - i64::try_from(n).unwrap()).to_string(),
            Type::Money => format!("12.5{n}"),
            Type::Date | Type::PastDate => format!("1950-03-0{}", n + 1),
            // An activity ends after it begins.
            Type::Time if field.key == "ends_at" => format!("2026-03-03 08:3{n}"),
            Type::Time | Type::PastTime => format!("2026-03-02 08:3{n}"),
            Type::Minutes => format!("4{n}"),
            Type::Telephone => format!("139{:04}000{n}", KINDS.iter().position(|k| k.name == kind.name).unwrap()),
            Type::Position => format!("32.65000{n},110.790000"),
            Type::Place => record(&["place"])?,
            Type::Reference(kinds) => record(kinds)?,
            Type::Entry { .. } => self.resident.clone(),
            Type::Category => "0101".into(),
            Type::Flag => if n == 0 { "是" } else { "否" }.into(),
            Type::MicroGrid => return None,
        })
    }

    /// Whether a search for what stands in a field finds the record.
    fn assert_found(&self, terminal: &Terminal, id: &str, value: &Value, name: &str) {
        let found = terminal.json(self.hub, &["find", value["text"].as_str().unwrap(), "--limit", "100"]);
        let is_it = |hit: &Value| hit["id"] == id || hit["household"] == id;
        assert!(found.as_array().unwrap().iter().any(is_it), "{name}: {value} finds {found}");
    }

    fn pair(&self, kind: &Kind, field: &Field, n: usize) -> Option<String> {
        Some(format!("{}={}", field.label.zh, self.typed(kind, field, n)?))
    }
}

fn shown<'v>(record: &'v Value, key: &str) -> Option<&'v Value> {
    record["fields"].as_array()?.iter().find(|field| field["key"] == key)
}

/// What a value that was typed is shown as, where that is plain text.
fn is_as_typed(field: &Field, shown: &Value, typed: &str) -> bool {
    let text = shown["text"].as_str().unwrap_or_default();
    match field.ty {
        Type::Number { unit, .. } => text == format!("{typed}{}", unit.zh),
        Type::Money => text == format!("{typed}元"),
        Type::Minutes => text == format!("{typed}分钟"),
        Type::Place | Type::Reference(_) | Type::Entry { .. } | Type::Category => !text.is_empty() && text != typed,
        _ => text == typed,
    }
}

#[test]
fn every_field_of_every_kind_takes_every_exit() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Program { folder: folder.path().to_owned(), people: personal_values() };
    hub.run(&["init", "--tenant", "wuyan", "--name", "五堰社区"], true);
    let home = json!({"id": "h1", "grid": "一网格", "address": "人民路1号", "residents": [{"id": "r1", "name": "王秀英"}]});
    fs::write(folder.path().join("h.jsonl"), home.to_string()).unwrap();
    fs::write(folder.path().join("c.csv"), "code,level1,level2,level3\n0101,市容,路灯,不亮\n").unwrap();
    for file in ["h.jsonl", "c.csv"] {
        hub.run(&["import", folder.path().join(file).to_str().unwrap()], true);
    }
    let serving = Serving::start(&hub);
    let grid = ["--grid", "一网格"];
    let terminals = [
        Terminal::enrol(&hub, &serving, Role::Cadre, "陈干部", &[]),
        Terminal::enrol(&hub, &serving, Role::GridWorker, "张网格", &grid),
        Terminal::enrol(&hub, &serving, Role::Cadre, "李干部", &[]),
    ];
    let [desk, worker, second] = &terminals;
    let found = |kind: &str| desk.json(&hub, &["list", kind])["rows"][0]["id"].as_str().unwrap().to_owned();
    let (grid, household) = (found("place"), found("household"));
    let resident = record_of(desk, &hub, &household)["entries"][0]["id"].as_str().unwrap().to_owned();
    let records = BTreeMap::from([("settings", (found("settings"), 0))]);
    let mut town = Town { hub: &hub, records, grid: grid.clone(), household: household.clone(), resident, theirs: BTreeSet::new() };

    let added = |answer: Value| answer["value"].as_str().unwrap().to_owned();
    let own = |name: &str| {
        let all = desk.json(&hub, &["persons"]);
        all.as_array().unwrap().iter().find(|p| p["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    // What has a command of its own is made by it; all else by `add`. Circles come before what they hold.
    let order = |kind: &&&Kind| KINDS.iter().position(|k| k.name == kind.name).unwrap() + if kind.is_confidential() { 100 } else { 0 };
    let mut kinds: Vec<&&Kind> = KINDS.iter().collect();
    kinds.sort_by_key(order);
    let mut exits = 0;
    for kind in kinds {
        if kind.fields.is_empty() {
            continue;
        }
        let author = if kind.is_confidential() { 1 } else { 0 };
        let terminal = &terminals[author];
        if kind.is_confidential() {
            // Its circle: entered by one cadre, approved by another.
            let purpose = match kind.name {
                "health" => "健康",
                "minor" => "未成年人",
                _ => "矛盾调解",
            };
            let circle = added(desk.json(&hub, &["add", "保密圈", &format!("用途={purpose}"), &format!("名称={}圈", kind.name)]));
            desk.json(&hub, &["circle", "enter", &circle, &own("张网格")]);
            desk.json(&hub, &["sync"]);
            second.json(&hub, &["sync"]);
            if kind.name == "minor" {
                second.json(&hub, &["circle", "approve", &circle, &own("张网格")]);
                second.json(&hub, &["sync"]);
            }
            worker.json(&hub, &["sync"]);
            town.records.insert("circle", (circle, 0));
        }
        let taken = |field: &&Field| {
            let mut roles = vec![terminal.role];
            roles.extend(kind.is_confidential().then(|| Role::ALL.iter().find(|r| kind.rows().iter().any(|row| row.roles.contains(&r.role))).unwrap().role));
            field.writers.iter().any(|w| w.roles.iter().any(|role| roles.contains(role)))
        };
        let writable: Vec<&Field> = kind.fields.iter().filter(|f| f.is_written()).filter(taken).collect();
        // Where a micro-grid lies decides its level.
        let fields = || writable.iter().filter(|f| (kind.name, f.key) != ("place", "level"));
        if kind.added != Added::Hub {
            let id = match kind.added {
                Added::Hub => continue,
                Added::Add => {
                    let pairs: Vec<String> = fields().filter_map(|field| town.pair(kind, field, 0)).collect();
                    let args: Vec<&str> = ["add", kind.name].into_iter().chain(pairs.iter().map(String::as_str)).collect();
                    added(terminal.json(&hub, &args))
                }
                Added::Command("visits.record") => added(terminal.json(&hub, &["visit", &household, "--result", "met"])),
                Added::Command("reports.raise") => added(terminal.json(&hub, &["report", "raise", "路灯不亮", "--place", &grid])),
                Added::Command("demands.raise") => {
                    let pairs: Vec<String> = fields().filter_map(|field| town.pair(kind, field, 0)).collect();
                    let args: Vec<&str> = ["demand", "raise"].into_iter().chain(pairs.iter().map(String::as_str)).collect();
                    let id = added(terminal.json(&hub, &args));
                    // The hub makes a case of it; at its end whoever told it says what they think.
                    terminal.json(&hub, &["sync"]);
                    let case = shown(&record_of(terminal, &hub, &id), "report").unwrap()["value"].as_str().unwrap().to_owned();
                    terminal.json(&hub, &["step", &case, "反馈", "--note", "已处理"]);
                    terminal.json(&hub, &["step", &case, "办结"]);
                    terminal.json(&hub, &["sync"]);
                    id
                }
                Added::Command("attendance.sign_in") => {
                    let id = added(terminal.json(&hub, &["sign-in", &town.records["activity"].0]));
                    terminal.json(&hub, &["sign-out"]);
                    id
                }
                Added::Command("claims.claim") => added(terminal.json(&hub, &["claim", &town.records["activity"].0])),
                Added::Command("goods.move") => added(terminal.json(&hub, &["goods", "move", &town.records["goods"].0, "入库", "20", "--donor", "爱心粮油店"])),
                Added::Command("papers.issue") => {
                    added(terminal.json(&hub, &["paper", "issue", "居住证明", &household, &town.resident, "--purpose", "办理入学登记之用"]))
                }
                Added::Command("photos.take") => {
                    let file = folder.path().join("door.jpg");
                    fs::write(&file, gridwalk_tests::pictures::jpeg(64, 48, 1)).unwrap();
                    added(terminal.json(&hub, &["photo", "add", file.to_str().unwrap(), "--household", &household]))
                }
                Added::Command(other) => panic!("no one makes a {} here: {other}", kind.name),
            };
            town.records.insert(kind.name, (id, author));
        }
        let id = town.records[kind.name].0.clone();
        for field in kind.fields.iter().filter(|f| f.is_written()) {
            let name = format!("{} {}", kind.name, field.key);
            let record = record_of(terminal, &hub, &id);
            let Some(typed) = town.typed(kind, field, 0) else { continue };
            if shown(&record, field.key).is_none() {
                let (succeeds, answer) = terminal.run(&hub, &["edit", &id, &format!("{}={typed}", field.label.zh)]);
                // Rules: whoever may not write it is refused, and told so.
                assert_eq!(succeeds, taken(&field), "{name}: {answer}");
                if !succeeds {
                    assert_eq!(answer["error"]["code"], "not_allowed", "{name}: {answer}");
                    exits += 1;
                    continue;
                }
            }
            // --json.
            let record = record_of(terminal, &hub, &id);
            let value = shown(&record, field.key).unwrap_or_else(|| panic!("{name} is not shown: {record}"));
            assert_eq!((value["zh"].as_str(), value["en"].as_str()), (Some(field.label.zh), Some(field.label.en)), "{name}");
            assert_eq!(value["sensitive"], field.data == Data::Sensitive, "{name}");
            if kind.added == Added::Add && (kind.name, field.key) != ("place", "level") {
                assert!(is_as_typed(field, value, &typed), "{name}: {value} is not {typed}");
            }
            // Lists and their filters.
            let listed = terminal.json(&hub, &["list", kind.name, "--limit", "100"]);
            let row = listed["rows"].as_array().unwrap().iter().find(|row| row["id"] == id.as_str()).unwrap_or_else(|| panic!("{name}: not in its list"));
            assert_eq!(shown(row, field.key).is_some(), field.listed, "{name} in its list");
            // Search.
            if field.searched {
                town.assert_found(terminal, &id, value, &name);
            }
            exits += if field.searched { 4 } else { 3 };
        }
        for entries in kind.entries.iter().filter(|e| e.added == Added::Add) {
            let pairs: Vec<String> = entries.fields.iter().filter(|f| f.is_written()).filter_map(|field| town.pair(kind, field, 0)).collect();
            let args: Vec<&str> = ["add", entries.key, &id].into_iter().chain(pairs.iter().map(String::as_str)).collect();
            let entry = added(terminal.json(&hub, &args));
            let record = record_of(terminal, &hub, &id);
            let entry = record["entries"].as_array().unwrap().iter().find(|e| e["id"] == entry.as_str()).unwrap().clone();
            for field in entries.fields.iter().filter(|f| town.typed(kind, f, 0).is_some()) {
                let name = format!("{} {} {}", kind.name, entries.key, field.key);
                let value = shown(&entry, field.key).unwrap_or_else(|| panic!("{name}: {entry}"));
                if field.searched {
                    town.assert_found(terminal, &id, value, &name);
                }
                exits += if field.searched { 2 } else { 1 };
            }
        }
        for named in kind.named.iter().filter(|named| named.is_edited) {
            let word = if matches!(named.ty, Type::Note(_)) { "市容/路灯/闪烁" } else { "7" };
            terminal.json(&hub, &["edit", &id, &format!("{}=新名:{word}", named.label.zh)]);
            let record = record_of(terminal, &hub, &id);
            assert!(
                record["named"].as_array().unwrap().iter().any(|v| v["name"] == "新名" && v["value"]["text"].as_str().unwrap().starts_with(word)),
                "{record}"
            );
            exits += 1;
        }
        terminal.json(&hub, &["sync"]);
        assert_eq!(terminal.json(&hub, &["status"])["quarantine"], json!([]), "{}", kind.name);
    }
    // Everything is at the hub, and on the desk's phone, with equal rows.
    worker.json(&hub, &["sync"]);
    desk.json(&hub, &["sync"]);
    exits += workbooks(&town, desk);
    exits += erased(&mut town, desk, worker);
    hub.check("the hub's log", &serving.stop());
    let page = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/dictionary.md")).unwrap();
    for (kind, field) in SHIPPED.iter().flat_map(|k| k.fields.iter().chain(k.entries.iter().flat_map(|e| e.fields)).map(move |f| (k, f))) {
        assert!(page.contains(&format!("| `{}` | {} | {} |", field.key, field.label.zh, field.label.en)), "{} {}", kind.name, field.key);
        exits += 1;
    }
    assert!(exits > 500, "{exits}");
}

/// A record with its fields; a household's by the export's way, whose card is a screen of its own.
fn record_of(terminal: &Terminal, hub: &Program, id: &str) -> Value {
    terminal.json(hub, &["show", id, "--fields"])
}

/// XLSX out and in again: each field has its column and cell; another program edits it, and the edit arrives.
fn workbooks(town: &Town<'_>, desk: &Terminal) -> usize {
    let mut seen = 0;
    for kind in KINDS.iter().filter(|kind| !kind.fields.is_empty()) {
        let (hub, id) = (town.hub, &town.records[kind.name].0);
        let file = hub.folder.join(format!("{}.xlsx", kind.name));
        let file = file.to_str().unwrap();
        if kind.is_confidential() {
            hub.error(&["export", kind.name, "--to", file]);
            continue;
        }
        hub.run(&["export", kind.name, "--to", file], true);
        let edited: BTreeMap<&str, String> = kind
            .fields
            .iter()
            .filter(|f| f.is_written() && !f.is_once() && f.writers.iter().find(|w| w.roles.contains(&Role::Hub)).is_some_and(|w| !w.once))
            .filter(|f| !matches!(f.ty, Type::Reference(_) | Type::Place | Type::Category | Type::Position | Type::Choice(_)))
            .filter_map(|f| Some((f.label.zh, town.typed(kind, f, 1)?)))
            .collect();
        let script = format!(
            r#"
import json
edited = json.loads({:?})
row = next(r for r in range(2, sheet.max_row + 1) if sheet.cell(r, sheet.max_column).value == "{id}")
print(json.dumps({{c.value: str(sheet.cell(row, c.column).value) for c in sheet[1]}}))
for heading, value in edited.items():
    c = sheet.cell(row, column(heading))
    c.value, c.number_format = value, "@"
book.save(path)
"#,
            json!(edited).to_string()
        );
        let cells: Value = serde_json::from_str(&python(&script, file)).unwrap();
        let before = record_of(desk, hub, id);
        for field in kind.fields.iter().filter(|f| shown(&before, f.key).is_some()) {
            let cell = cells[field.label.zh].as_str().unwrap_or_else(|| panic!("{} {}: no column in {cells}", kind.name, field.key));
            assert_ne!(cell, "None", "{} {}: an empty cell", kind.name, field.key);
            seen += 1;
        }
        hub.run(&["import", file], true);
        desk.json(hub, &["sync"]);
        let after = record_of(desk, hub, id);
        for (heading, value) in edited {
            let field = kind.fields.iter().find(|f| f.label.zh == heading).unwrap();
            let now = shown(&after, field.key).unwrap_or_else(|| panic!("{} {}: gone after it came in again", kind.name, field.key));
            assert!(is_as_typed(field, now, &value), "{} {}: {now} is not {value}", kind.name, field.key);
            seen += 1;
        }
    }
    seen
}

/// Erasure: what is about the resident goes from the hub and from the phones, whatever kind it is of.
fn erased(town: &mut Town<'_>, desk: &Terminal, worker: &Terminal) -> usize {
    let hub = town.hub;
    let household = town.household.clone();
    for kind in KINDS.iter().filter(|kind| kind.fields.iter().any(|f| matches!(f.ty, Type::Entry { .. }))) {
        let (id, author) = &town.records[kind.name];
        let record = record_of([desk, worker][*author], hub, id);
        let personal = kind.fields.iter().filter(|f| f.data != Data::Plain && matches!(f.ty, Type::Text(_) | Type::Note(_) | Type::Telephone));
        town.theirs.extend(personal.filter_map(|f| Some(shown(&record, f.key)?["text"].as_str()?.to_owned())));
    }
    assert!(town.theirs.len() > 10, "{:?}", town.theirs);
    hub.run(&["erase", "--household", &household, "--resident", &town.resident, "--yes"], true);
    for terminal in [desk, worker] {
        terminal.json(hub, &["sync"]);
        let file = hub.folder.join("all.jsonl");
        drop(fs::remove_file(&file));
        terminal.json(hub, &["export", "--out", file.to_str().unwrap()]);
        let all = fs::read_to_string(&file).unwrap();
        assert!(all.contains(&town.grid));
        for value in &town.theirs {
            assert!(!all.contains(value.as_str()), "{value} is still on a phone");
            assert_eq!(terminal.json(hub, &["find", value]), json!([]), "{value} is still found");
        }
    }
    // Not a byte at the hub.
    for value in &town.theirs {
        for file in files(&hub.folder.join("hub")) {
            let bytes = fs::read(&file).unwrap_or_default();
            assert!(!contains(&bytes, value.as_bytes()), "{value} is still in {}", file.display());
        }
    }
    town.theirs.len() * 3
}

/// Every personal text that is typed: no log and no error names one.
fn personal_values() -> BTreeSet<String> {
    let town = Town {
        hub: &Program { folder: PathBuf::new(), people: BTreeSet::new() },
        records: BTreeMap::new(),
        grid: String::new(),
        household: String::new(),
        resident: String::new(),
        theirs: BTreeSet::new(),
    };
    let fields = KINDS.iter().flat_map(|kind| kind.fields.iter().chain(kind.entries.iter().flat_map(|e| e.fields)).map(move |field| (kind, field)));
    let personal = fields.filter(|(_, f)| f.data != Data::Plain && matches!(f.ty, Type::Text(_) | Type::Note(_) | Type::Telephone));
    personal.flat_map(|(kind, field)| [0, 1].map(|n| town.typed(kind, field, n))).flatten().chain(["王秀英".to_owned()]).collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.flat_map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { vec![entry.path()] }).collect()
}
