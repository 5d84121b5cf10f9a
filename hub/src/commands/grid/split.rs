use std::path::PathBuf;

use clap::Args;
use gridwalk_hub::admin::grid::{self, Choice};
use gridwalk_hub::{Result, admin};

use super::{OneTenant, advance, announce, bar, confirm};

#[derive(Debug, Args)]
pub struct Split {
    #[command(flatten)]
    at: OneTenant,
    /// 原网格 / the grid
    #[arg(long)]
    from: String,
    /// 新网格；撤销合并时为原来被并入的网格 / the new grid, or the one whose merge is undone
    #[arg(long)]
    new: String,
    /// 划出的微网格（可多次） / micro-grids that go
    #[arg(long)]
    micro_grid: Vec<String>,
    /// 划出的住户，每行一个编号或地址 / a file of households that go, an id or address a line
    #[arg(long, conflicts_with = "micro_grid", required_unless_present_any = ["micro_grid", "back"])]
    households: Option<PathBuf>,
    /// 撤销合并：合并时并入的全部划回 / undo a merge: whatever came with it goes back
    #[arg(long, conflicts_with_all = ["micro_grid", "households", "worker"])]
    back: bool,
    /// 新网格的网格员，姓名或编号（可多次） / who will serve the new grid
    #[arg(long, allow_hyphen_values = true)]
    worker: Vec<String>,
    /// 只查看将发生什么（默认） / only say what would happen; the default
    #[arg(long, conflicts_with = "yes")]
    preview: bool,
    /// 执行 / do it
    #[arg(long)]
    yes: bool,
}

pub async fn run(a: Split) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    let choice = match (a.back, &a.households) {
        (true, _) => Choice::Back,
        (false, Some(file)) => {
            let text = std::fs::read_to_string(file)?;
            Choice::Households(text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect())
        }
        (false, None) => Choice::MicroGrids(a.micro_grid),
    };
    let mut read = hub.store.read().await?;
    let mut workers = Vec::new();
    for person in &a.worker {
        workers.push(grid::person_named(&mut read, &tenant.id, person).await?);
    }
    drop(read);
    let split = grid::Split { from: a.from, new: a.new, choice, workers };
    announce(&grid::plan_split(&hub, &tenant, &split).await?);
    if !a.yes {
        confirm();
        return Ok(());
    }
    let bar = bar();
    let moved = grid::split(&hub, &tenant, &split, &|done, total| advance(&bar, done, total)).await?;
    bar.finish_and_clear();
    println!("已划出 {moved} 份资料到“{}” / moved to the new grid", split.new);
    Ok(())
}
