//! `gridwalk-hub use-spare`: the spare key takes the place of a lost one.

use std::path::PathBuf;

use clap::Args;
use gridwalk_hub::{Result, admin};

use super::OneTenant;

#[derive(Debug, Args)]
pub struct UseSpare {
    #[command(flatten)]
    at: OneTenant,
    /// 备用密钥文件 / the spare key's file, kept in a safe place until now
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

pub async fn run(a: UseSpare) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    let spare = admin::keys::use_spare(&hub, &tenant, &std::fs::read(&a.key)?).await?;
    println!("已换用备用密钥，手机下次同步时自动跟上 / the spare key is in use; phones follow at their next sync");
    super::say_spare(&spare);
    hub.store.close().await;
    Ok(())
}
