//! Where the phone stands, and running again what was refused.

use clap::Args;
use gridwalk_core::carriers::CarriedStatus;
use gridwalk_core::kinds::COMMANDS;
use gridwalk_core::phone::{HubRefusal, Quarantined, Status as PhoneStatus, TenantStatus};
use gridwalk_core::{Id, Phone};
use serde_json::json;

use crate::failure::{Failure, Result};
use crate::host::Host;
use crate::screen::{Screen, Style, Tone, cell, toned};
use crate::values::id;
use crate::words;

/// 本机情况：未发送、上次同步、未被接受及原因 / What is unsent, last sync, what was refused and why
#[derive(Debug, Args)]
pub struct Status {}

impl Status {
    pub fn run(self, phone: &Phone, host: &Host, screen: &Screen) -> Result {
        let status = phone.status()?;
        let mut value = json!(status);
        value["store"] = json!(host.store.display().to_string());
        screen.answer(&value, |s| {
            let mut text = vec![overview(s, &status, host)];
            if !status.quarantine.is_empty() {
                text.push(s.text("未被接受的记录 / Refused:", Tone::Bad));
                text.push(quarantine_table(s, &status.quarantine));
                text.push(s.text("原因消除后可重新提交 / once the reason is gone: gridwalk resubmit 编号；或放弃 / or: gridwalk give-up 编号", Tone::Dim));
            }
            text.join("\n")
        })
    }
}

fn overview(s: Style, status: &PhoneStatus, host: &Host) -> String {
    let mut table = s.table(&[]);
    let count = |n: u64, tone: Tone| toned(n, if n > 0 { tone } else { Tone::Good });
    if status.tenants.is_empty() {
        table.add_row([cell("社区 Community"), toned("尚未入网 / not enrolled", Tone::Warn)]);
    }
    for tenant in &status.tenants {
        let used = if tenant.chosen && status.tenants.len() > 1 { " · 当前 / chosen" } else { "" };
        table.add_row([cell("社区 Community"), cell(tenant_text(tenant) + used)]);
        let synced = tenant.synced_at.map(words::time);
        let tone = if synced.is_some() { Tone::Plain } else { Tone::Warn };
        table.add_row([cell("上次同步 Last sync"), toned(synced.unwrap_or_else(|| "尚未同步 / never".to_owned()), tone)]);
        if let Some(HubRefusal { code, zh, en }) = &tenant.refused {
            table.add_row([cell("服务器拒绝 Refused by the hub"), toned(format!("{zh} / {en} ({code})"), Tone::Bad)]);
        }
    }
    table.add_row([cell("未发送 Unsent"), count(status.unsent, Tone::Warn)]);
    if status.held > 0 {
        let text = format!("{}条记录等服务器升级后自动发送 / sent once the hub is upgraded: {}", status.held, status.held);
        table.add_row([cell("等待升级 Held"), toned(text, Tone::Warn)]);
    }
    table.add_row([cell("未被接受 Refused"), count(status.quarantine.len() as u64, Tone::Bad)]);
    table.add_row([cell("冲突 Conflicts"), count(status.conflicts, Tone::Warn)]);
    table.add_row([cell("无法读取 Unreadable"), count(status.unreadable, Tone::Bad)]);
    if status.erasing {
        table.add_row([cell("删除 Erasing"), toned("待清除，下次打开或同步时继续 / goes on at the next opening or sync", Tone::Warn)]);
    }
    table.add_row([cell("资料 Documents"), cell(status.documents)]);
    if status.after_update > 0 {
        let text = format!("{}份资料更新应用后可看 / to be read once the app is updated: {}", status.after_update, status.after_update);
        table.add_row([cell("更新应用 Update"), toned(text, Tone::Warn)]);
    }
    if status.carried != CarriedStatus::default() {
        table.add_row([cell("代送 Carried"), toned(carried_text(status.carried), if status.carried.waiting > 0 { Tone::Warn } else { Tone::Plain })]);
    }
    table.add_row([cell("设备 Device"), toned(&status.device, Tone::Dim)]);
    table.add_row([cell("数据 Store"), toned(host.store.display(), Tone::Dim)]);
    table.add_row([cell("密钥 Key"), toned(host.key_file.display(), Tone::Dim)]);
    table.to_string()
}

fn carried_text(carried: CarriedStatus) -> String {
    let CarriedStatus { waiting, outcast, receipts, oldest_at } = carried;
    let counts = [(waiting, "待送达 / to deliver"), (outcast, "需担保 / to vouch for"), (receipts, "回执 / receipts")];
    let mut parts: Vec<String> = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, label)| format!("{label} {count}")).collect();
    parts.extend(oldest_at.map(|at| format!("最早 / since {}", words::time(at))));
    parts.join("，")
}

fn tenant_text(tenant: &TenantStatus) -> String {
    let name = if tenant.person_name.is_empty() { &tenant.person } else { &tenant.person_name };
    let roles: Vec<&str> = tenant.roles.iter().map(|(role, _)| words::role(role)).collect();
    format!("{} · {name} · {} · {}", tenant.tenant, roles.join("、"), tenant.hub)
}

fn quarantine_table(s: Style, quarantine: &[Quarantined]) -> String {
    let mut table = s.table(&["时间 When", "记录 Record", "记录人 By", "原因 Reason", "编号 Id"]);
    for q in quarantine {
        let reason = format!("{} / {} ({})", q.reason_zh, q.reason_en, q.reason);
        table.add_row([
            cell(words::time(q.at)),
            cell(words::choice(COMMANDS, &q.command)),
            cell(if q.by_name.is_empty() { &q.by } else { &q.by_name }),
            toned(reason, Tone::Warn),
            toned(q.id, Tone::Dim),
        ]);
    }
    table.to_string()
}

/// 原因消除后重新提交未被接受的记录 / Run a refused record again, once the reason is gone
#[derive(Debug, Args)]
pub struct Resubmit {
    /// 记录编号，见 status / the record's id, as in status
    #[arg(value_parser = id)]
    command: Id,
}

impl Resubmit {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        screen.recorded(&phone.resubmit(self.command)?, "已重新提交", "resubmitted")
    }
}

/// 放弃未被接受的记录，不能恢复 / Give up a refused record, for good
#[derive(Debug, Args)]
pub struct GiveUp {
    /// 记录编号，见 status / the record's id, as in status
    #[arg(value_parser = id)]
    command: Id,
    /// 确认放弃 / yes, remove it
    #[arg(long)]
    yes: bool,
}

impl GiveUp {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        if !self.yes {
            return Err(Failure::usage("放弃后不能恢复，确认请加 --yes", "it is removed for good; confirm with --yes"));
        }
        phone.give_up(self.command)?;
        screen.answer(&json!({"given_up": self.command}), |s| s.text("已放弃 / given up", Tone::Good))
    }
}
