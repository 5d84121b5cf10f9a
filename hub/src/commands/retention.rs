//! `gridwalk-hub retention`: what was kept long enough goes, by the community's own rules.

use clap::Args;
use gridwalk_hub::{Result, admin};

use super::{OneTenant, time};

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["preview", "apply"]))]
pub struct Retention {
    #[command(flatten)]
    at: OneTenant,
    /// 显示到期的资料，不删除 / show what is due; nothing goes
    #[arg(long)]
    preview: bool,
    /// 删除到期的走访，清除到期上报的文字 / drop visits and the words of closed reports that are due, for good
    #[arg(long)]
    apply: bool,
}

pub async fn run(a: Retention) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    let behind = hub.now() - hub.confirmed_now();
    if behind >= 86_400 {
        let (days, day) = (behind / 86_400, time(hub.confirmed_now()));
        eprintln!(
            "服务器时钟比此前的读数所能确认的快 {days} 天，保存期限按 {day} 计算，不会提前删除。请核对服务器时钟（NTP）；时钟没有错的，照常运行一周后自动确认 / the hub's clock is {days} days ahead of what earlier readings confirm; ages are counted by {day}, nothing goes too early. Check the clock (NTP); if it is right, it is confirmed after a week of running"
        );
    }
    if a.apply {
        let done = admin::apply_retention(&hub, &tenant, "admin").await?;
        println!("已删除走访 {} 条，清除上报文字 {} 件 / visits gone {}, reports without words {}", done.visits, done.reports, done.visits, done.reports);
    } else {
        println!("类别 kind\t网格 grid\t数量 count\t最早 oldest");
        for due in admin::preview_retention(&hub, &tenant).await? {
            println!("{}\t{}\t{}\t{}", due.kind, due.grid, due.count, time(due.oldest_at));
        }
    }
    hub.store.close().await;
    Ok(())
}
