//! `gridwalk-hub backup`: a copy while the hub works.

use std::path::PathBuf;

use clap::Args;
use gridwalk_hub::admin::CopiedPhotos;
use gridwalk_hub::{Result, admin};

use super::Data;

#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    at: Data,
    /// 备份文件，照片在同名加 .photos 的目录 / the file to make; photos go to a folder of that name with .photos
    #[arg(long)]
    to: PathBuf,
}

pub async fn run(a: Backup) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.data)?;
    let photos = admin::backup(&a.at.open().await?, &a.to).await?;
    println!("已备份到 {} / backed up", a.to.display());
    match photos {
        CopiedPhotos::Copied { files, shared } => {
            println!(
                "照片文件 {files} 个在 {0}.photos，其中 {shared} 个与以前的备份共用 / files of photos: {files} in {0}.photos, {shared} shared with an earlier backup",
                a.to.display()
            );
        }
        CopiedPhotos::InS3 => println!("照片在 S3 中，不在备份内，请在存储桶中保留版本 / photos are in S3 and not in the backup; keep versions in the bucket"),
    }
    Ok(())
}
