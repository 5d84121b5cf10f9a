//! Leaving this device: what is unsent goes out first, then the store and its key are destroyed.

use clap::Args;
use gridwalk_core::Phone;
use serde_json::json;

use super::shred::confirmed;
use super::sync::{network, wait};
use crate::failure::{Failure, Result};
use crate::host::Host;
use crate::screen::{Screen, Tone};

/// 退出登录：先发送未发送的记录，再销毁本机数据和密钥 / Log out: send what is unsent, then destroy this device's data and key
#[derive(Debug, Args)]
pub struct LogOut {
    /// 确认退出，不再询问 / yes, without asking
    #[arg(long)]
    yes: bool,
    /// 即使还有没送达的记录也退出，它们不能恢复 / also if something is nowhere else: it is lost
    #[arg(long)]
    force: bool,
    /// 当前网络按流量计费 / this network is paid for by the byte
    #[arg(long)]
    metered: bool,
}

impl LogOut {
    pub fn run(self, phone: &Phone, host: &Host, screen: &Screen) -> Result {
        if !self.yes && !confirmed(&host.store) {
            return Err(Failure::usage("没有确认，数据没有改动；确认请加 --yes", "not confirmed, nothing was changed; confirm with --yes"));
        }
        let spinner = screen.spinner("正在发送未发送的记录 / sending what is unsent");
        let left = wait(phone.log_out(network(self.metered), self.force, |_| {}));
        spinner.finish_and_clear();
        let left = left?;
        host.destroy_key()?;
        let answer = json!({"logged_out": host.store.display().to_string(), "left": left});
        screen.answer(&answer, |s| s.text("已退出，本机数据已销毁 / logged out; this device's data is destroyed", Tone::Good))
    }
}
