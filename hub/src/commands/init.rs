//! `gridwalk-hub init`: a new community.

use clap::Args;
use gridwalk_hub::{Result, admin};

use super::Data;

#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    at: Data,
    /// 社区代号：小写字母、数字、“-” / the community's id
    #[arg(long)]
    tenant: String,
    /// 社区名称 / what people call it
    #[arg(long)]
    name: String,
}

pub async fn run(a: Init) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.data)?;
    let hub = a.at.open().await?;
    let tenant = admin::create_tenant(&hub, &a.tenant, &a.name).await?;
    println!("已建立社区“{}” / made the community {}", tenant.name, tenant.id);
    super::say_spare(&a.at.data.join("keys").join(format!("{}-spare-{}.key", tenant.id, tenant.spare.device())));
    hub.store.close().await;
    Ok(())
}
