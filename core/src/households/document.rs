//! What a household and its residents are: their fields, rules and projection. A plain field is one line here.

use crate::dictionary::{Code, Entries, Field, Label, Order, Type, own};
use crate::documents::{Added, Audience, AudienceSource, Kind, Map, Schema, Subject, Value};
use crate::ids::Id;
use crate::projection::{self, Rows, Table};
use crate::rules::table::{self, DESK, GRIDS, ROSTER};

/// Whether a household is lived in: states, not deletions.
pub const STATES: &[Code] = &[Code::new("lived_in", "在住", "lived in"), Code::new("vacant", "空置", "vacant"), Code::new("moved", "搬离", "moved away")];

/// Whether a resident lives here: states, not deletions.
pub const RESIDENT_STATES: &[Code] =
    &[Code::new("living", "在住", "living here"), Code::new("moved", "搬离", "moved away"), Code::new("deceased", "去世", "deceased")];

/// A sex as people write it.
const SEXES: &[Code] = &[Code::new("男", "男", "male"), Code::new("女", "女", "female"), Code::new("未说明", "未说明", "not said")];

const DAYS: Label = Label { zh: "天", en: "days" };

/// The fields of a household. Who reads it is not a lead's to say: `place` and `micro_grid` are not for them.
pub static FIELDS: &[Field] = &[
    Field::new("place", "网格", "grid", Type::Place, DESK).once_by(GRIDS).required().listed().headings(&["所属网格", "网格名称"]),
    Field::new("micro_grid", "微网格", "micro-grid", Type::MicroGrid, GRIDS),
    Field::new("address", "住址", "address", Type::Text(100), ROSTER).required().searched().listed().personal().headings(&["地址", "家庭住址", "门牌号"]),
    Field::new("tenure", "住房性质", "tenure", Type::Text(100), ROSTER).headings(&["房屋性质", "产权"]),
    Field::new("state", "状态", "state", Type::Choice(STATES), ROSTER).listed(),
    Field::new("position", "位置", "position", Type::Position, ROSTER).personal(),
    Field::new("visit_every_days", "走访周期", "visiting rhythm", Type::Number { unit: DAYS, min: 1, max: 3650 }, ROSTER)
        .help("本户自己的周期，与标签的周期同时有效", "a rhythm of its own, beside those of its residents' tags"),
];

/// The fields of a resident. Tags are fields of the resident, not a map of their own: a map that two phones make at the same
/// time would hide one phone's tags.
pub static RESIDENT_FIELDS: &[Field] = &[
    Field::new("name", "姓名", "name", Type::Text(100), ROSTER).required().personal().searched().listed().headings(&["居民姓名", "人员姓名"]),
    Field::new("sex", "性别", "sex", Type::Choice(SEXES), ROSTER).personal(),
    Field::new("birth", "出生日期", "date of birth", Type::PastDate, ROSTER).personal().headings(&["出生年月日", "生日"]),
    Field::new("relation", "与户主关系", "relation to the head", Type::Text(100), ROSTER).personal().headings(&["关系", "家庭关系"]),
    Field::new("phone", "电话", "telephone", Type::Telephone, ROSTER).personal().searched().headings(&["联系电话", "手机", "手机号码"]),
    Field::new("state", "状态", "state", Type::Choice(RESIDENT_STATES), ROSTER).personal(),
    TAGS,
];

/// A resident's tags.
pub const TAGS: Field = Field::new("tags", "标签", "tags", Type::Tags, ROSTER).personal().searched().listed().headings(&["人员类别", "人群类别"]);

/// Households.
pub static HOUSEHOLDS: Table = Table {
    name: "households",
    columns: &[("at", projection::Type::Int)],
    fields: FIELDS,
    indexes: &["place, address", "micro_grid", "state, address", "address", "at"],
};

/// Residents, one row each, by `position` in the order they were recorded; `entry` is the resident's id.
pub static RESIDENTS: Table = Table { name: "residents", columns: &[("position", projection::Type::Int)], fields: RESIDENT_FIELDS, indexes: &[] };

/// A household with its residents; read by its grid, its micro-grid's leads and the desk.
pub static HOUSEHOLD: Kind = Kind {
    name: "household",
    versions: &[Schema { number: 2, containers: &["residents"] }],
    fields: FIELDS,
    title: "address",
    orders: &[
        Order { key: "address", label: Label { zh: "住址", en: "address" }, column: "address", descending: false },
        Order { key: "newest", label: Label { zh: "最近登记", en: "newest" }, column: "at", descending: true },
    ],
    filters: &["place", "micro_grid", "state"],
    entries: &[Entries {
        key: "residents",
        label: Label { zh: "居民", en: "resident" },
        fields: RESIDENT_FIELDS,
        table: &RESIDENTS,
        added: Added::Add,
        complete: |_, _, _| Ok(()),
    }],
    named: &[],
    process: None,
    added: Added::Add,
    complete: |_, _, _| Ok(()),
    tables: &[&HOUSEHOLDS, &RESIDENTS],
    project,
    audiences: |tree, _| {
        let (grid, micro_grid) = (tree.id("place").map(Audience::Place), tree.id("micro_grid").map(Audience::MicroGrid));
        AudienceSource::Own(grid.into_iter().chain(micro_grid).chain([Audience::Desk]).collect())
    },
    rules: &table::HOUSEHOLD,
    keep_days: None,
    check: |attempt| !attempt.after.text("address").is_empty() && attempt.after.id("place").is_some() && own::fits(attempt, &["", "residents"]),
    demands: &[],
    subjects: &[Subject::Entries { container: "residents", table: &RESIDENTS }],
};

/// The tags of a resident, sorted.
pub fn tags(resident: &Map) -> impl Iterator<Item = &str> {
    TAGS.words(resident)
}

fn project(tree: &Map, rows: &mut Rows) {
    rows.push_fields(&HOUSEHOLDS, "", vec![tree.value("at").clone()], tree);
    // In the order they were recorded: by the ids' numbers, not their spellings.
    let mut residents: Vec<_> = tree.entries("residents").filter(|(_, r)| !r.flag("removed")).collect();
    residents.sort_by_key(|(id, _)| id.parse::<Id>().ok().map(|id| (id.counter, id.actor)));
    for (position, (id, resident)) in (0..).zip(residents) {
        rows.push_fields(&RESIDENTS, id, vec![Value::Int(position)], resident);
    }
}
