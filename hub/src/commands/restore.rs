//! `gridwalk-hub restore`: a backup in the place of the database.

use std::path::PathBuf;

use clap::Args;
use gridwalk_core::clock::{HostClock, SystemClock};
use gridwalk_core::identity::SystemRandom;
use gridwalk_hub::{Result, admin};

use super::Data;

#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    at: Data,
    /// 备份文件 / the backup
    #[arg(long)]
    from: PathBuf,
}

pub async fn run(a: Restore) -> Result<()> {
    admin::restore(&a.at.data, &a.from, SystemClock.read().wall, &SystemRandom).await?;
    println!("已恢复，手机下次同步会补齐备份之后的记录 / restored; phones send again what the backup lacks");
    Ok(())
}
