//! `gridwalk-hub numbers`: the numbers of papers that were given, void ones too.

use clap::Args;
use gridwalk_core::papers::label;
use gridwalk_hub::{Result, sync};

use super::{OneTenant, time};

#[derive(Debug, Args)]
pub struct Numbers {
    #[command(flatten)]
    at: OneTenant,
    /// 只列这一年 / of this year alone
    #[arg(long)]
    year: Option<i64>,
}

pub async fn run(a: Numbers) -> Result<()> {
    let (hub, tenant) = a.at.open().await?;
    for given in sync::numbers(&hub, &tenant).await? {
        if a.year.is_some_and(|year| year != given.year) {
            continue;
        }
        let state = match (given.void, given.here) {
            (true, _) => "作废 void",
            (false, true) => "有效 valid",
            (false, false) => "未收回 not back after a restore",
        };
        println!("{} {state} {} {}", label(&given.sort, Some(given.year), Some(given.number)), time(given.at), given.paper);
    }
    hub.store.close().await;
    Ok(())
}
