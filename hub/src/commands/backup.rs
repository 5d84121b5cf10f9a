//! `gridwalk-hub backup`: a copy while the hub works.

use std::path::PathBuf;

use clap::Args;
use gridwalk_hub::{Result, admin};

use super::Data;

#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    at: Data,
    /// 备份文件 / the file to make
    #[arg(long)]
    to: PathBuf,
}

pub async fn run(a: Backup) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.data)?;
    admin::backup(&a.at.open().await?, &a.to).await?;
    println!("已备份到 {} / backed up", a.to.display());
    Ok(())
}
