//! A volunteer's own record: sign-in, sign-out, hours.

use clap::Args;
use gridwalk_core::attendance::{OpenAttendance, Served, ServiceRecord, SignIn as SignInTo, SignOut as SignOutOf};
use gridwalk_core::{Error, Id, Phone};
use serde_json::json;

use crate::failure::{Failure, Result};
use crate::screen::{Screen, Style, Tone, cell, number, toned};
use crate::values::id;
use crate::words;

/// 活动签到 / Sign in to an activity, now
#[derive(Debug, Args)]
pub struct SignIn {
    /// 活动编号 / the activity's id
    #[arg(value_parser = id)]
    activity: Id,
}

impl SignIn {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let outcome = phone.run(SignInTo { activity: self.activity })?;
        if outcome.changed.iter().all(|table| *table == "commands") {
            let value = json!({"command": outcome.command, "value": outcome.value, "changed": outcome.changed});
            return screen
                .answer(&value, |s| format!("{} {}", s.text("已经签到，没有重复记录 / signed in already", Tone::Warn), s.text(outcome.value, Tone::Dim)));
        }
        screen.recorded(&outcome, "已签到", "signed in")
    }
}

/// 活动签退 / Sign out, now
#[derive(Debug, Args)]
pub struct SignOut {
    /// 签到编号，默认唯一未签退的一次 / the attendance's id [default: the only open one]
    #[arg(value_parser = id)]
    attendance: Option<Id>,
}

impl SignOut {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let attendance = self.attendance.map_or_else(|| only_open(phone), Ok)?;
        screen.recorded(&phone.run(SignOutOf::of(attendance))?, "已签退", "signed out")
    }
}

/// The one attendance that is meant by signing out: what was forgotten longer ago is named by its id.
fn only_open(phone: &Phone) -> Result<Id> {
    let all = phone.open_attendances()?;
    let fresh: Vec<OpenAttendance> = all.iter().filter(|open| !open.forgotten).cloned().collect();
    let open = if fresh.is_empty() { all } else { fresh };
    match open.as_slice() {
        [] => Err(Error::not_found("没有未签退的活动", "you are not signed in to any activity").into()),
        [only] => Ok(only.attendance),
        several => {
            let mut table = Style::PLAIN.table(&["签到 Since", "活动 Activity", "编号 Id"]);
            for open in several {
                table.add_row([cell(words::time(open.from)), cell(&open.title), cell(open.attendance)]);
            }
            Err(Failure::ambiguous("有几次签到尚未签退，请用编号指定", "several attendances are open; name one by its id", json!(several), table.to_string()))
        }
    }
}

/// 本人的服务记录（待核） / Your service record, before verification
#[derive(Debug, Args)]
pub struct Hours {}

impl Hours {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let record = phone.service_record()?;
        screen.answer(&json!(record), |s| record_text(s, &record))
    }
}

fn record_text(s: Style, record: &ServiceRecord) -> String {
    if record.served.is_empty() {
        return s.text("还没有服务记录 / no service yet", Tone::Dim);
    }
    let total = format!("合计 / total: {}", words::duration(record.minutes));
    format!("{}\n{}", served_table(s, &record.served), s.text(total, Tone::Bold))
}

fn served_table(s: Style, served: &[Served]) -> String {
    let mut table = s.table(&["时间 When", "时长 Time", "活动 Activity", "提示 Flags", "编号 Id"]);
    for one in served {
        let flags: Vec<&str> = one.flags.iter().map(|flag| words::flag(*flag)).collect();
        table.add_row([
            cell(words::span(one.from, one.until)),
            number(words::duration(one.minutes)),
            cell(&one.title),
            toned(flags.join("、"), Tone::Warn),
            toned(one.attendance, Tone::Dim),
        ]);
    }
    table.to_string()
}
