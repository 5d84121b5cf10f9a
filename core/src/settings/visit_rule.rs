/// The rules a new community begins with: tag and days. They follow published rhythms (high-risk persons weekly, elderly in
/// difficulty and key persons at least monthly, others quarterly) and are the community's to change.
pub const DEFAULT_VISIT_RULES: &[(&str, i64)] = &[
    ("社区矫正", 7),
    ("精神障碍", 7),
    ("独居老人", 30),
    ("孤寡老人", 30),
    ("失能", 30),
    ("高龄老人", 30),
    ("困境儿童", 30),
    ("留守儿童", 30),
    ("空巢老人", 90),
    ("残疾人", 90),
    ("低保", 90),
];
