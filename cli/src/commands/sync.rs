//! The two commands that use the network: enrol and sync.

use std::fs;
use std::future::Future;
use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;
use gridwalk_core::identity::Invite;
use gridwalk_core::sync::{Asked, Network, PhotoProgress, PhotoReport, SyncProgress, SyncReport};
use gridwalk_core::{Error, ErrorKind, Phone};
use serde_json::json;

use crate::failure::{Failure, Result};
use crate::screen::{Screen, Style, Tone};
use crate::words;

/// 用社区给的链接入网 / Join a community with its link
#[derive(Debug, Args)]
pub struct Enrol {
    /// 入网链接 / the enrolment link, gridwalk://enrol?…
    link: String,
    /// 服务器自己的证书（PEM） / the hub's own certificate authority, if it has one
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// 本机另一位使用者未发送的记录留在本机等候其本人提交 / join although another person's unsent records are here; they wait for that person
    #[arg(long)]
    force: bool,
}

impl Enrol {
    /// The link as an invite.
    pub fn invite(&self) -> Result<Invite> {
        Ok(self.link.parse()?)
    }

    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let invite = self.invite()?;
        let ca = self.ca.map(|path| read(&path).map_err(|e| Failure::file(&path.display().to_string(), e))).transpose()?;
        let spinner = screen.spinner("正在入网 / joining");
        let joined = wait(phone.enrol_over(&invite, ca.as_deref(), self.force));
        spinner.finish_and_clear();
        if let Err(Failure::Said(trouble)) = &joined
            && trouble.code == ErrorKind::UnsentOfAnother.code()
        {
            screen.hint("gridwalk sync；或 gridwalk carry；或 gridwalk enrol --force 链接", "gridwalk sync; or gridwalk carry; or gridwalk enrol --force LINK");
        }
        joined?;
        let status = phone.status()?;
        let tenant = status.tenants.iter().find(|t| t.tenant == invite.tenant).ok_or_else(|| Error::internal("enrolment"))?;
        screen.answer(&json!(tenant), |s| {
            let roles: Vec<&str> = tenant.roles.iter().map(|(role, _)| words::role(role)).collect();
            s.text(format!("已入网：{}，{} / enrolled", tenant.tenant, roles.join("、")), Tone::Good)
        })?;
        screen.hint("接下来用 gridwalk sync 接收资料", "next, gridwalk sync receives your documents");
        Ok(())
    }
}

fn read(path: &std::path::Path) -> std::io::Result<String> {
    /// No certificate is longer.
    const MOST: u64 = 1 << 20;
    let mut text = String::new();
    fs::File::open(path)?.take(MOST).read_to_string(&mut text)?;
    Ok(text)
}

/// 与服务器同步：发送和接收 / Sync with the hub: send and receive
#[derive(Debug, Args)]
pub struct Sync {
    /// 当前网络按流量计费：照片原图按社区设置等待无线网络 / this network is paid for by the byte
    #[arg(long)]
    metered: bool,
    /// 由定时任务发起：一分钟内的记录先不发送，还可收回 / a timer asks for it: records of the last minute stay, to be taken back
    #[arg(long)]
    background: bool,
}

impl Sync {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let spinner = screen.spinner("正在同步 / syncing");
        let progress = |p: SyncProgress| {
            let SyncProgress { requests, unsent, received } = p;
            spinner.set_message(format!("正在同步 / syncing：请求 {requests}，未发送 / unsent {unsent}，收到 / received {received}"));
        };
        let report = wait(phone.sync_as(if self.background { Asked::Background } else { Asked::Person }, progress));
        let photos = report.is_ok().then(|| wait(phone.sync_photos(network(self.metered), |p: PhotoProgress| spinner.set_message(photo_text(p)))));
        spinner.finish_and_clear();
        let report = report?;
        let photos = photos.transpose();
        let done = photos.as_ref().ok().copied().flatten();
        let mut value = json!(report);
        value["photos"] = json!(done);
        screen.answer(&value, |s| report_text(s, report, done.unwrap_or_default()))?;
        photos?;
        if done.is_some_and(|d| d.troubles > 0) {
            screen.warn("有照片无法发送，请重新拍摄", "some photos cannot be sent; take them again");
        }
        if report.moved > 0 {
            let (zh, en) = (
                format!("{}户已划到其他网格，不再在本机；未发送的记录照样送达", report.moved),
                format!("{} households lie in another grid now and left this phone; unsent records still arrive", report.moved),
            );
            screen.warn(&zh, &en);
        }
        if report.ended > 0 {
            screen.warn("您的一个角色已结束，它的资料不再在本机", "a role of yours has ended, and its documents left this phone");
        }
        if report.refused > 0 {
            screen.warn("有记录没有被接受，请用 gridwalk status 查看原因", "some records were refused; gridwalk status says why");
        }
        Ok(())
    }
}

/// What the network is, as the person says.
pub fn network(metered: bool) -> Network {
    if metered { Network::Metered } else { Network::Unmetered }
}

fn photo_text(p: PhotoProgress) -> String {
    format!("正在传照片 / photos：已发送 / sent {} KB，收到 / received {} KB，待发送 / unsent {}", p.sent_bytes / 1000, p.received_bytes / 1000, p.unsent)
}

fn report_text(s: Style, report: SyncReport, photos: PhotoReport) -> String {
    let mut parts = vec![format!("已发送 / sent {}", report.sent), format!("已收到 / received {}", report.received)];
    let more = [
        (report.rerun, "重新执行 / run again"),
        (report.withdrawn, "已移出本机 / withdrawn"),
        (report.carried, "代送 / carried"),
        (report.young, "一分钟后再发送 / to be sent in a minute"),
        (report.refused, "未被接受 / refused"),
        (photos.sent, "照片文件已发送 / photo files sent"),
        (photos.received, "缩略图已收到 / thumbnails received"),
        (photos.unsent, "照片文件待发送 / photo files unsent"),
    ];
    parts.extend(more.into_iter().filter(|(count, _)| *count > 0).map(|(count, label)| format!("{label} {count}")));
    s.text(format!("同步完成 / synced：{}", parts.join("，")), if report.refused > 0 { Tone::Warn } else { Tone::Good })
}

/// Runs what waits for a network.
pub fn wait<T>(work: impl Future<Output = gridwalk_core::Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Error::internal("runtime").with_source(e))?;
    Ok(runtime.block_on(work)?)
}
