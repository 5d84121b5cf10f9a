use clap::Args;
use gridwalk_hub::admin::grid;
use gridwalk_hub::{Result, admin};

use super::{OneTenant, confirm};

#[derive(Debug, Args)]
pub struct HandOver {
    #[command(flatten)]
    at: OneTenant,
    /// 网格名称 / the grid
    #[arg(long)]
    grid: String,
    /// 移交人，姓名或编号 / who hands it over
    #[arg(long, allow_hyphen_values = true)]
    from: String,
    /// 接手人，姓名或编号 / who takes it
    #[arg(long, allow_hyphen_values = true)]
    to: String,
    /// 执行 / do it
    #[arg(long)]
    yes: bool,
}

pub async fn run(a: HandOver) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    let mut read = hub.store.read().await?;
    let from = grid::person_named(&mut read, &tenant.id, &a.from).await?;
    let to = grid::person_named(&mut read, &tenant.id, &a.to).await?;
    drop(read);
    println!("将网格“{}”由 {from} 移交给 {to} / hand over", a.grid);
    if !a.yes {
        confirm();
        return Ok(());
    }
    grid::hand_over(&hub, &tenant, &a.grid, from, to).await?;
    println!("已移交；对方手机下次同步时收到 / done; phones hear of it at their next sync");
    Ok(())
}
