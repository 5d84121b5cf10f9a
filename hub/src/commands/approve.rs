//! `gridwalk-hub approve`: another cadre may read a minor's document, logged.

use clap::Args;
use gridwalk_core::ids::Id;
use gridwalk_hub::admin::Reason;
use gridwalk_hub::{Result, admin};

use super::OneTenant;

#[derive(Debug, Args)]
pub struct Approve {
    #[command(flatten)]
    at: OneTenant,
    /// 资料编号 / the document
    #[arg(long, allow_hyphen_values = true)]
    document: Id,
    /// 批准人（社区干部的人员编号） / who approves: a cadre's person id
    #[arg(long, allow_hyphen_values = true)]
    by: Id,
    /// 查看人（另一位社区干部） / who reads: another cadre
    #[arg(long = "for", value_name = "PERSON", allow_hyphen_values = true)]
    reader: Id,
    /// 事由：complaint 投诉、request 本人请求、safety 人身安全、duty 依法协助 / why
    #[arg(long)]
    reason: Reason,
}

pub async fn run(a: Approve) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    let number = admin::approve(&hub, &tenant, a.document, a.by, a.reader, a.reason).await?;
    println!("批准编号 {number}，一日内有效 / approval {number}, good for a day");
    hub.store.close().await;
    Ok(())
}
