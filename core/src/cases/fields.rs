//! What a step can carry. Which step carries what, its process says.

use crate::dictionary::{Code, Field, Label, Type};
use crate::rules::table::{HUB, STEPPERS};

const NO_UNIT: Label = Label { zh: "", en: "" };

/// The kinds of a whistle, by number, with what people call them.
pub const WHISTLES: &[Code] =
    &[Code::new("1", "超出社区能力", "beyond the community"), Code::new("2", "联合执法", "joint enforcement"), Code::new("3", "突发应急", "emergency")];

/// The street's four platforms (四平台).
pub const PLATFORMS: &[Code] = &[
    Code::new("order", "综治工作", "public order"),
    Code::new("market", "市场监管", "market supervision"),
    Code::new("enforcement", "综合执法", "joint enforcement"),
    Code::new("service", "便民服务", "public service"),
];

/// How satisfied somebody is.
pub const SATISFACTIONS: &[Code] =
    &[Code::new("satisfied", "满意", "satisfied"), Code::new("fairly", "基本满意", "fairly satisfied"), Code::new("unsatisfied", "不满意", "not satisfied")];

const fn carried(key: &'static str, zh: &'static str, en: &'static str, ty: Type) -> Field {
    Field::new(key, zh, en, ty, STEPPERS).once()
}

/// The fields of a step of a process with these steps.
pub const fn step_fields(codes: &'static [Code]) -> [Field; 18] {
    [
        carried("kind", "步骤", "step", Type::Choice(codes)).required(),
        carried("note", "说明", "note", Type::Note(5_000)).personal(),
        carried("whistle", "吹哨类型", "kind of whistle", Type::Number { unit: NO_UNIT, min: 1, max: 3 })
            .help("1 超出社区能力、2 联合执法、3 突发应急", "1 beyond the community, 2 joint enforcement, 3 emergency"),
        carried("platform", "平台", "platform", Type::Choice(PLATFORMS)),
        carried("lead", "主办单位", "leading unit", Type::Reference(&["unit"])),
        carried("assisting", "协办单位", "assisting units", Type::Note(1_000)).help("编号，用空格隔开", "ids with blanks between them"),
        carried("unit", "单位", "unit", Type::Reference(&["unit"])).help("代表哪个单位", "which unit it speaks for"),
        carried("amount", "期限", "amount of time", Type::Text(40))
            .help("如 5个工作日、2个工作小时、30分钟", "such as 5 working days, 2 working hours, 30 minutes"),
        carried("stage", "阶段", "stage", Type::Text(100)),
        carried("person", "承办人", "person", Type::Reference(&["person"])),
        carried("other", "另一件", "other case", Type::Reference(&["report"])),
        carried("solved", "是否解决", "solved", Type::Flag),
        carried("satisfied", "满意程度", "satisfaction", Type::Choice(SATISFACTIONS)),
        carried("papers", "材料", "papers", Type::Note(1_000)),
        carried("consent", "同意人", "consent", Type::Text(100)).personal().help("哪一方当事人同意", "which party consents"),
        carried("replaces", "替代的步骤", "steps it replaces", Type::Note(500)).help("步骤编号，用空格隔开", "ids of steps with blanks between them"),
        Field::new("by_name", "答复人", "answered by", Type::Text(100), HUB).once().personal().help("来源所写的姓名", "as its source says"),
        Field::new("day_only", "只知日期", "day only", Type::Flag, HUB).once(),
    ]
}
