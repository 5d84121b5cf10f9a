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
    /// 角色，如 grid_worker、member、cadre / the role
    #[arg(long)]
    role: Role,
    /// 网格名称（网格员、网格指导员、微网格长） / the grid of a role over one, or over a micro-grid of it
    #[arg(long)]
    grid: Option<String>,
    /// 该网格中的微网格名称（微网格长、楼道长） / the micro-grid in that grid, of a role over one
    #[arg(long, requires = "grid")]
    micro_grid: Option<String>,
    /// 单位编号（接哨部门、驻区单位等） / the unit of a role over one
    #[arg(long, allow_hyphen_values = true)]
    unit: Option<Id>,
}

pub async fn run(a: EndRole) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    admin::end_role(&hub, &tenant, a.person, a.role, a.grid.as_deref(), a.micro_grid.as_deref(), a.unit).await?;
    println!("已结束 {} 的角色 {} / the role has ended", a.person, a.role);
    Ok(())
}
