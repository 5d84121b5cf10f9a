//! `gridwalk-hub restore`: a backup in the place of the database.

use std::path::PathBuf;

use clap::Args;
use gridwalk_core::clock::{HostClock, SystemClock};
use gridwalk_core::identity::SystemRandom;
use gridwalk_hub::{Result, admin};

use super::Data;
use super::photos::say_missing;

#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    at: Data,
    /// 备份文件 / the backup
    #[arg(long)]
    from: PathBuf,
}

pub async fn run(a: Restore) -> Result<()> {
    admin::restore(&a.at.data, a.at.database.as_deref(), &a.from, SystemClock.read().wall, &SystemRandom).await?;
    // Whoever serves the database next may have another data folder: what was revoked since the backup is revoked at once.
    let hub = a.at.open().await?;
    admin::repeat_journals(&hub).await?;
    let (back, missing) = admin::restore_photos(&hub, &a.from).await?;
    hub.store.close().await;
    println!("已恢复，手机下次同步会补齐备份之后的记录和仍存有的照片 / restored; phones send again what the backup lacks, and photos that they still have");
    println!("照片文件恢复 {back} 个 / files of photos brought back: {back}");
    say_missing(&missing);
    Ok(())
}
