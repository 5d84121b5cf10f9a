//! `gridwalk-hub log`: what administrators did and which sensitive records were read, and whether that log is whole.

use clap::Args;
use gridwalk_hub::registry::act_log::{self, Fault, KEEP_DAYS};
use gridwalk_hub::{HubError, Result, admin};
use jiff::civil::Date;
use jiff::tz::Offset;

use super::OneTenant;

#[derive(Debug, Args)]
pub struct Log {
    #[command(flatten)]
    at: OneTenant,
    /// 从哪一天起（北京时间，如 2026-03-02） / from this day on, China's time
    #[arg(long)]
    since: Option<Date>,
    /// 核对日志是否完整 / check that nothing was changed, removed or reordered
    #[arg(long)]
    verify: bool,
    /// 输出 JSON / print JSON
    #[arg(long)]
    json: bool,
    /// 删去超过保存天数的旧记录 / cut away entries older than --keep-days
    #[arg(long, conflicts_with_all = ["since", "verify", "json"])]
    cut: bool,
    /// 保存天数（至少 183 天） / days to keep, at least 183
    #[arg(long, default_value_t = KEEP_DAYS, value_parser = clap::value_parser!(i64).range(KEEP_DAYS..=36_500))]
    keep_days: i64,
}

pub async fn run(a: Log) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    if a.cut {
        let gone = act_log::cut(&hub, &tenant.id, a.keep_days).await?;
        println!("已删去 {gone} 条 / {gone} entries were cut away");
        return Ok(());
    }
    if a.verify {
        let checked = act_log::verify(&hub, &tenant).await?;
        for fault in &checked.faults {
            match fault {
                Fault::Changed(seq) => println!("第 {seq} 条被改动 / entry {seq} was changed"),
                Fault::Missing(from, to) => println!("第 {from} 至 {to} 条缺失 / entries {from} to {to} are missing"),
                Fault::Unlinked(seq) => println!("第 {seq} 条与前一条不相连 / entry {seq} does not continue from the one before"),
            }
        }
        if !checked.faults.is_empty() {
            return Err(HubError::usage("日志不完整", "the log is not whole"));
        }
        println!("共 {} 条，完整，末尾 {} / {} entries, whole", checked.entries, checked.hash, checked.entries);
        return Ok(());
    }
    let since = match a.since {
        Some(day) => Offset::constant(8).to_timestamp(day.at(0, 0, 0, 0)).map_err(|_| HubError::usage("日期无效", "no such day"))?.as_second(),
        None => i64::MIN,
    };
    let mut read = hub.store.read().await?;
    let entries = act_log::entries(&mut read, &tenant.id, since).await?;
    if a.json {
        println!("{}", serde_json::to_string(&entries).map_err(|e| HubError::Usage(e.to_string()))?);
        return Ok(());
    }
    println!("序号 seq\t时间 time\t操作人 by\t操作 act\t对象 subject\t说明 detail");
    for e in entries {
        println!("{}\t{}\t{}\t{}\t{}\t{}", e.seq, super::time(e.at), e.by, e.verb, e.subject, e.detail);
    }
    Ok(())
}
