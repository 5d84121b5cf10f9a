//! `gridwalk-hub change-key`: a new key pair; phones follow by themselves.

use clap::Args;
use gridwalk_hub::{Result, admin};

use super::OneTenant;

#[derive(Debug, Args)]
pub struct ChangeKey {
    #[command(flatten)]
    at: OneTenant,
}

pub async fn run(a: ChangeKey) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    let spare = admin::keys::change_key(&hub, &tenant).await?;
    println!("已更换社区密钥，手机下次同步时自动跟上 / the community key was changed; phones follow at their next sync");
    super::say_spare(&spare);
    hub.store.close().await;
    Ok(())
}
