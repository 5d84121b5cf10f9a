use clap::Args;
use gridwalk_hub::{Result, admin};

use super::OneTenant;

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    at: OneTenant,
}

pub async fn run(a: List) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    println!("网格 grid\t住户 households\t上报 reports\t负责人 served by\t状态 state");
    for g in admin::grid::list(&hub, &tenant).await? {
        let until =
            |(name, due): &(String, Option<i64>)| due.map_or_else(|| name.clone(), |due| format!("{name}（至 until {}）", super::stand_in::last_day(due)));
        let workers = g.workers.iter().map(until).collect::<Vec<_>>().join("、");
        let state = match (&g.successor, &g.origin) {
            (Some(into), _) => format!("已并入 merged into {into}"),
            (None, Some(from)) => format!("在用，拆自 open, split from {from}"),
            (None, None) => "在用 open".to_owned(),
        };
        let since = g.closed_at.or(g.opened_at).map(super::stand_in::day_of).unwrap_or_default();
        println!("{}\t{}\t{}\t{workers}\t{state} {since}", g.name, g.households, g.reports);
        for m in &g.micro_grids {
            println!("  {}\t{}\t\t{}\t微网格 micro-grid", m.name, m.households, m.leads.join("、"));
        }
    }
    Ok(())
}
