//! `gridwalk-hub grid`: grids change while phones are offline. Each act says first what it will do, and does it with `--yes`.

mod hand_over;
mod list;
mod merge;
mod split;
mod stand_in;

use std::io::IsTerminal;

use clap::{Args, Subcommand};
use gridwalk_hub::Result;
use gridwalk_hub::admin::grid::Plan;
use indicatif::{ProgressBar, ProgressStyle};

use super::OneTenant;

#[derive(Debug, Args)]
pub struct Grid {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// 列出网格：住户、上报、负责人、撤并去向 / list the grids
    List(list::List),
    /// 拆分：一部分住户成为新的网格 / make a part of a grid a grid of its own
    Split(split::Split),
    /// 合并：全部并入另一网格 / merge a grid into another
    Merge(merge::Merge),
    /// 移交给另一名网格员 / hand a grid over to another worker
    HandOver(hand_over::HandOver),
    /// 替班：到期自动结束 / let someone stand in until a day
    StandIn(stand_in::StandIn),
}

pub async fn run(a: Grid) -> Result<()> {
    match a.act {
        Act::List(a) => list::run(a).await,
        Act::Split(a) => split::run(a).await,
        Act::Merge(a) => merge::run(a).await,
        Act::HandOver(a) => hand_over::run(a).await,
        Act::StandIn(a) => stand_in::run(a).await,
    }
}

/// Says what an act will move.
fn announce(plan: &Plan) {
    let Plan { documents, households, reports, persons, micro_grids, events, workers } = plan;
    let whole = documents.len();
    println!("住户 {households}，上报 {reports}，人员 {persons}，微网格 {micro_grids}，走访等 {events} / {whole} documents and {events} about them");
    println!("负责人 / served by：{}", if workers.is_empty() { "无 / nobody".to_owned() } else { workers.join("、") });
}

/// Says how to go on.
fn confirm() {
    println!("尚未执行；确认请加 --yes / nothing was done; confirm with --yes");
}

/// A bar on a terminal, and what moves it.
fn bar() -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    bar.with_style(ProgressStyle::with_template("{bar:32} {pos}/{len}").unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn advance(bar: &ProgressBar, done: usize, total: usize) {
    bar.set_length(total as u64);
    bar.set_position(done as u64);
}
