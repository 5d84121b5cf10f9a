//! Carrying: unsent work in a file or over the local network, and what the hub said of it on the way back.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gridwalk_core::carriers::{CarrierLink, HandedOver, Imported};
use gridwalk_core::{ErrorKind, Phone};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use serde_json::json;

use super::sync::wait;
use crate::failure::{Failure, Result};
use crate::screen::{Screen, Tone};

/// 代送：把未发送的记录交给别人带去同步 / Unsent work carried to the hub by other hands
#[derive(Debug, Args)]
pub struct Carry {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Export(ExportBundles),
    Import(Import),
    Receipts(Receipts),
    Listen(Listen),
    Send(Send),
}

impl Carry {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::Export(c) => c.run(phone, screen),
            What::Import(c) => c.run(phone, screen),
            What::Receipts(c) => c.run(phone, screen),
            What::Listen(c) => c.run(phone, screen),
            What::Send(c) => c.run(phone, screen),
        }
    }
}

/// 把本机未发送的记录加密导出，只有服务器能打开 / Write what is unsent to a file that only the hub can open
#[derive(Debug, Args)]
struct ExportBundles {
    /// 文件 / the file to write
    file: PathBuf,
}

impl ExportBundles {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let written = phone.export_bundles(&self.file)?;
        let file = self.file.display().to_string();
        screen.answer(&json!({"file": file, "envelopes": written.count, "bytes": written.bytes}), |s| {
            s.text(format!("已导出 {} 封：{file}，请交给能联网的同事 / exported; hand it to a colleague who can sync", written.count), Tone::Good)
        })
    }
}

/// 收下别人导出的文件（下次同步时代送），或带回来的回执 / Take in such a file, to be delivered by the next sync; or receipts
#[derive(Debug, Args)]
struct Import {
    /// 文件 / the file
    file: PathBuf,
    /// 担保：接收已停用设备的记录，限社区干部 / vouch for a revoked device's work, as a cadre
    #[arg(long, requires = "reason")]
    vouch: bool,
    /// 担保的理由 / why you vouch
    #[arg(long, value_name = "TEXT", requires = "vouch")]
    reason: Option<String>,
}

impl Import {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let reason = self.reason.filter(|_| self.vouch);
        if !self.file.exists() {
            return Err(Failure::file(&self.file.display().to_string(), std::io::ErrorKind::NotFound.into()));
        }
        let imported = phone.take_carried(&self.file, reason.as_deref())?;
        screen.answer(&json!(imported), |s| s.text(imported_text(imported), Tone::Good))?;
        if imported.kept > 0 {
            screen.hint("联网后用 gridwalk sync 送达", "gridwalk sync delivers it");
        }
        if imported.refused > 0 {
            screen.warn("有记录没有被接受，请用 gridwalk status 查看原因", "some records were refused; gridwalk status says why");
        }
        Ok(())
    }
}

fn imported_text(imported: Imported) -> String {
    let Imported { kept, known, receipts, receipts_kept, sent, refused } = imported;
    let parts = [
        (kept, "收下待送 / to deliver"),
        (known, "已有 / known"),
        (receipts, "回执 / receipts"),
        (receipts_kept, "代收回执 / receipts for others"),
        (sent, "已送达 / sent"),
        (refused, "未被接受 / refused"),
    ];
    let told: Vec<String> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, label)| format!("{label} {count}")).collect();
    if told.is_empty() { "没有新内容 / nothing new".to_owned() } else { told.join("，") }
}

/// 把服务器的回执导出，带回给记录人 / Write the hub's receipts to a file, to be brought back to the authors
#[derive(Debug, Args)]
struct Receipts {
    /// 文件 / the file to write
    file: PathBuf,
}

impl Receipts {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let written = phone.export_receipts(&self.file)?;
        let file = self.file.display().to_string();
        screen.answer(&json!({"file": file, "receipts": written.count, "bytes": written.bytes}), |s| {
            s.text(format!("已导出 {} 份回执：{file} / exported", written.count), Tone::Good)
        })
    }
}

/// 在同一局域网内等别的手机交来记录，Ctrl-C 结束 / Wait for phones on the same network to hand their work over; Ctrl-C ends it
#[derive(Debug, Args)]
struct Listen {
    /// 端口，默认任选 / the port [default: any that is free]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// 收到一台的就结束 / end after the first phone
    #[arg(long)]
    once: bool,
}

impl Listen {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        wait(async {
            let server = match phone.carry_listen(self.port).await {
                Ok(server) => server,
                Err(e) => return Ok(Err(e.into())),
            };
            let link = server.link();
            let qr = match qr(&link) {
                Ok(qr) => qr,
                Err(failure) => return Ok(Err(failure)),
            };
            let shown = screen.answer(&json!({"address": link.to, "code": link.code, "link": link.to_string()}), |s| {
                s.text(format!("{qr}\n地址 / address {}  配对码 / code {}\n{link}", link.to, link.code), Tone::Good)
            });
            if shown.is_err() {
                return Ok(shown);
            }
            loop {
                match server.receive(phone).await {
                    Ok(received) => {
                        let told = screen.answer(&json!(received), |s| {
                            s.text(
                                format!("收下 / kept {}，已有 / known {}，交回回执 / receipts {}", received.kept, received.known, received.receipts),
                                Tone::Good,
                            )
                        });
                        if told.is_err() || self.once {
                            return Ok(told);
                        }
                    }
                    // A visitor who broke off or spoke nonsense ends nothing.
                    Err(e) if matches!(e.kind(), ErrorKind::Offline | ErrorKind::Malformed) => screen.warn(e.message_zh(), e.message_en()),
                    Err(e) => return Ok(Err(e.into())),
                }
            }
        })?
    }
}

/// The link as a QR code in half blocks, two modules a character. Light on dark, as most terminals are.
fn qr(link: &CarrierLink) -> std::result::Result<String, Failure> {
    let code = QrCode::with_error_correction_level(link.to_string(), EcLevel::L).map_err(|_| Failure::usage("链接太长", "the link is too long"))?;
    Ok(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

/// 把本机未发送的记录交给正在等待的手机，并取回回执 / Hand what is unsent over to a phone that listens, and take receipts back
#[derive(Debug, Args)]
struct Send {
    /// 对方显示的链接，或地址 / the other phone's link, or its address HOST:PORT
    to: String,
    /// 对方显示的配对码 / the code it shows
    code: Option<String>,
}

impl Send {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let link = match self.code {
            Some(code) => CarrierLink { to: self.to, code },
            None if self.to.starts_with("gridwalk:") => self.to.parse()?,
            None => return Err(Failure::usage("请写明对方显示的配对码", "name the code that the other phone shows")),
        };
        let spinner = screen.spinner("正在交接 / handing over");
        let over = wait(phone.carry_to(&link));
        spinner.finish_and_clear();
        let over = over?;
        let HandedOver { handed, known, receipts, sent, refused } = over;
        screen.answer(&json!(over), |s| {
            s.text(format!("已交给对方 / handed over {handed}，对方已有 / known {known}，回执 / receipts {receipts}，已送达 / sent {sent}，未被接受 / refused {refused}"), Tone::Good)
        })
    }
}
