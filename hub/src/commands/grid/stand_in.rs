use clap::Args;
use gridwalk_hub::admin::grid;
use gridwalk_hub::{HubError, Result, admin};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use super::{OneTenant, confirm};

#[derive(Debug, Args)]
pub struct StandIn {
    #[command(flatten)]
    at: OneTenant,
    /// 网格名称 / the grid
    #[arg(long)]
    grid: String,
    /// 请假人，姓名或编号 / who is away
    #[arg(long = "for", allow_hyphen_values = true, required_unless_present = "end")]
    absent: Option<String>,
    /// 替班人，姓名或编号 / who stands in
    #[arg(long, allow_hyphen_values = true)]
    by: String,
    /// 最后一天，如 2026-03-15（含当天，北京时间） / the last day, itself included, in China's time
    #[arg(long, required_unless_present = "end")]
    until: Option<Date>,
    /// 提前结束 / end it now
    #[arg(long, conflicts_with_all = ["absent", "until"])]
    end: bool,
    /// 执行 / do it
    #[arg(long)]
    yes: bool,
}

pub async fn run(a: StandIn) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    let mut read = hub.store.read().await?;
    let by = grid::person_named(&mut read, &tenant.id, &a.by).await?;
    let (Some(absent), Some(until)) = (&a.absent, a.until) else {
        drop(read);
        println!("结束 {by} 在“{}”的替班 / end the stand-in", a.grid);
        if !a.yes {
            confirm();
            return Ok(());
        }
        grid::end_stand_in(&hub, &tenant, &a.grid, by).await?;
        println!("已结束 / done");
        return Ok(());
    };
    let absent = grid::person_named(&mut read, &tenant.id, absent).await?;
    drop(read);
    println!("{by} 在“{}”为 {absent} 替班至 {until}（含当天） / stands in until that day", a.grid);
    if !a.yes {
        confirm();
        return Ok(());
    }
    grid::stand_in(&hub, &tenant, &grid::StandIn { grid: a.grid, absent, by, until: end_of(until)? }).await?;
    println!("已安排；对方手机下次同步时收到，到期自动收回 / done; it ends by itself");
    Ok(())
}

fn china() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// When a day is over in China, in seconds since the Unix epoch (UTC).
fn end_of(day: Date) -> Result<i64> {
    let next = day.tomorrow().and_then(|d| d.to_zoned(china()));
    Ok(next.map_err(|_| HubError::usage("日期不正确", "that day does not exist"))?.timestamp().as_second())
}

/// The day of a time in China, `2026-03-15`.
pub(super) fn day_of(at: i64) -> String {
    jiff::Timestamp::from_second(at).map(|t| t.to_zoned(china()).date().to_string()).unwrap_or_default()
}

/// The last day before an end.
pub(super) fn last_day(end: i64) -> String {
    day_of(end - 1)
}
