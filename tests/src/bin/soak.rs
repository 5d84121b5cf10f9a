//! `cargo xtask soak`: many phones and a hub, processes each, killed again and again; nothing acknowledged may be lost.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a soak speaks to its terminal")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use gridwalk_tests::soak::{Options, Outcome, Result, phone, run};

/// 网格行耐久测试：大量手机进程与服务器进程，随机 kill -9 / gridwalk's soak: phones and a hub killed at random
#[derive(Debug, Parser)]
#[command(name = "cargo xtask soak")]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// 手机数量 / how many phones
    #[arg(long, default_value_t = 200)]
    phones: u64,
    /// 分钟数 / for how many minutes
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// 决定何时终止谁的种子 / the seed of who is killed when
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What the soak's own children do.
#[derive(Debug, Subcommand)]
enum Part {
    /// 手机进程：工作并同步，直到被终止 / a phone's process
    #[command(hide = true)]
    Work { folder: PathBuf, number: u64, invite: PathBuf, pause: u64 },
    /// 手机进程：最后一次同步 / a phone's last sync
    #[command(hide = true)]
    Finish { folder: PathBuf, number: u64 },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Into::into).and_then(|runtime| runtime.block_on(soak(&arguments)));
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("没有完成：{e} / not finished");
            ExitCode::FAILURE
        }
    }
}

async fn soak(arguments: &Arguments) -> Result<bool> {
    match &arguments.part {
        Some(Part::Work { folder, number, invite, pause }) => phone::work(folder, *number, invite, Duration::from_millis(*pause)).await.map(|()| true),
        Some(Part::Finish { folder, number }) => {
            let (unsent, refused) = phone::finish(folder, *number).await?;
            println!("unsent {unsent} refused {refused}");
            Ok(true)
        }
        None => {
            let folder = tempfile::Builder::new().prefix("gridwalk-soak-").tempdir()?;
            let phone_program = std::env::current_exe()?;
            let hub_program = phone_program.parent().unwrap_or(Path::new(".")).join("gridwalk-hub");
            let time = Duration::from_secs_f64(arguments.minutes * 60.0);
            let hub_arguments = |data: &str, listen: &str| ["serve", "--data", data, "--listen", listen].map(str::to_owned).to_vec();
            let (phones, seed, folder_path) = (arguments.phones, arguments.seed, folder.path().to_owned());
            let options = Options { phones, time, at_least: (0, 0), seed, phone_program, hub_program, hub_arguments, folder: folder_path };
            let outcome = run(&options).await?;
            println!("{}", table(&options, &outcome));
            if !outcome.is_good() {
                println!("数据保留在 / kept in {}", folder.keep().display());
            }
            Ok(outcome.is_good())
        }
    }
}

fn table(options: &Options, outcome: &Outcome) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(["", "数量 count", "说明 notes"]);
    let few = |all: &[String]| all.iter().take(3).cloned().collect::<Vec<_>>().join("\n");
    let rows: [(&str, u64, String); 8] = [
        ("手机 phones", options.phones, format!("{:.1} 分钟 minutes", options.time.as_secs_f64() / 60.0)),
        ("终止手机 phones killed", outcome.phones_killed, few(&outcome.ended)),
        ("终止服务器 hub killed", outcome.hubs_killed, String::new()),
        ("已确认 acknowledged", outcome.acknowledged as u64, String::new()),
        ("丢失 lost", outcome.lost.len() as u64, few(&outcome.lost)),
        ("重复 twice", outcome.twice.len() as u64, few(&outcome.twice)),
        ("已记未报 recorded, not yet said", outcome.unsaid as u64, String::new()),
        ("未发出或被拒 unsent or refused", outcome.left.len() as u64, few(&outcome.left)),
    ];
    for (name, count, notes) in rows {
        table.add_row([name.to_owned(), count.to_string(), notes]);
    }
    table
}
