//! `gridwalk-hub revoke`: a lost phone is refused from now on.

use clap::Args;
use gridwalk_core::ids::DeviceId;
use gridwalk_hub::{Result, admin};

use super::Data;

#[derive(Debug, Args)]
pub struct Revoke {
    #[command(flatten)]
    at: Data,
    /// 设备编号 / the device
    device: DeviceId,
}

pub async fn run(a: Revoke) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.data)?;
    admin::revoke(&a.at.open().await?, a.device).await?;
    println!("已停用 {} / revoked", a.device);
    Ok(())
}
