//! `gridwalk-hub devices`: who has which device.

use clap::Args;
use gridwalk_hub::{Result, admin};

use super::OneTenant;

#[derive(Debug, Args)]
pub struct Devices {
    #[command(flatten)]
    at: OneTenant,
}

pub async fn run(a: Devices) -> Result<()> {
    let (hub, tenant) = a.at.open().await?;
    println!("设备 device\t人员 person\t姓名 name\t状态 state");
    for d in admin::devices(&hub, &tenant).await? {
        println!("{}\t{}\t{}\t{}", d.device, d.person, d.name, if d.revoked_at.is_some() { "已停用 revoked" } else { "在用 active" });
    }
    Ok(())
}
