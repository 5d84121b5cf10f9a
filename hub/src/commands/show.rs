//! `gridwalk-hub show`: one document at the hub, logged.

use clap::Args;
use gridwalk_core::ids::Id;
use gridwalk_hub::admin::Reason;
use gridwalk_hub::{HubError, Result, admin};

use super::OneTenant;

#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    at: OneTenant,
    /// 资料编号 / the document
    #[arg(long, allow_hyphen_values = true)]
    document: Id,
    /// 查看人（社区干部的人员编号） / who reads: a cadre's person id
    #[arg(long, allow_hyphen_values = true)]
    by: Id,
    /// 事由：complaint 投诉、request 本人请求、safety 人身安全、duty 依法协助 / why
    #[arg(long)]
    reason: Reason,
    /// 批准的编号（未成年人的资料必填，见 approve） / the approval's number, of a minor's document
    #[arg(long)]
    approval: Option<i64>,
}

pub async fn run(a: Show) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    let shown = admin::show(&hub, &tenant, a.document, a.by, a.reason, a.approval).await?;
    println!("{}", serde_json::to_string_pretty(&shown).map_err(|e| HubError::Usage(e.to_string()))?);
    hub.store.close().await;
    Ok(())
}
