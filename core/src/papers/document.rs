//! What a paper is: its fields, rules and projection.

use crate::dictionary::{Code, Field, Label, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Schema, Subject};
use crate::projection::{self, Table};
use crate::rules::Attempt;
use crate::rules::table::{self, HUB, WINDOW};

/// What papers certify.
pub const SORTS: &[Code] = &[
    Code::new("residence", "居住证明", "proof of residence"),
    Code::new("hardship", "困难证明", "proof of hardship"),
    Code::new("service", "志愿服务证明", "proof of voluntary service"),
];

const NUMBER: Label = Label { zh: "号", en: "" };
const YEAR: Label = Label { zh: "年", en: "" };

/// The fields of a paper.
pub static FIELDS: &[Field] = &[
    Field::new("sort", "证明种类", "sort", Type::Choice(SORTS), WINDOW).once().required().listed().set_by("papers.issue"),
    Field::new("household", "住户", "household", Type::Reference(&["household"]), WINDOW).once().required().listed().set_by("papers.issue"),
    Field::new("resident", "居民", "resident", Type::Entry { of: "household", entries: "residents" }, WINDOW).once().required().set_by("papers.issue"),
    Field::new("purpose", "用途", "purpose", Type::Text(100), WINDOW).once().required().personal().listed().set_by("papers.issue"),
    Field::new("void", "已作废", "void", Type::Flag, WINDOW).listed().set_by("papers.void"),
    Field::new("void_reason", "作废原因", "why it is void", Type::Note(500), WINDOW).personal().set_by("papers.void"),
    Field::new("year", "编号年份", "year", Type::Number { unit: YEAR, min: 2000, max: 9999 }, HUB).once().listed().set_by("papers.number"),
    Field::new("number", "编号", "number", Type::Number { unit: NUMBER, min: 1, max: 1_000_000_000 }, HUB)
        .once()
        .listed()
        .set_by("papers.number")
        .help("没有编号即待编号", "not numbered yet while there is none"),
];

/// Papers.
pub static PAPERS: Table = Table {
    name: "papers",
    columns: &[("at", projection::Type::Int), ("by", projection::Type::Text)],
    fields: FIELDS,
    indexes: &["at", "household", "sort, year, number"],
};

/// A paper; read by the desk.
pub static PAPER: Kind = Kind {
    name: "paper",
    versions: &[Schema { number: 23, containers: &[] }],
    fields: FIELDS,
    title: "",
    orders: &[Order { key: "newest", label: Label { zh: "最近开具", en: "newest" }, column: "at", descending: true }],
    filters: &["household"],
    entries: &[],
    named: &[],
    process: None,
    added: Added::Command("papers.issue"),
    complete: |_, _, _| Ok(()),
    tables: &[&PAPERS],
    project: |tree, rows| rows.push_fields(&PAPERS, "", vec![tree.value("at").clone(), tree.value("by").clone()], tree),
    audiences: |_, _| AudienceSource::Own(vec![Audience::Desk]),
    rules: &table::PAPER,
    keep_days: None,
    check,
    demands: &[],
    subjects: &[Subject::Named { table: &PAPERS, column: "resident" }, Subject::Named { table: &PAPERS, column: "household" }],
};

/// It says of what sort it is and whom it is about; void stays void, and says why.
fn check(attempt: &Attempt<'_>) -> bool {
    let after = attempt.after;
    let was_void = attempt.before.is_some_and(|before| before.flag("void"));
    let says = !after.text("sort").is_empty() && after.id("household").is_some() && after.id("resident").is_some();
    says && (after.flag("void") || !was_void) && (!after.flag("void") || !after.text("void_reason").is_empty())
}

/// The name of a series of numbers: one for each sort of paper and year.
pub fn series(sort: &str, year: i64) -> String {
    format!("paper/{sort}/{year}")
}

/// Sort and year of a series; `None` for what is none.
pub fn parse_series(name: &str) -> Option<(&str, i64)> {
    let (sort, year) = name.strip_prefix("paper/")?.split_once('/')?;
    Some((sort, year.parse().ok()?))
}

/// What people call a paper by its number: 居住证明〔2026〕1号; 待编号 until it has one.
pub fn label(sort: &str, year: Option<i64>, number: Option<i64>) -> String {
    let name = SORTS.iter().find(|code| code.code == sort).map_or(sort, |code| code.label.zh);
    match (year, number) {
        (Some(year), Some(number)) => format!("{name}〔{year}〕{number}号"),
        _ => format!("{name} 待编号"),
    }
}
