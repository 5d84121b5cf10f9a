//! `gridwalk-hub end-role`: a grid is handed over, someone leaves the desk.

use clap::Args;
use gridwalk_core::ids::Id;
use gridwalk_core::rules::Role;
use gridwalk_hub::{Result, admin};

use super::OneTenant;

#[derive(Debug, Args)]
pub struct EndRole {
    #[command(flatten)]
    at: OneTenant,
    /// 人员编号（见 devices） / the person, as `devices` lists them
    #[arg(long, allow_hyphen_values = true)]
    person: Id,
    /// 角色：grid_worker、member、cadre / the role
    #[arg(long)]
    role: Role,
    /// 网格名称（网格员） / the grid of a grid worker
    #[arg(long, required_if_eq("role", "grid_worker"))]
    grid: Option<String>,
}

pub async fn run(a: EndRole) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.data)?;
    let (hub, tenant) = a.at.open().await?;
    admin::end_role(&hub, &tenant, a.person, a.role, a.grid.as_deref()).await?;
    println!("已结束 {} 的角色 {} / the role has ended", a.person, a.role);
    Ok(())
}
