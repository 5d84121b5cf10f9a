//! What people read: Chinese words for the core's codes, and China time. A code of a newer core is shown as it is.

use gridwalk_core::attendance::Flag;
use gridwalk_core::cases::Holder;
use gridwalk_core::claims::document::OUTCOMES;
use gridwalk_core::dictionary::Code;
use gridwalk_core::phone::MarkView;
use gridwalk_core::reports::PROCESS;
use gridwalk_core::rules::Role;
use gridwalk_core::visits::Urgency;
use gridwalk_core::visits::document::RESULTS;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// Codes with what people call them.
pub type Words = &'static [(&'static str, &'static str)];

/// Marks on records of older apps.
const MARKS: Words = &[("missing", "未填 / missing"), ("too_long", "过长 / too long")];

/// What people call `code`.
pub fn word(words: Words, code: &str) -> &str {
    words.iter().find(|(c, _)| *c == code).map_or(code, |(_, zh)| zh)
}

/// What people say of a mark on a record.
pub fn mark(mark: &MarkView) -> String {
    format!("{}{}", mark.zh, word(MARKS, &mark.mark))
}

/// What people call a role.
pub fn role(code: &str) -> &str {
    code.parse::<Role>().map_or(code, |role| role.zh())
}

/// What people call a choice of the dictionary.
pub fn choice<'a>(codes: &'static [Code], code: &'a str) -> &'a str {
    codes.iter().find(|c| c.code == code).map_or(code, |c| c.label.zh)
}

/// What people call a visit's result.
pub fn result(code: &str) -> &str {
    choice(RESULTS, code)
}

/// What people call a report's status.
pub fn status(code: &str) -> &str {
    PROCESS.state(code).map_or(code, |state| state.code.label.zh)
}

/// The code of a status, from its code or what people call it.
pub fn status_code(text: &str) -> &str {
    PROCESS.states.iter().find(|state| state.code.label.zh == text).map_or(text, |state| state.code.code)
}

/// What people call what came of a claim.
pub fn claim(code: &str) -> &str {
    if code == "provisional" { "待确认" } else { choice(OUTCOMES, code) }
}

/// What people call whoever has a report.
pub fn holder(code: &str) -> &str {
    Holder::ALL.iter().find(|(_, c, ..)| *c == code).map_or(code, |(_, _, zh, _)| zh)
}

/// What stands beside a row: that it is unsent, that people differ about it.
pub fn flags(unsent: bool, conflict: bool) -> impl Iterator<Item = String> {
    [(unsent, "未上传"), (conflict, "冲突")].into_iter().filter(|(so, _)| *so).map(|(_, word)| word.to_owned())
}

/// What people call an urgency.
pub fn urgency(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Overdue => "已超期",
        Urgency::Due => "到期",
    }
}

/// What people call a flag of a service record.
pub fn flag(flag: Flag) -> &'static str {
    match flag {
        Flag::NoSignOut => "未签退",
        Flag::Twice => "重复签到",
        Flag::Overlap => "时间重叠",
        Flag::Short => "不足六成",
        Flag::OutsideTime => "超出活动时间",
        Flag::ClockSuspect => "时间存疑",
    }
}

/// Seconds since the Unix epoch (UTC) as China time: 2026-03-02 08:30.
pub fn time(at: i64) -> String {
    format(at, "%Y-%m-%d %H:%M")
}

/// A record's time, with how far it can be believed: 2026-03-02 08:30（待核时）.
pub fn proven_time(at: i64, unanchored: bool, unknowable: bool) -> String {
    time(at)
        + if unknowable {
            SUSPECT
        } else if unanchored {
            WAITING
        } else {
            ""
        }
}

const WAITING: &str = "（待核时）";
const SUSPECT: &str = "（时间存疑）";

/// What the marks in a text of [`proven_time`]s mean; empty without any.
pub fn time_legend(text: &str) -> String {
    let waiting = "待核时：手机时钟当时未经核对，手机重启之前同步就能核对 / not verified yet; it is when the phone that recorded it syncs before it restarts";
    let suspect = "时间存疑：手机时钟当时未经核对，已无法再核对；不晚于服务器收到的时间 / never verified; not later than the hub received it";
    [(WAITING, waiting), (SUSPECT, suspect)].iter().filter(|(mark, _)| text.contains(mark)).map(|(_, legend)| format!("\n{legend}")).collect()
}

/// The day of that: 2026-03-02.
pub fn day(at: i64) -> String {
    format(at, "%Y-%m-%d")
}

/// From when until when: 2026-03-02 08:30–10:00.
pub fn span(from: i64, until: Option<i64>) -> String {
    let until = until.map(|until| if day(from) == day(until) { format(until, "%H:%M") } else { time(until) });
    format!("{}–{}", time(from), until.unwrap_or_default())
}

fn format(at: i64, pattern: &str) -> String {
    // China has one time zone and no summer time.
    let china = TimeZone::fixed(Offset::constant(8));
    Timestamp::from_second(at).map_or_else(|_| at.to_string(), |t| t.to_zoned(china).strftime(pattern).to_string())
}

/// Minutes as hours and minutes.
pub fn duration(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m} 分"),
        (h, 0) => format!("{h} 小时"),
        (h, m) => format!("{h} 小时 {m} 分"),
    }
}

/// Metres, or kilometres where metres say too much.
pub fn distance(metres: i64) -> String {
    if metres < 10_000 { format!("{metres} 米") } else { format!("{} 公里", metres / 1000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_china_time() {
        assert_eq!(time(1_772_411_400), "2026-03-02 08:30");
        assert_eq!(day(1_772_409_600 - 8 * 3600), "2026-03-02");
        assert_eq!(time(i64::MAX), i64::MAX.to_string());
        assert_eq!(span(1_772_411_400, Some(1_772_416_800)), "2026-03-02 08:30–10:00");
        assert_eq!(span(1_772_411_400, None), "2026-03-02 08:30–");
    }

    #[test]
    fn codes_of_a_newer_core_are_shown_as_they_are() {
        assert_eq!(result("met"), "已见面");
        assert_eq!(result("left_a_card"), "left_a_card");
        assert_eq!(role("grid_worker"), "网格员");
    }
}
