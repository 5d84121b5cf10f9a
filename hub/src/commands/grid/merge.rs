use clap::Args;
use gridwalk_hub::admin::grid;
use gridwalk_hub::{Result, admin};

use super::{OneTenant, advance, announce, bar, confirm};

#[derive(Debug, Args)]
pub struct Merge {
    #[command(flatten)]
    at: OneTenant,
    /// 被并入、随后撤销的网格 / the grid that is closed
    #[arg(long)]
    from: String,
    /// 并入哪个网格 / the grid it goes to
    #[arg(long)]
    into: String,
    /// 只查看将发生什么（默认） / only say what would happen; the default
    #[arg(long, conflicts_with = "yes")]
    preview: bool,
    /// 执行 / do it
    #[arg(long)]
    yes: bool,
}

pub async fn run(a: Merge) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    announce(&grid::plan_merge(&hub, &tenant, &a.from, &a.into).await?);
    if !a.yes {
        confirm();
        return Ok(());
    }
    let bar = bar();
    let moved = grid::merge(&hub, &tenant, &a.from, &a.into, &|done, total| advance(&bar, done, total)).await?;
    bar.finish_and_clear();
    println!("已将“{}”的 {moved} 份资料并入“{}” / merged", a.from, a.into);
    println!("撤销 / to undo: gridwalk-hub grid split --from {} --new {} --back --yes", a.into, a.from);
    Ok(())
}
