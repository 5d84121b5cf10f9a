//! A kind of the tests' own, with a field of every type: nothing but the list of kinds names it, so that what it meets in every exit
//! is what a new kind meets.

use crate::dictionary::{Code, Entries, Field, Label, Named, Order, Type};
use crate::documents::{Added, Audience, AudienceSource, Kind, Schema, Subject};
use crate::projection::{self, Table};
use crate::rules::table::DESK;
use crate::rules::{Allow, KindRules};

const CODES: &[Code] = &[Code::new("first", "甲类", "first"), Code::new("second", "乙类", "second")];
const UNIT: Label = Label { zh: "件", en: "pieces" };

static FIELDS: &[Field] = &[
    Field::new("title", "题目", "title", Type::Text(100), DESK).required().personal().searched().listed().headings(&["样品名称"]),
    Field::new("note", "备注", "note", Type::Note(5_000), DESK).sensitive().searched(),
    Field::new("choice", "类别", "choice", Type::Choice(CODES), DESK).listed(),
    Field::new("marks", "记号", "marks", Type::Tags, DESK).personal().searched(),
    Field::new("number", "数量", "number", Type::Number { unit: UNIT, min: 1, max: 500 }, DESK).listed(),
    Field::new("money", "金额", "money", Type::Money, DESK),
    Field::new("date", "日期", "date", Type::Date, DESK),
    Field::new("past_date", "过去的日期", "past date", Type::PastDate, DESK).personal(),
    Field::new("time", "时间", "time", Type::Time, DESK),
    Field::new("past_time", "过去的时间", "past time", Type::PastTime, DESK),
    Field::new("minutes", "用时", "minutes", Type::Minutes, DESK),
    Field::new("phone", "电话", "telephone", Type::Telephone, DESK).personal().searched(),
    Field::new("position", "位置", "position", Type::Position, DESK).personal(),
    Field::new("place", "网格", "grid", Type::Place, DESK),
    Field::new("micro_grid", "微网格", "micro-grid", Type::MicroGrid, DESK),
    Field::new("household", "住户", "household", Type::Reference(&["household"]), DESK).once().required().listed(),
    Field::new("resident", "居民", "resident", Type::Entry { of: "household", entries: "residents" }, DESK).once().required(),
    Field::new("category", "上报类别", "category", Type::Category, DESK),
    Field::new("flag", "是否", "flag", Type::Flag, DESK).source("tests"),
];

static PART_FIELDS: &[Field] = &[
    Field::new("name", "部件", "part", Type::Text(100), DESK).required().personal().searched().listed(),
    Field::new("number", "数量", "number", Type::Number { unit: UNIT, min: 1, max: 500 }, DESK).once(),
];

const RHYTHMS: Named = Named {
    key: "rhythms",
    label: Label { zh: "节奏", en: "rhythm" },
    names: Type::Tags,
    ty: Type::Number { unit: UNIT, min: 0, max: 9 },
    roles: DESK,
    is_edited: true,
    since: 0,
};

static SAMPLES: Table = Table { name: "samples", columns: &[("at", projection::Type::Int)], fields: FIELDS, indexes: &["title", "choice, title", "household"] };
static PARTS: Table = Table { name: "parts", columns: &[], fields: PART_FIELDS, indexes: &[] };

static RULES: KindRules = KindRules {
    kind: "sample",
    zh: "样品",
    read_by: "the desk",
    rows: &[
        Allow { path: "by|at|boot|since_boot", roles: DESK, once: true, since: 0 },
        Allow { path: "parts/*", roles: DESK, once: true, since: 0 },
        Allow { path: "parts/*/by|at|boot|since_boot", roles: DESK, once: true, since: 0 },
    ],
    checks: "",
};

/// The kind.
pub static SAMPLE: Kind = Kind {
    name: "sample",
    versions: &[Schema { number: 60_000, containers: &["parts", "rhythms"] }],
    fields: FIELDS,
    title: "title",
    orders: &[Order { key: "title", label: Label { zh: "题目", en: "title" }, column: "title", descending: false }],
    filters: &["choice", "household"],
    entries: &[Entries {
        key: "parts",
        label: Label { zh: "部件", en: "part" },
        fields: PART_FIELDS,
        table: &PARTS,
        added: Added::Add,
        complete: |_, _, _| Ok(()),
    }],
    named: &[RHYTHMS],
    process: None,
    added: Added::Add,
    complete: |_, _, _| Ok(()),
    tables: &[&SAMPLES, &PARTS],
    project: |tree, rows| {
        rows.push_fields(&SAMPLES, "", vec![tree.value("at").clone()], tree);
        tree.entries("parts").for_each(|(id, part)| rows.push_fields(&PARTS, id, vec![], part));
    },
    audiences: |_, _| AudienceSource::Own(vec![Audience::Desk]),
    rules: &RULES,
    keep_days: None,
    check: |_| true,
    demands: &[],
    subjects: &[Subject::Named { table: &SAMPLES, column: "resident" }, Subject::Named { table: &SAMPLES, column: "household" }],
};
