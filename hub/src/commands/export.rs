//! `gridwalk-hub export`: any list as a workbook that may be edited and imported again.

use std::path::PathBuf;

use clap::Args;
use gridwalk_hub::export::{self, Only};
use gridwalk_hub::{Result, admin};

use super::OneTenant;

#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    at: OneTenant,
    /// 导出什么：household 住户、residents 居民、visit 走访 … / what: a kind, or its entries
    list: String,
    /// 写到哪个文件（.xlsx，尚不存在） / the new workbook
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// 只要这样的行，可写多次 / only rows with this
    #[arg(long, value_name = "FIELD=VALUE")]
    only: Vec<Only>,
}

pub async fn run(a: Export) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    let rows = export::export(&hub, &tenant, &a.list, &a.only, &a.to).await?;
    println!("已导出 {rows} 行到 {}，改后用 import 导回 / {rows} rows; import brings edits back", a.to.display());
    hub.store.close().await;
    Ok(())
}
