//! `gridwalk-hub calendar`: the working days that clocks count by.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gridwalk_core::calendar::{Amount, Counted, DEFAULT_HOURS, Due};
use gridwalk_core::clock::{beijing, parse_beijing};
use gridwalk_hub::{HubError, Result, admin};
use jiff::civil::Weekday;

use super::OneTenant;

#[derive(Debug, Args)]
pub struct Calendar {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 导入放假和调休安排：日期,放假或上班,节日 / add public holidays and make-up working days from a CSV of day, kind, name
    Import {
        #[command(flatten)]
        at: OneTenant,
        /// 文件 / the file
        file: PathBuf,
        /// 依据，如“国办发明电〔2025〕7号” / where it comes from
        #[arg(long)]
        source: String,
    },
    /// 从什么时候起、多长期限，到什么时候为止，以及为什么 / when a clock ends, and why
    Due {
        #[command(flatten)]
        at: OneTenant,
        /// 起算时间（北京时间），如 '2026-02-13 16:30' / when it starts, China's time
        start: String,
        /// 期限：5个工作日、2个工作小时、24小时、3天 / 5 working days, 2 working hours, 24 hours, 3 days
        amount: Amount,
    },
}

pub async fn run(a: Calendar) -> Result<()> {
    match a.what {
        What::Import { at, file, source } => {
            let _lock = admin::HubLock::shared(&at.place.data)?;
            let (hub, tenant) = at.open().await?;
            let count = admin::add_calendar(&hub, &tenant, &file, &source).await?;
            println!("已导入 {count} 天；手机下次同步时更新 / {count} days; phones follow with their next sync");
            hub.store.close().await;
        }
        What::Due { at, start, amount } => {
            let start_at = parse_beijing(&start)
                .ok_or_else(|| HubError::usage("起算时间请写作“2026-02-13 16:30”（北京时间）", "write the start as 2026-02-13 16:30, China's time"))?;
            let (hub, tenant) = at.open().await?;
            let (calendar, is_set) = admin::calendar(&hub, &tenant).await?;
            let due = calendar.due(start_at, amount)?;
            println!("到期 / due {}", beijing(due.at));
            for line in why(&due) {
                println!("  {line}");
            }
            if let Some(year) = due.assumed {
                println!(
                    "{year}年的放假安排尚未导入，暂按周末计；导入后到期时间可能变动 / the holidays of {year} are not here: weekends count until they are, then the end may move"
                );
            }
            let mut years: Vec<i16> = due.days.iter().map(|day| day.date.year()).collect();
            years.dedup();
            for (year, source) in years.into_iter().filter_map(|year| Some((year, calendar.source(year)?))) {
                println!("{year}年依据 / source：{source}");
            }
            if !is_set && !matches!(amount, Amount::Minutes(_)) {
                println!("办公时间未设置，按默认 {DEFAULT_HOURS} / office hours are not set; the default counts");
            }
            hub.store.close().await;
        }
    }
    Ok(())
}

/// The days that a clock ran over, those of one kind together.
fn why(due: &Due) -> Vec<String> {
    let counts = |day: &Counted| day.day > 0 || day.minutes > 0;
    due.days
        .chunk_by(|a, b| !counts(a) && !counts(b) && a.kind == b.kind && a.name == b.name)
        .map(|days| {
            let (first, last) = (&days[0], &days[days.len() - 1]);
            let span = if days.len() == 1 { format!("{}（{}）", first.date, weekday(first)) } else { format!("{} 至 {}", first.date, last.date) };
            let (zh, en) = first.kind.words();
            let name = if first.name.is_empty() { String::new() } else { format!(" {}", first.name) };
            let counted = match first {
                Counted { day, .. } if *day > 0 => format!("：第{day}个工作日 / working day {day}"),
                Counted { minutes, .. } if *minutes > 0 => format!("：计{minutes}分钟 / {minutes} minutes"),
                _ => "：不计 / does not count".into(),
            };
            format!("{span} {zh}{name} {en}{counted}")
        })
        .collect()
}

fn weekday(day: &Counted) -> &'static str {
    match day.date.weekday() {
        Weekday::Monday => "周一",
        Weekday::Tuesday => "周二",
        Weekday::Wednesday => "周三",
        Weekday::Thursday => "周四",
        Weekday::Friday => "周五",
        Weekday::Saturday => "周六",
        Weekday::Sunday => "周日",
    }
}
