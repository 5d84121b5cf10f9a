//! `gridwalk-hub photos`: which files of photos are missing.

use clap::Args;
use gridwalk_hub::admin::MissingFile;
use gridwalk_hub::{Result, admin};

use super::Data;

#[derive(Debug, Args)]
pub struct Photos {
    #[command(flatten)]
    at: Data,
}

pub async fn run(a: Photos) -> Result<()> {
    let hub = a.at.open().await?;
    say_missing(&admin::missing_photos(&hub).await?);
    hub.store.close().await;
    Ok(())
}

/// Ids only.
pub(super) fn say_missing(missing: &[MissingFile]) {
    println!("缺少照片文件 {0} 个，尚未送到或已丢失 / files of photos missing, not sent yet or lost: {0}", missing.len());
    for file in missing {
        println!("  {}\t{}\t{}", file.tenant, file.photo, if file.original { "原图 original" } else { "缩略图 thumbnail" });
    }
}
