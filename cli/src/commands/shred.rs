//! Making the store useless at once.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::failure::{Failure, Result};
use crate::host::Host;
use crate::screen::{Screen, Tone};

/// 立即销毁本机数据和密钥，未发送的记录也不能恢复 / Destroy this device's data and key at once, unsent records too
#[derive(Debug, Args)]
pub struct Shred {
    /// 确认销毁，不再询问 / yes, without asking
    #[arg(long)]
    yes: bool,
}

impl Shred {
    /// The store need not open for this.
    pub fn run(self, host: &Host, screen: &Screen) -> Result {
        if !self.yes && !confirmed(&host.store) {
            return Err(Failure::usage("没有确认，数据没有改动；确认请加 --yes", "not confirmed, nothing was changed; confirm with --yes"));
        }
        // Without the key nothing can be read from here on, also if this is cut short.
        host.destroy_key()?;
        gridwalk_core::store::shred(&host.store)?;
        screen.answer(&json!({"shredded": host.store.display().to_string()}), |s| s.text("已销毁 / destroyed", Tone::Good))
    }
}

/// Asks whoever sits at the terminal, if anyone does.
pub fn confirmed(store: &Path) -> bool {
    if !io::stdin().is_terminal() {
        return false;
    }
    let mut out = io::stderr();
    let asked = write!(out, "将销毁 {} 中的全部数据和密钥，不能恢复。输入 yes 继续 / type yes to destroy everything there: ", store.display());
    let mut answer = String::new();
    asked.and_then(|()| out.flush()).is_ok() && io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}
