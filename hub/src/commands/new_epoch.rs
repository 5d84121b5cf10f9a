//! `gridwalk-hub new-epoch`: after a database was put back by other means than `restore`.

use clap::Args;
use gridwalk_core::clock::{HostClock, SystemClock};
use gridwalk_core::identity::SystemRandom;
use gridwalk_hub::{Result, admin};

use super::Data;

#[derive(Debug, Args)]
pub struct NewEpoch {
    #[command(flatten)]
    at: Data,
}

pub async fn run(a: NewEpoch) -> Result<()> {
    admin::new_epoch(&a.at.data, a.at.database.as_deref(), SystemClock.read().wall, &SystemRandom).await?;
    let hub = a.at.open().await?;
    admin::repeat_journals(&hub).await?;
    hub.store.close().await;
    println!("已开始新的纪元，手机下次同步会补齐 / a new epoch has begun; phones send again what is missing");
    Ok(())
}
